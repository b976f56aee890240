"""Memory and CPU time of a process tree, from Linux's /proc."""

import contextlib
import dataclasses
import os
import pathlib
import time
from collections.abc import Iterable, Iterator

from function_bench import background

KIB = 1 << 10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Footprint:
    """What a process tree takes at one moment.

    Attributes:
        processes: How many processes it has.
        children: How many of them the first one started itself.
        rss_mib: Their resident memory added up: what they share counts for each of them.
        pss_mib: The same with shared pages divided among those that share them: what the whole tree takes.
    """

    processes: int
    children: int
    rss_mib: float
    pss_mib: float


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    return [pid, *(member for child in children(pid) for member in family(child))]


def children(pid: int) -> list[int]:
    """Return a process's children."""
    found: list[int] = []
    # A thread's children are listed under that thread, see proc(5).
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


def of(pid: int) -> Footprint:
    """Return what a process and its descendants take now."""
    # A process that has ended meanwhile takes nothing.
    rollups = [rollup for rollup in map(_rollup, family(pid)) if rollup]
    return Footprint(
        processes=len(rollups),
        children=len(children(pid)),
        rss_mib=round(sum(rollup["Rss"] for rollup in rollups) / KIB, 1),
        pss_mib=round(sum(rollup["Pss"] for rollup in rollups) / KIB, 1),
    )


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time processes have used, with that of the children they have waited for."""
    return sum(map(_ticks, pids)) / _TICKS


def machine_cpu_seconds() -> tuple[float, float]:
    """Return the CPU time the whole machine has used, and what its host kept from it, in seconds."""
    numbers = [int(field) for field in _text(pathlib.Path("/proc/stat")).splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = numbers[:8]
    return (user + nice + system + irq + softirq) / _TICKS, steal / _TICKS


class Watch(background.Background):
    """Looks at a server's tree again and again, in a thread of its own. Use it as a context manager.

    Args:
        pid: The server.
        seconds: How often to look.
    """

    def __init__(self, pid: int, *, seconds: float = 1.0) -> None:
        """Watch nothing yet."""
        super().__init__()
        self._pid = pid
        self._seconds = seconds
        self._seen: list[Footprint] = []
        self.workers: set[int] = set()
        """The server's children seen so far: a new one is a worker that took another's place."""

    def take(self) -> list[Footprint]:
        """Return what was seen since the last time."""
        taken, self._seen = self._seen, []
        return taken

    def _run(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            self.workers.update(children(self._pid))
            self._seen.append(of(self._pid))
            self._ending.wait(max(0, self._seconds - (time.monotonic() - began)))


def _rollup(pid: int) -> dict[str, int]:
    return dict(_kibibytes(_text(pathlib.Path(f"/proc/{pid}/smaps_rollup"))))


def _kibibytes(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines()[1:]:
        name, _, amount = line.partition(":")
        yield name, int(amount.split()[0])


def _ticks(pid: int) -> int:
    text = _text(pathlib.Path(f"/proc/{pid}/stat"))
    # The second field is a name in parentheses that may hold spaces; utime is the 14th, see proc_pid_stat(5).
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
