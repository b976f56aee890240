"""How much memory a worker may take, so that it is ended before the kernel ends the container."""

import pathlib

import structlog

from cdk8s_function.sizes import MIB

_CGROUP = pathlib.Path("/sys/fs/cgroup")

_FILES = ("memory.max", "memory/memory.limit_in_bytes")
"""Where v2 and v1 keep the limit (docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/memory.html)."""

MOST_MIB = 512
LEAST_MIB = 128
"""What a worker takes that has done nothing yet, and some to work with."""

_SERVER_MIB = 128
"""What the server takes, without its cache. The pages that workers share count once for the
container and once for each worker here: that leaves room for a worker that is being replaced."""

_UNLIMITED_BYTES = 1 << 60
"""v1 has no word for no limit, but the largest number of pages."""


def worker_mib(*, workers: int, cache_mib: int, root: pathlib.Path = _CGROUP) -> int:
    """Return what each worker may take: its share of the container's limit, from 128 to 512 MiB.

    Args:
        workers: Number of workers.
        cache_mib: What the server's cache may take, in MiB.
        root: Where the cgroup file system of this container is mounted.
    """
    limit = limit_mib(root)
    if limit is None:
        return MOST_MIB
    return max(LEAST_MIB, min(MOST_MIB, (limit - _SERVER_MIB - cache_mib) // workers))


def warn_if_too_small(*, workers: int, worker_mib: int, cache_mib: int, root: pathlib.Path = _CGROUP) -> None:
    """Warn where the kernel would end the container before the pool ends a worker that leaks.

    Args:
        workers: Number of workers.
        worker_mib: What each may take, in MiB.
        cache_mib: What the server's cache may take, in MiB.
        root: Where the cgroup file system of this container is mounted.
    """
    limit = limit_mib(root)
    needed = _SERVER_MIB + cache_mib + workers * worker_mib
    if limit is not None and limit < needed:
        structlog.stdlib.get_logger().warning(
            "the container's memory limit is too small for its workers: raise it, or set fewer --workers",
            limit_mib=limit,
            needed_mib=needed,
            workers=workers,
            worker_memory_mib=worker_mib,
        )


def limit_mib(root: pathlib.Path = _CGROUP) -> int | None:
    """Return the container's memory limit in MiB, None where there is none.

    Args:
        root: Where the cgroup file system of this container is mounted.
    """
    for name in _FILES:
        try:
            limit = int((root / name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            # No such file, or "max" for no limit.
            continue
        return limit // MIB if 0 < limit < _UNLIMITED_BYTES else None
    return None
