"""What can be tested of a node without running one."""

import os
import pathlib
import re
import shutil
import sys

import pytest
import yaml
from cluster import addons, configuration, control_groups, layout, programs, requirements, retry, tools
from cluster.api import ClusterError
from cluster.images import Image
from cluster.namespaces import Held, Namespaces
from cluster.pushed import Pushed

WORKSPACE = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize("tool", ["contour", "coredns", "crossplane-core", "kubectl"])
def test_a_tool_has_the_version_that_its_module_requires(tool: str) -> None:
    found = tools.version(tool)

    assert any(f" {found}" in file.read_text(encoding="utf-8") for file in WORKSPACE.glob("third_party/go/*/go.mod"))
    assert re.fullmatch(r"v\d+\.\d+\.\d+", found)


def test_every_program_of_a_node_is_a_tool_that_is_provisioned(tmp_path: pathlib.Path) -> None:
    executables = {name: pathlib.Path("/bin") / name for name in programs.TOOLS}

    commands = programs.commands(layout.Layout("test", tmp_path), executables)

    assert {command[0].removeprefix("/bin/") for command in commands.values()} <= set(programs.TOOLS)
    assert next(iter(commands)) == "etcd"


def test_the_configuration_keeps_to_the_cluster_s_own_folder(tmp_path: pathlib.Path) -> None:
    files = layout.Layout("test", tmp_path)

    configuration.write(files, kubernetes_version="v1.36.3", plugins=pathlib.Path("/cni"), pause="pause:1")

    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {
        "etc/cni/10-pods.conflist",
        "etc/containerd.toml",
        "etc/kubeadm.yaml",
        "etc/kubelet.yaml",
        "etc/registries.conf",
        "etc/registries/_default/hosts.toml",
    }
    kubelet = yaml.safe_load((files.configuration / "kubelet.yaml").read_text(encoding="utf-8"))
    # One percent of 250 GB was more than many a disk had left, and no pod started there.
    assert kubelet["evictionHard"] == dict.fromkeys(
        ("memory.available", "nodefs.available", "imagefs.available"), "100Mi"
    )
    assert f'root = "{tmp_path}/data/containerd"' in (files.configuration / "containerd.toml").read_text(
        encoding="utf-8"
    )


def test_a_process_number_that_is_used_again_is_not_the_process_that_was_started() -> None:
    mine = Held.of(os.getpid())

    assert mine.process is not None
    assert Held(mine.pid, mine.started - 1).process is None


def test_a_cluster_that_is_down_says_how_to_bring_it_up(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ProcessLookupError, match=r'^cluster "test" is not up: bin/cluster up$'):
        Namespaces(layout.Layout("test", tmp_path)).enter(["true"])


def test_what_a_host_lacks_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for name in ("ip", "nsenter", "unshare", "iptables"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(
        requirements.UnmetError, match=r"^programs are missing: apt-get install buildah conntrack runc$"
    ):
        requirements.check(tmp_path)


def test_a_disk_that_a_run_would_fill_is_told_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """The kubelet of a full node starts no pod, and says so in its own log only."""
    usage = shutil.disk_usage(tmp_path)._replace(free=1288490188)

    def of(_: object) -> object:
        return usage

    def there(program: str) -> str:
        return program

    monkeypatch.setattr(shutil, "disk_usage", of)
    monkeypatch.setattr(shutil, "which", there)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "plugins", lambda: tmp_path)

    with pytest.raises(requirements.UnmetError) as raised:
        requirements.check(tmp_path / "clusters/e2e")

    assert str(raised.value) == (
        f"{tmp_path} has 1.2 GiB free, and a node writes 2: "
        "go-build, go-modules and images there can be removed, as only builds need them"
    )


def test_who_is_not_root_is_told_what_works_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(
        requirements.UnmetError, match=r"^a node needs root, .* or use bin/e2e --cluster kind with Docker$"
    ):
        requirements.check(tmp_path)


def test_control_groups_are_removed_with_those_inside(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(requirements, "hierarchies", lambda: [tmp_path])
    control_groups.make("cluster")
    (tmp_path / "cluster/kubepods/pod1").mkdir(parents=True)

    control_groups.remove("cluster")
    control_groups.remove("cluster")

    assert list(tmp_path.iterdir()) == []


def test_what_was_pushed_is_pushed_again_if_it_is_still_there(tmp_path: pathlib.Path) -> None:
    kept, gone = Image(tmp_path / "kept.tar", "a/kept:1"), Image(tmp_path / "gone.tar", "a/gone:1")
    for image in (kept, gone):
        image.archive.touch()
        Pushed(tmp_path / "pushed.json").add(image)
    gone.archive.unlink()

    assert Pushed(tmp_path / "pushed.json").images() == [kept]


def test_what_fails_at_first_is_tried_again() -> None:
    results = iter([ConnectionError("refused"), ConnectionError("refused"), None])

    def ask() -> None:
        if result := next(results):
            raise result

    retry.until(ask, ConnectionError, 60)

    assert list(results) == []


def test_what_fails_for_too_long_is_told_with_the_last_reason() -> None:
    def ask() -> None:
        msg = "refused"
        raise ConnectionError(msg)

    with pytest.raises(ClusterError, match=r"^not within 0 seconds: refused$"):
        retry.until(ask, ConnectionError, 0)


@pytest.mark.parametrize("name", ["access", "contour", "coredns"])
def test_a_manifest_is_whole_yaml_with_no_hole(name: str) -> None:
    text = addons.own(name)

    assert "$" not in text
    assert all({"apiVersion", "kind", "metadata"} <= each.keys() for each in yaml.safe_load_all(text))
