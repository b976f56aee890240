"""The packages an image gets: those of its lock, or today's where the archive has dropped one of them.

An archive keeps what its suites refer to, and drops a locked file after an update. An image of today's packages beats
none, and reports it. `bin/images --locked` takes nothing but the lock.
"""

import os
import pathlib
import sys

from images import debian, debian_lock, store, tree, workspace
from images.debian import GoneError, Lock

LOCKED = "IMAGES_LOCKED"
"""The variable that says to take nothing but the locks."""


def inputs(name: str, architecture: str) -> str:
    """Return a digest of the packages."""
    file = _file(name, architecture)
    return workspace.digest(file.read_bytes()) if file.exists() else ""


def lock(name: str, architecture: str) -> Lock:
    """Return the packages.

    Raises:
        BuildError: If there is no lock.
    """
    return debian.read(_file(name, architecture))


def files(name: str, architecture: str, *, services: bool = False) -> tree.Tree:
    """Return the files of the packages.

    Args:
        name: A lock of third_party/debian.
        architecture: As Debian names it.
        services: Whether a service manager is among them, and gets its units.

    Raises:
        BuildError: If they cannot be had.
    """
    try:
        return debian.unpack(lock(name, architecture), services=services)
    except GoneError as error:
        if os.environ.get(LOCKED):
            raise
        print(f"bin/images: third_party/debian is out of date, taking today's packages: {error}", file=sys.stderr)
    text = debian_lock.resolve(name, architecture)
    store.write(_replacement(name, architecture), text.encode())
    return debian.unpack(lock(name, architecture), services=services)


def _file(name: str, architecture: str) -> pathlib.Path:
    replacement = _replacement(name, architecture)
    if replacement.exists() and not os.environ.get(LOCKED):
        return replacement
    return debian.lock_file(name, architecture)


def _replacement(name: str, architecture: str) -> pathlib.Path:
    locked = debian.lock_file(name, architecture)
    text = locked.read_bytes() if locked.exists() else b""
    return workspace.cache() / "resolved" / f"{name}-{workspace.digest(text)[:16]}.txt"
