"""What can befall a process of the function."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import psutil

from function_bench.chaos import starvation

Undo = Callable[[], None]
ROLES = ("worker", "Node.js", "server")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of fault."""

    name: str  # What a report calls it.
    role: str  # Which process it is for: one of ROLES.
    inflict: Callable[[psutil.Process], Undo | None]
    lasts: bool  # Whether it lasts until the process ends; else it is taken back after a while.
    ends: bool  # Whether the process may end of it.


def kinds(groups: starvation.Groups | None) -> list[Kind]:
    """Return every sort of fault."""
    return [kind for role in ROLES for kind in _of(role, groups)]


def targets(server: int, role: str) -> list[psutil.Process]:
    """Return the processes of a role, those that only start included."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(server)
        if role == "server":
            return [parent]
        workers = [child for child in parent.children() if _runs(child, "cdk8s_function.worker")]
        if role == "worker":
            return workers
        return [child for worker in workers for child in _children(worker) if _runs(child, "node")]
    return []


def _runs(process: psutil.Process, program: str) -> bool:
    """Return whether a process runs a program, and is no copy of its parent that is still to become it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(word.rpartition("/")[2] == program for word in process.cmdline())
    return False


def _of(role: str, groups: starvation.Groups | None) -> Iterator[Kind]:
    server = role == "server"
    yield Kind(name=f"{role} killed", role=role, inflict=_kill, lasts=True, ends=True)
    yield Kind(name=f"{role} paused", role=role, inflict=_stop, lasts=False, ends=False)
    if not server:
        yield Kind(name=f"{role} stopped", role=role, inflict=_stop, lasts=True, ends=True)
        yield Kind(name=f"{role} starved by RLIMIT_DATA", role=role, inflict=_limit, lasts=True, ends=True)
    if groups:

        def starve(process: psutil.Process) -> Undo:
            group = groups.starve(process)
            return lambda: groups.feed(group)

        yield Kind(name=f"{role} starved by cgroup", role=role, inflict=starve, lasts=not server, ends=True)


def _kill(process: psutil.Process) -> None:
    process.kill()


def _stop(process: psutil.Process) -> Undo:
    process.suspend()
    return process.resume


def _limit(process: psutil.Process) -> None:
    starvation.limit(process)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children()
    return []
