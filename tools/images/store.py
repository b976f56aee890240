"""What was built, kept by what it was built of: one build of each at a time, and none left half done."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Generator

from images import workspace


def folder(kind: str, key: str, build: Callable[[pathlib.Path], object]) -> pathlib.Path:
    """Return a folder of the cache, built on first use.

    Args:
        kind: What it is: the cache's subfolder.
        key: Digest of everything it is built of.
        build: Fills an empty folder.
    """
    place = workspace.cache() / kind / key
    with locked(_lock(place)):
        if not place.exists():
            with scratch() as work:
                made = work / "made"
                made.mkdir()
                build(made)
                _lock(place).write_text(str(_measured_bytes(made)), encoding="utf-8")
                made.rename(place)
        os.utime(_lock(place))
    return place


def entry(lock: pathlib.Path) -> pathlib.Path:
    """Return the folder of the cache that a lock is of."""
    return lock.with_suffix("")


def size_bytes(lock: pathlib.Path) -> int:
    """Return the size of the folder that a lock is of, as it was built; 0 where its build did not end."""
    return int(lock.read_text(encoding="utf-8") or 0)


def _lock(place: pathlib.Path) -> pathlib.Path:
    return place.with_suffix(".lock")


def _measured_bytes(folder: pathlib.Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*"))


@contextlib.contextmanager
def scratch() -> Generator[pathlib.Path]:
    """Give a folder beside the cache, so that what is made in it can be renamed into it."""
    parent = scratch_folder()
    parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def scratch_folder() -> pathlib.Path:
    """Return where `scratch` has its folders."""
    return workspace.cache() / "scratch"


@contextlib.contextmanager
def locked(file: pathlib.Path, *, wait: bool = True) -> Generator[None]:
    """Hold a lock; the kernel drops it with the process.

    Args:
        file: The lock, which whoever holds it may remove.
        wait: Whether to wait for one that is held.

    Raises:
        BlockingIOError: If it is held and not to be waited for.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with file.open("a", encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is(file, opened.fileno()):
                continue
            yield
            return


def _is(file: pathlib.Path, descriptor: int) -> bool:
    """Return whether a file is the one that was opened, and not a later one of its name."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    return False


def write(file: pathlib.Path, content: bytes) -> None:
    """Write a file at once or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as opened:
        made = pathlib.Path(opened.name)
        try:
            opened.write(content)
            opened.flush()
            made.chmod(0o644)
            made.replace(file)
        finally:
            made.unlink(missing_ok=True)


def copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a file at once or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)
