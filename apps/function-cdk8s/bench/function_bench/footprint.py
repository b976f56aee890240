"""Memory and CPU time of a process tree. A process that has ended meanwhile counts as nothing."""

import contextlib
import dataclasses
import time
from collections.abc import Iterable

import psutil

from function_bench import background

MIB = 1 << 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Footprint:
    """What a process tree takes at one moment."""

    processes: int
    children: int  # How many of them the first one started itself.
    rss_mib: float  # What processes share counts for each of them.
    pss_mib: float  # Shared pages are divided among those that share them: what the whole tree takes.


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def of(pid: int) -> Footprint:
    """Return what a process and its descendants take now."""
    memory: list[tuple[int, int]] = []
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            info = process.memory_full_info()
            memory.append((info.rss, info.pss))
    rss, pss = (sum(column) for column in zip((0, 0), *memory, strict=True))
    return Footprint(
        processes=len(memory),
        children=len(_children(pid)),
        rss_mib=round(rss / MIB, 1),
        pss_mib=round(pss / MIB, 1),
    )


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time processes have used, with that of the children they have waited for."""
    used = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return used


def machine_cpu_seconds() -> tuple[float, float]:
    """Return the CPU time the whole machine has used, and what its host kept from it, in seconds."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq, times.steal


class Watch(background.Background):
    """Looks at a server's tree again and again, in a thread of its own. Use it as a context manager."""

    def __init__(self, pid: int, *, seconds: float = 1.0) -> None:
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
            self.workers.update(_children(self._pid))
            self._seen.append(of(self._pid))
            self._ending.wait(max(0, self._seconds - (time.monotonic() - began)))


def _children(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []
