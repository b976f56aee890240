"""What was built, kept by what it was built of: one build of each at a time, and none left half done."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Generator

from images import workspace


def folder(kind: str, key: str, build: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """Return a folder of the cache, built on first use.

    Args:
        kind: What it is: the cache's subfolder.
        key: Digest of everything it is built of.
        build: Fills an empty folder.
    """
    place = workspace.cache() / kind / key
    if place.exists():
        return place
    with locked(place.with_suffix(".lock")):
        if not place.exists():
            with scratch() as work:
                made = work / "made"
                made.mkdir()
                build(made)
                made.rename(place)
    return place


@contextlib.contextmanager
def scratch() -> Generator[pathlib.Path]:
    """Give a folder beside the cache, so that what is made in it can be renamed into it."""
    parent = workspace.cache() / "scratch"
    parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def locked(file: pathlib.Path) -> Generator[None]:
    """Hold a lock; the kernel drops it with the process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def write(file: pathlib.Path, content: bytes) -> None:
    """Write a file at once or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as opened:
        opened.write(content)
    pathlib.Path(opened.name).chmod(0o644)
    pathlib.Path(opened.name).replace(file)


def copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a file at once or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)
