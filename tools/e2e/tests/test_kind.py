"""What kind is asked for, without Docker."""

import pathlib
import tomllib

import pytest
import yaml
from cluster import kind, layout, tools


def test_a_node_runs_on_hosts_with_either_version_of_control_groups() -> None:
    """Since v1.35 the kubelet refuses version 1 unless it is told not to."""
    (patch,) = kind.configuration()["kubeadmConfigPatches"]

    assert yaml.safe_load(patch) == {"kind": "KubeletConfiguration", "failCgroupV1": False}


def test_a_node_runs_on_hosts_that_do_not_let_it_lower_oom_score_adj() -> None:
    """Where CAP_SYS_RESOURCE lacks, runc starts no pod: "can't get final child's PID from pipe"."""
    plugins = [tomllib.loads(patch)["plugins"] for patch in kind.configuration()["containerdConfigPatches"]]

    assert {"io.containerd.grpc.v1.cri": {"restrict_oom_score_adj": True}} in plugins


@pytest.mark.parametrize(
    ("given", "nodes"),
    [
        ({}, [{"role": "control-plane"}]),
        ({"KIND_NODE_IMAGE": "kindest/node:v1.36.3"}, [{"role": "control-plane", "image": "kindest/node:v1.36.3"}]),
    ],
)
def test_the_image_of_a_node_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], nodes: list[dict[str, str]]
) -> None:
    monkeypatch.delenv("KIND_NODE_IMAGE", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert kind.configuration()["nodes"] == nodes


def test_logs_that_kind_can_not_copy_do_not_hide_why_they_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(tools, "executable", {"kind": "false"}.__getitem__)

    kind.Kind(layout.Layout("test", tmp_path)).keep_logs(str(tmp_path))
