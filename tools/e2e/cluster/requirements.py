"""What a host must have to run a node, each lack named with its remedy."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

_PROGRAMS = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "runc": "runc",
    "unshare": "util-linux",
}
"""What is not built from pinned modules, and Debian's package of it. A runc built with Go alone has no seccomp."""

DISK_GIB = 2
"""How much must be free: a node takes 0.8 GiB for its first pods, and volumes, logs and more images come later."""

_PLUGINS = ("host-local", "loopback", "portmap", "ptp")
_PLUGIN_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")


class UnmetError(Exception):
    """The host cannot run a node."""


def plugins() -> pathlib.Path:
    """Return the folder of the CNI plugins.

    Raises:
        UnmetError: If no folder has them all.
    """
    for folder in map(pathlib.Path, _PLUGIN_FOLDERS):
        if all((folder / name).exists() for name in _PLUGINS):
            return folder
    msg = (
        f"the CNI plugins {', '.join(_PLUGINS)} are in none of {', '.join(_PLUGIN_FOLDERS)}: "
        "apt-get install containernetworking-plugins"
    )
    raise UnmetError(msg)


def check(folder: pathlib.Path) -> None:
    """Check that a node can run here.

    Args:
        folder: Where its files are to be. It need not exist yet.

    Raises:
        UnmetError: If not; names all that is missing.
    """
    if sys.platform != "linux":
        msg = f"a node needs Linux, not {sys.platform}: use bin/e2e --cluster kind with Docker"
        raise UnmetError(msg)
    if os.geteuid() != 0:
        msg = "a node needs root, for namespaces and mounts: run as root, or use bin/e2e --cluster kind with Docker"
        raise UnmetError(msg)
    if missing := sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program)}):
        msg = f"programs are missing: apt-get install {' '.join(missing)}"
        raise UnmetError(msg)
    plugins()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free_gib = shutil.disk_usage(there).free / 1024**3
    if free_gib < DISK_GIB:
        msg = (
            f"{there} has {free_gib:.1f} GiB free, and a node writes {DISK_GIB}: "
            "go-build, go-modules and images there can be removed, as only builds need them"
        )
        raise UnmetError(msg)
    _try("namespaces (unshare)", "true")
    _try("network bridges", "ip link add probe type bridge")
    _try("virtual ethernet pairs (veth)", "ip link add probe type veth peer name peer")
    _try("iptables with NAT", "iptables --table nat --list --wait >/dev/null")
    with tempfile.TemporaryDirectory() as probe:
        script = f"cd {probe} && mount -t tmpfs tmpfs . && mkdir a b c d && "
        _try("overlay mounts", script + "mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c d")
    if not hierarchies():
        msg = "no control groups are mounted at /sys/fs/cgroup: the kubelet limits pods with them"
        raise UnmetError(msg)


def hierarchies() -> list[pathlib.Path]:
    """Return the roots of the control group hierarchies: one of version 2, or those of version 1 and what is beside."""
    root = pathlib.Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root]
    return sorted(path.parent for path in root.glob("*/cgroup.procs"))


def _try(what: str, script: str) -> None:
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-ec", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        msg = f"the kernel or this container does not allow {what}: {' '.join(done.stderr.split())}"
        raise UnmetError(msg)
