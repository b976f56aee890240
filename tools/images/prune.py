"""What the cache gives up: what nothing used for a month, and the least recently used of what is too much.

Each change of an image leaves about 100 MB of layers, archives and packages that no later build asks for. An entry's
lock file is its record: its time is that of the last use, and it holds the entry's size, so that deciding reads no
folder. What was used within two hours stays whatever its size, because a path that `bin/images` printed is read later.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import time
from collections.abc import Iterator

from images import store, workspace

UNUSED_SECONDS = 30 * 24 * 60 * 60
IN_USE_SECONDS = 2 * 60 * 60
LIMIT_BYTES = 10 * 1024**3


@dataclasses.dataclass(frozen=True)
class _Entry:
    lock: pathlib.Path
    used: float
    size_bytes: int


def prune(*, limit_bytes: int = LIMIT_BYTES) -> None:
    """Remove what the cache gives up. What a build holds is left to a later call.

    Args:
        limit_bytes: How much may stay of what was not used within two hours.
    """
    now = time.time()
    total_bytes = 0
    for entry in sorted(_entries(), key=lambda each: each.used, reverse=True):
        total_bytes += entry.size_bytes
        unused_seconds = now - entry.used
        too_much = total_bytes > limit_bytes and unused_seconds > IN_USE_SECONDS
        if too_much or unused_seconds > UNUSED_SECONDS:
            _remove(entry)
    # Of builds that were killed; one that ends meanwhile removes its own.
    for left in store.scratch_folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if now - left.stat().st_mtime > IN_USE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _entries() -> Iterator[_Entry]:
    for lock in workspace.cache().glob("*/*.lock"):
        # Another process may prune too.
        with contextlib.suppress(FileNotFoundError):
            yield _Entry(lock, lock.stat().st_mtime, store.size_bytes(lock))


def _remove(entry: _Entry) -> None:
    with contextlib.suppress(BlockingIOError, FileNotFoundError), store.locked(entry.lock, wait=False):
        if entry.lock.stat().st_mtime > entry.used:
            return
        with store.scratch() as work, contextlib.suppress(FileNotFoundError):
            store.entry(entry.lock).rename(work / "gone")
        entry.lock.unlink()
