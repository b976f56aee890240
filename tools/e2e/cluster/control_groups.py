"""The control group that holds those of a cluster's pods."""

import pathlib
from collections.abc import Iterator

from cluster import requirements

_INHERITED = ("cpuset.cpus", "cpuset.mems")
"""Of version 1: a group takes no process before these are set."""


def make(name: str) -> None:
    """Make a group of a name in every hierarchy, if it is not there."""
    for root in requirements.hierarchies():
        group = root / name
        group.mkdir(exist_ok=True)
        if (root / "cgroup.subtree_control").exists():
            _delegate(root)
            _delegate(group)
        for setting in _INHERITED:
            if (root / setting).exists():
                (group / setting).write_text((root / setting).read_text(encoding="utf-8"), encoding="utf-8")


def remove(name: str) -> None:
    """Remove a group of a name and those in it from every hierarchy, once no process is in them."""
    for root in requirements.hierarchies():
        for group in _deepest_first(root / name):
            group.rmdir()


def _delegate(group: pathlib.Path) -> None:
    controllers = (group / "cgroup.controllers").read_text(encoding="utf-8").split()
    wanted = " ".join(f"+{controller}" for controller in controllers)
    (group / "cgroup.subtree_control").write_text(wanted, encoding="utf-8")


def _deepest_first(group: pathlib.Path) -> Iterator[pathlib.Path]:
    if not group.is_dir():
        return
    for child in group.iterdir():
        if child.is_dir():
            yield from _deepest_first(child)
    yield group
