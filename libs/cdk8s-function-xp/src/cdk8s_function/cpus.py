"""How many processors this process may use."""

import math
import os
import pathlib

_CGROUP = pathlib.Path("/sys/fs/cgroup")


def available(root: pathlib.Path = _CGROUP) -> int:
    """Return the number of processors: the CPU quota rounded up, at most what the machine has.

    Args:
        root: Where the cgroup file system of this container is mounted.
    """
    present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(root)
    return max(1, present if quota is None else min(present, math.ceil(quota)))


def _quota(root: pathlib.Path) -> float | None:
    """Return the quota in processors, None where there is none.

    cgroup v2 has it in cpu.max (kernel.org: admin-guide/cgroup-v2), v1 in two files.
    """
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text(encoding="ascii").strip()
        except OSError:
            return None
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return None  # "max"
    return share if share > 0 else None
