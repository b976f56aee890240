"""Images for the node's registry, built by bin/images."""

import dataclasses
import functools
import json
import pathlib
import subprocess
from collections.abc import Iterable, Mapping

from cluster.layout import WORKSPACE

_COMMAND = WORKSPACE / "bin/images"
_NODE = ("busybox", "contour", "coredns", "local-path-provisioner", "pause")


@dataclasses.dataclass(frozen=True)
class Image:
    """An image archive and what it is called in a registry.

    Attributes:
        archive: The file.
        name: Repository and tag, without a registry, like "coredns/coredns:v1.14.7".
    """

    archive: pathlib.Path
    name: str


def for_node() -> list[Image]:
    """Return the images of a node's own pods, built where they lack."""
    return build(_NODE)


def reference(name: str) -> str:
    """Return the reference, registry and all, that an image of bin/images is for."""
    return _references()[name][0]


def build(names: Iterable[str]) -> list[Image]:
    """Return images of bin/images, built where they lack, each under every name that it is for."""
    wanted = list(names)
    return [
        Image(archive, each.partition("/")[2])
        for name, archive in zip(wanted, _built("build", wanted), strict=True)
        for each in _references()[name]
    ]


def root(name: str) -> pathlib.Path:
    """Return a folder with the files of an image of bin/images, built where it lacks; nothing may be changed there."""
    done = subprocess.run([_COMMAND, "root", name], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(done.stdout.strip())


def packages(names: Mapping[str, str]) -> list[Image]:
    """Return Crossplane packages of bin/images, built where they lack.

    Args:
        names: What each is called in a registry, without it, by its name in bin/images.
    """
    archives = _built("package", names)
    return [Image(archive, called) for archive, called in zip(archives, names.values(), strict=True)]


def _built(verb: str, names: Iterable[str]) -> list[pathlib.Path]:
    done = subprocess.run([_COMMAND, verb, *names], check=True, stdout=subprocess.PIPE, text=True)
    return [pathlib.Path(line.rsplit(maxsplit=1)[0]) for line in done.stdout.splitlines()]


@functools.cache
def _references() -> dict[str, list[str]]:
    listed = subprocess.run([_COMMAND, "list", "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {each["name"]: each["references"] for each in json.loads(listed)}
