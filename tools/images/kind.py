"""A node of kind (kindest/node), where it can't be pulled: kind's own files on the packages that its Dockerfile names.

    kind's module ──▶ entrypoint, units, containerd's configuration, manifests ─┐
    Debian ─────────▶ systemd, iptables, runc, CNI plugins ─────────────────────┼──▶ kind-node
    bin/ ───────────▶ containerd, kubelet, kubeadm, kubectl ────────────────────┤
    bin/images ─────▶ the images that kubeadm and the manifests name ───────────┘

What kind's builders do in containers, `docker build` and `kind build node-image`, is done here to files. Three things
differ. The images come as archives that the node imports at its first start. kindnet, whose source no module proxy
has, is replaced by the configuration that it writes (kind-node/). crictl, which `kind load` calls, is left out.
"""

import dataclasses
import json
import re
import string
from collections.abc import Callable, Iterable, Mapping

from images import image, kubernetes, parts, programs, resolved, tree, workspace
from images.archive import Config
from images.image import Image
from images.layers import Layer
from images.workspace import BuildError

_LOCK = "kind-node"
_MODULE = "sigs.k8s.io/kind"
_OWN = "tools/images/kind-node"
_SOURCES = ("tools/images/kind.py", _OWN)

_CONTAINERD = ("containerd", "containerd-shim-runc-v2", "ctr")
_KUBERNETES = ("kubeadm", "kubectl", "kubelet")
_PLUGINS = ("host-local", "loopback", "portmap", "ptp")

_UNITS = "etc/systemd/system"
_SERVICES = ("containerd", "kubelet", "undo-mount-hacks")
_UNWANTED = (
    f"{_UNITS}/*.wants/*",
    "usr/lib/systemd/system/basic.target.wants/*",
    "usr/lib/systemd/system/local-fs.target.wants/*",
    "usr/lib/systemd/system/multi-user.target.wants/*",
    "usr/lib/systemd/system/sockets.target.wants/*initctl*",
    "usr/lib/systemd/system/sockets.target.wants/*udev*",
    "usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
)
"""What kind's Dockerfile deletes of systemd."""

_FILTERS = (("legacy", 10), ("nft", 20))
"""Debian's alternatives of iptables with their priorities, of which kind's entrypoint selects one."""

_SANDBOX = re.compile(r'sandbox_image = "(.+)"')
_CONSTANT = re.compile(r'^const (\w+) = "(.+)"$', re.MULTILINE)
_STORAGE = re.compile(r"^const defaultStorageManifest = `(.*?)^`$", re.MULTILINE | re.DOTALL)
_JOINED = re.compile(r"` \+ (\w+) \+ `")


def node(images: Mapping[str, Callable[[], Image]]) -> Image:
    """Return the node's image.

    Args:
        images: Images by what the last part of a repository is called, to bring those that the node's pods are made of.
    """
    return Image(
        name="kind-node",
        summary="kind's own files, Debian's systemd and runc, this workspace's containerd, Kubernetes and images",
        layers=[_system(), _programs(), _archives(images)],
        config=Config(
            entrypoint=["/usr/local/bin/entrypoint", "/sbin/init"],
            environment=[*Config().environment, "container=docker"],
            # systemd ends by it, and starts again by SIGTERM.
            stop="SIGRTMIN+3",
        ),
        version=kubernetes.version(),
        repositories=["docker.io/kindest/node"],
    )


def needed(kubeadm: Iterable[str]) -> list[str]:
    """Return the references of the images that a node brings, as kind's builder chooses them.

    Args:
        kubeadm: Those that kubeadm asks for.
    """
    return [*(each for each in kubeadm if "/pause:" not in each), *_named().values()]


def brought(images: Mapping[str, Callable[[], Image]], references: Iterable[str]) -> list[Image]:
    """Return images under the names that a node asks for, whatever versions of them this workspace has.

    Args:
        images: Images by what the last part of a repository is called.
        references: The names.

    Raises:
        BuildError: If there is none for a name.
    """
    found: list[Image] = []
    for reference in references:
        repository, _, tag = reference.rpartition(":")
        name = repository.rpartition("/")[2]
        if name not in images:
            msg = f"a kind node needs {reference}, and no image of bin/images is for it"
            raise BuildError(msg)
        found.append(dataclasses.replace(images[name](), name=name, version=tag, repositories=[repository]))
    return found


def manifests() -> dict[str, str]:
    """Return the manifests that kind applies, by their paths on the node."""
    of_storage = _source("pkg/build/nodeimage/const_storage.go")
    found = _STORAGE.search(of_storage)
    if not found:
        msg = f"{_MODULE} has its storage manifest no more where tools/images/kind.py looks for it"
        raise BuildError(msg)
    constants = dict(_CONSTANT.findall(of_storage))
    network = (workspace.ROOT / _OWN / "kind/manifests/default-cni.yaml").read_text(encoding="utf-8")
    return {
        "kind/manifests/default-cni.yaml": _Reference(network).substitute(_named()),
        "kind/manifests/default-storage.yaml": _JOINED.sub(lambda joined: constants[joined[1]], found[1]),
    }


class _Reference(string.Template):
    """A text with names of images, like ${local-path-helper}."""

    braceidpattern = r"[a-z-]+"


def configure(files: tree.Tree) -> None:
    """Make a node's system of Debian's packages: what kind's Dockerfile does, and what scripts of installation do."""
    files.remove(_UNWANTED)
    folder = programs.module_folder("kind", _MODULE) / "images/base/files"
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        # A module has no modes. kind's Dockerfile sets these.
        mode = 0o755 if file.parent.name == "bin" else 0o644
        files.file(file.relative_to(folder).as_posix(), file.read_bytes(), mode=mode)
    files.read_folder(workspace.ROOT / _OWN)
    for path, text in manifests().items():
        files.file(path, text)
    for service in _SERVICES:
        files.link(f"{_UNITS}/multi-user.target.wants/{service}.service", f"/{_UNITS}/{service}.service")
    files.link(f"{_UNITS}/systemd-binfmt.service", "/dev/null")
    files.link("usr/sbin/init", "/usr/lib/systemd/systemd")
    for each in ("etc/cni/net.d", "etc/kubernetes/manifests"):
        files.folder(each)
    for plugin in _PLUGINS:
        files.link(f"opt/cni/bin/{plugin}", f"/usr/lib/cni/{plugin}")
    files.link("usr/bin/awk", "gawk")
    files.link("usr/bin/which", "which.debianutils")
    for each in ("iptables", "ip6tables"):
        _offer_alternatives(files, each)


def _system() -> Layer:
    def files(architecture: str) -> tree.Tree:
        made = resolved.files(_LOCK, architecture, services=True)
        parts.name_users(made, parts.NOBODY)
        configure(made)
        return made

    return Layer(
        inputs=lambda architecture: workspace.digest(
            resolved.inputs(_LOCK, architecture),
            workspace.sources(*_SOURCES),
            programs.version("kind", _MODULE),
        ),
        files=files,
    )


def _programs() -> Layer:
    def files(_: str) -> tree.Tree:
        made = tree.Tree()
        for each in _CONTAINERD:
            made.file(f"usr/local/bin/{each}", programs.executable(each), mode=0o755)
        for each in _KUBERNETES:
            made.file(f"usr/bin/{each}", programs.executable(each), mode=0o755)
        made.file("etc/containerd/cri-base.json", _runtime_specification())
        made.file("kind/version", kubernetes.version())
        return made

    return Layer(
        inputs=lambda architecture: workspace.digest(
            *(parts.program_inputs(each, architecture) for each in (*_CONTAINERD, *_KUBERNETES)),
            workspace.sources(*_SOURCES),
        ),
        files=files,
    )


def _archives(images: Mapping[str, Callable[[], Image]]) -> Layer:
    def chosen() -> list[Image]:
        kubeadm = programs.executable("kubeadm")
        listed = workspace.run(kubeadm, "config", "images", "list", f"--kubernetes-version={kubernetes.version()}")
        return brought(images, needed(listed.split()))

    def files(architecture: str) -> tree.Tree:
        made = tree.Tree()
        for each in chosen():
            made.file(f"kind/images/{each.name}.tar", image.build(each, architecture).file)
        return made

    return Layer(
        inputs=lambda architecture: workspace.digest(
            *(image.key(each, architecture) for each in chosen()), workspace.sources(*_SOURCES)
        ),
        files=files,
    )


def _named() -> dict[str, str]:
    """Return the references that kind's own files name, by the names of their images."""
    found = [
        *_SANDBOX.findall(_source("images/base/files/etc/containerd/config.toml")),
        *(reference for _, reference in _CONSTANT.findall(_source("pkg/build/nodeimage/const_storage.go"))),
    ]
    return {each.rpartition(":")[0].rpartition("/")[2]: each for each in found}


def _source(path: str) -> str:
    return (programs.module_folder("kind", _MODULE) / path).read_text(encoding="utf-8")


def _runtime_specification() -> str:
    """Return what kind's Dockerfile makes of `ctr oci spec`: a hook of its own, and no limits of resources."""
    made = json.loads(workspace.run(programs.executable("ctr"), "oci", "spec"))
    hooks = made.setdefault("hooks", {}).setdefault("createContainer", [])
    hooks.append({"path": "/kind/bin/mount-product-files.sh"})
    made["process"].pop("rlimits", None)
    return json.dumps(made, indent=2)


def _offer_alternatives(files: tree.Tree, name: str) -> None:
    """Add what Debian's iptables makes at its installation, for update-alternatives (dpkg's lib/dpkg-alternatives)."""
    followers = [f"{name}-restore", f"{name}-save"]
    lines = ["auto", f"/usr/sbin/{name}"]
    for each in followers:
        lines += [each, f"/usr/sbin/{each}"]
    lines.append("")
    for kind, priority in _FILTERS:
        lines += [f"/usr/sbin/{name}-{kind}", str(priority)]
        lines += [f"/usr/sbin/{name}-{kind}-{each.rpartition('-')[2]}" for each in followers]
    files.file(f"var/lib/dpkg/alternatives/{name}", "\n".join([*lines, "", ""]))
    best = max(_FILTERS, key=lambda each: each[1])[0]
    for each in (name, *followers):
        files.link(f"usr/sbin/{each}", f"/etc/alternatives/{each}")
        files.link(f"etc/alternatives/{each}", f"/usr/sbin/{name}-{best}{each.removeprefix(name)}")
