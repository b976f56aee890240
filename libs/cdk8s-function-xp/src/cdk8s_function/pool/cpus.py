"""How many processors this process may use, and so how many workers it starts."""

import math
import os
import pathlib

_CGROUP = pathlib.Path("/sys/fs/cgroup")

_UNLIMITED_WORKERS = 4
"""The most workers if no limit is set: a node may have a hundred processors, and each worker takes memory."""

_V1_CONTROLLERS = ("cpu", "cpu,cpuacct")
"""Where v1 mounts the CPU controller: most systems link the first to the second."""


def workers(root: pathlib.Path = _CGROUP) -> int:
    """Return how many workers to start: the CPU quota rounded up, or without one the machine's processors, up to 4.

    Args:
        root: Where the cgroup file system of this container is mounted.
    """
    present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(root)
    return max(1, min(present, _UNLIMITED_WORKERS if quota is None else math.ceil(quota)))


def _quota(root: pathlib.Path) -> float | None:
    """Return the quota in processors, None if there is none.

    v2 has it in one file (docs.kernel.org/admin-guide/cgroup-v2.html), v1 in
    two (docs.kernel.org/scheduler/sched-bwc.html).
    """
    share = _share(root / "cpu.max")
    for controller in _V1_CONTROLLERS:
        folder = root / controller
        share = share or _share(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")
    return share


def _share(*files: pathlib.Path) -> float | None:
    try:
        quota, period = " ".join(file.read_text(encoding="ascii") for file in files).split()
        share = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        # No such file, or "max" for no quota.
        return None
    return share if share > 0 else None
