"""Read about processes in Linux's /proc, and end those that a chart leaves behind.

On systems without /proc (macOS) nothing is found and memory reads as zero, so
the limits that need it do not apply.
"""

import contextlib
import ctypes
import os
import pathlib
import signal
import sys
import time
from collections.abc import Iterable, Iterator

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PR_SET_CHILD_SUBREAPER = 36
_REAP_SECONDS = 2.0
_READ_BYTES = 1 << 16
_EXEC_SECONDS = 1.0
"""How long a process has no environment at most as it starts a program, on a busy machine too."""

_DEAD = (b"Z", b"X")
_ENV_BOUNDS = slice(50 - 4, 52 - 4)
"""Where env_start and env_end are in /proc/PID/stat, after the state (proc_pid_stat(5))."""


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans, as PID 1 of a container is (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its descendants, in bytes."""
    return sum(_resident_of(member) for member in _family(pid))


def children(pid: int) -> set[int]:
    """Return the process ids of a process's children."""
    return set(_children_of(pid))


def has_children() -> bool:
    """Return whether this process has children, dead ones included: in one system call, unlike `children`."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def descriptors() -> set[int]:
    """Return this process's open file descriptors."""
    try:
        # The listing itself opens one, which is closed again by then.
        return {int(entry.name) for entry in pathlib.Path("/proc/self/fd").iterdir() if entry.exists()}
    except OSError:
        return set()


def kill_family(leader: int) -> None:
    """Kill a process group, and the descendants of its leader that left the group.

    Waits until those that are children of this process are gone.

    Args:
        leader: The group's leader, a child of this process.
    """
    family = set(_family(leader))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in family:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + _REAP_SECONDS
    while time.monotonic() < end and _reap((-leader, *family)):
        time.sleep(0.002)


def kill_marked_children(mark: str) -> int:
    """Kill children of this process that left their process group, and return how many there were.

    Args:
        mark: `NAME=value` that their environment holds.
    """
    killed = 0
    for pid in list(_children_of(os.getpid())):
        if not _has_mark(pid, mark):
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            killed += 1
    return killed


def _reap(targets: Iterable[int]) -> bool:
    """Collect dead children, and return whether some are still dying.

    A child of another process may become a child of this one when its parent
    dies: call again with the same targets.

    Args:
        targets: Process ids, or negated process group ids.
    """
    dying = False
    for target in targets:
        with contextlib.suppress(ChildProcessError):
            # One call collects one process, and a group has several.
            while os.waitpid(target, os.WNOHANG)[0] != 0:
                pass
            dying = True
    return dying


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in _children_of(pid):
        yield from _family(child)


def _children_of(pid: int) -> Iterator[int]:
    # A thread's children are listed under that thread, see proc(5).
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  # See _read.
    except OSError:
        return
    for task in tasks:
        yield from map(int, _read(f"/proc/{pid}/task/{task}/children").split())


def _resident_of(pid: int) -> int:
    numbers = _read(f"/proc/{pid}/statm").split()
    return int(numbers[1]) * _PAGE_BYTES if numbers else 0


def _read(path: str) -> bytes:
    """Return a file of /proc, b"" if it is gone.

    A dozen are read between two requests, and pathlib takes ten times as long.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        # A read may end before the file does.
        return b"".join(iter(lambda: os.read(file, _READ_BYTES), b""))
    except OSError:
        return b""
    finally:
        os.close(file)


def _has_mark(pid: int, mark: str) -> bool:
    end = time.monotonic() + _EXEC_SECONDS
    while not (environment := _read(f"/proc/{pid}/environ")) and _has_environment(pid):
        # One of another user looks the same for ever.
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return mark.encode() in environment.split(b"\0")


def _has_environment(pid: int) -> bool:
    """Return whether a process has an environment, or will have one: it is starting a program, or ending."""
    state, *fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split() or [b"X"]
    if state in _DEAD:
        return False
    start, end = fields[_ENV_BOUNDS]
    return start != end or end == b"0"
