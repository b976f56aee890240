"""The configuration and commands for kind, without Docker."""

import os
import pathlib
import tomllib

import pytest
import yaml
from cluster import kind, layout, tools
from cluster.api import ClusterError


def test_a_node_runs_on_hosts_with_either_version_of_control_groups() -> None:
    """Since v1.35 the kubelet refuses version 1 unless its configuration allows it."""
    (patch,) = kind.configuration("")["kubeadmConfigPatches"]

    assert yaml.safe_load(patch) == {"kind": "KubeletConfiguration", "failCgroupV1": False}


def test_a_node_runs_on_hosts_that_do_not_let_it_lower_oom_score_adj() -> None:
    """Where CAP_SYS_RESOURCE lacks, runc starts no pod: "can't get final child's PID from pipe"."""
    plugins = [tomllib.loads(patch)["plugins"] for patch in kind.configuration("")["containerdConfigPatches"]]

    assert {"io.containerd.grpc.v1.cri": {"restrict_oom_score_adj": True}} in plugins


@pytest.mark.parametrize(
    ("image", "nodes"),
    [
        ("", [{"role": "control-plane"}]),
        ("kindest/node:v1.36.3", [{"role": "control-plane", "image": "kindest/node:v1.36.3"}]),
    ],
)
def test_the_image_of_a_node_can_be_chosen(image: str, nodes: list[dict[str, str]]) -> None:
    assert kind.configuration(image)["nodes"] == nodes


def docker(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path, *, does: str) -> None:
    """Put a client of Docker on PATH.

    Args:
        monkeypatch: Sets PATH.
        folder: Where the client goes.
        does: What it does, as a shell has it.
    """
    program(folder / "docker", does)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def program(file: pathlib.Path, does: str) -> str:
    """Write a program, and return its path.

    Args:
        file: Where it goes.
        does: What it does, as a shell has it.
    """
    file.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize("image", ["", "kindest/node:v1.36.3"])
def test_an_image_that_is_chosen_by_its_name_is_left_to_kind(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    monkeypatch.setenv("KIND_NODE_IMAGE", image)
    monkeypatch.setenv("PATH", "")

    assert kind.node_image() == image


def test_an_archive_is_loaded_and_its_image_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    archive = tmp_path / "kind-node-amd64.tar"
    archive.write_text("kindest/node:v1.36.3", encoding="utf-8")
    docker(monkeypatch, tmp_path, does='[ "$1 $2" = "load --input" ] && echo "Loaded image: $(cat "$3")"')
    monkeypatch.setenv("KIND_NODE_IMAGE", str(archive))

    assert kind.node_image() == "kindest/node:v1.36.3"


def test_an_invalid_archive_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    archive = tmp_path / "notes.txt"
    archive.touch()
    docker(monkeypatch, tmp_path, does="echo open manifest.json: no such file >&2; exit 1")
    monkeypatch.setenv("KIND_NODE_IMAGE", str(archive))

    with pytest.raises(
        ClusterError,
        match=rf"^docker load has no image of KIND_NODE_IMAGE={archive}: open manifest.json: no such file$",
    ):
        kind.node_image()


def test_a_node_is_started_again_when_its_api_server_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """Docker is done when the container runs. Until a minute later kubectl is refused, or forbidden all it asks for."""
    docker(monkeypatch, tmp_path, does="exit 0")
    kubectl = program(
        tmp_path / "kubectl", f'echo "$@" >>{tmp_path}/commands; [ "$(wc -l <{tmp_path}/commands)" -eq 3 ] || exit 1'
    )
    monkeypatch.setattr(tools, "executable", {"kubectl": kubectl, "crane": "crane"}.__getitem__)

    kind.Kind(layout.Layout("test", tmp_path / "test")).restart()

    commands = (tmp_path / "commands").read_text(encoding="utf-8").splitlines()
    assert commands == [f"--kubeconfig={tmp_path}/test.kubeconfig get --raw=/readyz"] * 3


def test_logs_that_kind_can_not_copy_do_not_hide_why_they_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(tools, "executable", {"kind": "false"}.__getitem__)

    kind.Kind(layout.Layout("test", tmp_path)).keep_logs(str(tmp_path))
