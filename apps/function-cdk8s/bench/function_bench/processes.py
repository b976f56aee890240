"""Processes: what they take and how they end. One that has ended meanwhile counts as nothing."""

import contextlib
import dataclasses
import math
import os
import pathlib
import platform
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import psutil

MIB = 1 << 20
Gone = psutil.Error
_SECONDS = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Footprint:
    """What a process tree takes at one moment."""

    processes: int
    children: list[int]  # The ids of those that the first one started itself.
    nodes: int = 0  # How many run Node.js.
    rss_mib: float  # What processes share counts for each of them.
    pss_mib: float  # Shared pages are divided among those that share them: what the whole tree takes.


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    with contextlib.suppress(Gone):
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return []


def children(pid: int) -> list[psutil.Process]:
    """Return the processes that a process started itself."""
    with contextlib.suppress(Gone):
        return psutil.Process(pid).children()
    return []


def runs(process: psutil.Process, program: str) -> bool:
    """Return whether a process runs a program or module, and is no copy of its parent that is still to become it."""
    with contextlib.suppress(Gone):
        return any(word.rpartition("/")[2] == program for word in process.cmdline())
    return False


def footprint(pid: int) -> Footprint:
    """Return what a process and its descendants take now."""
    members = family(pid)
    memory: list[tuple[int, int]] = []
    for process in members:
        with contextlib.suppress(Gone):
            info = process.memory_full_info()
            memory.append((info.rss, info.pss))
    return Footprint(
        processes=len(memory),
        children=[child.pid for child in children(pid)],
        nodes=sum(runs(process, "node") for process in members),
        rss_mib=round(sum(rss for rss, _ in memory) / MIB, 1),
        pss_mib=round(sum(pss for _, pss in memory) / MIB, 1),
    )


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time a process has used, with that of the children it has waited for."""
    with contextlib.suppress(Gone):
        return sum(process.cpu_times()[:4])
    return 0.0


def end_orphans() -> list[str]:
    """Kill every descendant of this process, and return what those were that were alive."""
    alive: dict[int, str] = {}
    end = time.monotonic() + _SECONDS
    # What is a child of another process now becomes one of this when its parent has died.
    while (found := family(os.getpid())[1:]) and time.monotonic() < end:
        for process in found:
            with contextlib.suppress(Gone, ChildProcessError):
                if process.status() != psutil.STATUS_ZOMBIE:
                    alive.setdefault(process.pid, f"{process.name()}, {process.status()}")
                    process.kill()
                os.waitpid(process.pid, os.WNOHANG)
        time.sleep(0.01)
    return list(alive.values())


@contextlib.contextmanager
def beside(work: Callable[[threading.Event], object]) -> Generator[Future[object]]:
    """Do some work in a thread of its own; an event tells it when the block ends."""
    ending = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(work, ending)
        try:
            yield done
        finally:
            ending.set()


@contextlib.contextmanager
def watched(pid: int) -> Generator[list[Footprint]]:
    """Look at a process tree every second; yields what has been seen so far."""
    seen: list[Footprint] = []

    def look(ending: threading.Event) -> None:
        while not ending.wait(1):
            seen.append(footprint(pid))

    with beside(look) as looking:
        yield seen
    looking.result()


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the nearest-rank percentile, NaN where there is nothing."""
    ranked = sorted(values)
    return ranked[math.ceil(len(ranked) * percent / 100) - 1] if ranked else math.nan


def machine() -> dict[str, str]:
    """Return what this runs on, in neutral words, and how busy it was."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    release = re.match(r"[\d.]*\d", platform.release())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{round(psutil.virtual_memory().total / (MIB << 10))} GiB",
        "kernel": f"{platform.system()} {release[0] if release else ''}, {platform.machine()}",
        "load before": "{:.2f} over one minute, {:.2f} over five".format(*os.getloadavg()),
    }
