"""The node of kind that is made here: what kind's own files ask of it is there. Whether it runs, `bin/e2e` tells."""

import pathlib
import re
import shutil
import subprocess
import tarfile
from typing import Any

import pytest
import yaml
from images import catalog, kind, kubernetes, tree
from images.workspace import BuildError

VERSION = kubernetes.version()
KUBEADM = [
    f"registry.k8s.io/kube-apiserver:{VERSION}",
    f"registry.k8s.io/kube-controller-manager:{VERSION}",
    f"registry.k8s.io/kube-scheduler:{VERSION}",
    f"registry.k8s.io/kube-proxy:{VERSION}",
    "registry.k8s.io/coredns/coredns:v1.14.2",
    "registry.k8s.io/pause:3.10.2",
    "registry.k8s.io/etcd:3.6.8-0",
]
"""What `kubeadm config images list` prints."""

SCRIPT = re.compile(r"/kind/bin/[\w.-]+|/usr/local/bin/entrypoint")


def images() -> dict[str, Any]:
    """Return images by what the last part of a repository is called, as the catalog gives them to the node."""
    named = ["coredns", "etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"]
    named += ["local-path-provisioner", "pause"]
    given = {name: lambda name=name: catalog.find(name) for name in named}
    return {**given, "local-path-helper": lambda: catalog.find("busybox")}


@pytest.fixture(scope="module")
def system() -> tree.Tree:
    """Return what is made of a system of Debian's packages, without the packages."""
    files = tree.Tree()
    files.link("usr/lib/systemd/system/multi-user.target.wants/getty.target", "../getty.target")
    files.file("usr/lib/systemd/system/getty.target", "[Unit]\n")
    kind.configure(files)
    return files


def named(manifest: str) -> set[str]:
    """Return the images that a manifest names, in fields and in arguments."""
    return set(re.findall(r"\b[a-z0-9.]+\.(?:io|k8s\.io)/[\w./-]+:[\w.-]+", manifest))


def test_the_node_has_each_image_that_kubeadm_asks_for_but_for_the_pause_that_containerd_names() -> None:
    names = kind.needed(KUBEADM)

    assert [each for each in KUBEADM if each not in names] == ["registry.k8s.io/pause:3.10.2"]
    assert sum("/pause:" in each for each in names) == 1
    assert len(names) == len(KUBEADM) + 2


def test_the_node_has_each_image_under_the_name_that_is_asked_for() -> None:
    names = kind.needed(KUBEADM)

    assert [each.references for each in kind.brought(images(), names)] == [[name] for name in names]


def test_an_image_that_nothing_here_is_for_is_told() -> None:
    with pytest.raises(
        BuildError, match=r"^a kind node needs example\.org/new:v1, and no image of bin/images is for it$"
    ):
        kind.brought(images(), ["example.org/new:v1"])


@pytest.mark.parametrize("path", ["kind/manifests/default-cni.yaml", "kind/manifests/default-storage.yaml"])
def test_a_manifest_is_whole_and_names_images_that_the_node_has(path: str) -> None:
    text = kind.manifests()[path]

    documents = [each for each in yaml.safe_load_all(text) if each]
    assert all({"apiVersion", "kind", "metadata"} <= each.keys() for each in documents)
    assert not re.search(r"[`$]\{|` \+", text)
    assert named(text)
    assert named(text) <= set(kind.needed([]))


def test_each_service_that_starts_has_its_unit_and_no_other_starts(system: tree.Tree) -> None:
    started = [path for path in system.paths() if ".wants/" in path]

    assert [system.get(path).target.removeprefix("/") in system.paths() for path in started] == [True] * 3
    assert {path.rpartition("/")[2] for path in started} == {
        "containerd.service",
        "kubelet.service",
        "undo-mount-hacks.service",
    }


def test_each_script_that_a_unit_or_the_image_names_can_be_executed(system: tree.Tree) -> None:
    units = [path for path in system.paths() if path.endswith((".service", ".conf")) and system.get(path).content]
    text = " ".join(system.content(path).decode() for path in units)
    text += " ".join(catalog.find("kind-node").config.entrypoint)

    scripts = set(SCRIPT.findall(text))

    assert {"/kind/bin/import-images", "/kind/bin/undo-mount-hacks.sh", "/usr/local/bin/entrypoint"} <= scripts
    assert {oct(system.get(script).mode) for script in scripts} == {"0o755"}


@pytest.mark.skipif(not shutil.which("update-alternatives"), reason="it is Debian's")
@pytest.mark.parametrize("mode", ["legacy", "nft"])
@pytest.mark.parametrize("name", ["iptables", "ip6tables"])
def test_kind_s_entrypoint_can_choose_a_kind_of_packet_filter(
    system: tree.Tree, tmp_path: pathlib.Path, name: str, mode: str
) -> None:
    """It calls update-alternatives, which only Debian's scripts of installation give something to choose of."""
    entrypoint = system.content("usr/local/bin/entrypoint").decode()
    with (tmp_path / "root.tar").open("w+b") as archive:
        system.write(archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as packed:
            tree.extract(packed, tmp_path)
    commands = [name, f"{name}-restore", f"{name}-save"]
    for command in commands:
        (tmp_path / f"usr/sbin/{name}-{mode}{command.removeprefix(name)}").touch()

    chosen = ["--set", name, f"/usr/sbin/{name}-{mode}"]
    command = ["update-alternatives", "--root", str(tmp_path), "--log", "/dev/null", *chosen]
    subprocess.run(command, check=True, capture_output=True)

    assert f'update-alternatives --set {name} "/usr/sbin/{name}-${{mode}}"' in entrypoint
    assert [str((tmp_path / "usr/sbin" / each).readlink()) for each in commands] == [
        f"/etc/alternatives/{each}" for each in commands
    ]
    assert [str((tmp_path / "etc/alternatives" / each).readlink()) for each in commands] == [
        f"/usr/sbin/{name}-{mode}{each.removeprefix(name)}" for each in commands
    ]


def test_the_version_that_kind_asks_kubeadm_for_is_that_of_the_image() -> None:
    assert catalog.find("kind-node").references == [f"docker.io/kindest/node:{VERSION}"]
