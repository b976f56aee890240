"""What befalls the function's processes, one every few seconds, so drawn that a run can be repeated."""

import contextlib
import dataclasses
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator

import psutil

from function_bench import processes

Undo = Callable[[], object]
_PAUSE_SECONDS = (0.2, 3.0)
_LOOK_SECONDS = 0.02


@dataclasses.dataclass(frozen=True)
class Kind:
    """One sort of fault."""

    role: str  # Which process it is for: worker, Node.js or server.
    what: str
    inflict: Callable[[psutil.Process], Undo | None]
    lasts: bool = True  # Whether it lasts until the process ends; else it is taken back after a while.


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault that struck."""

    kind: str  # What a report calls its sort.
    at: float  # When, on time.monotonic's clock, in seconds.


def _stop(process: psutil.Process) -> Undo:
    process.suspend()
    return process.resume


def _limit(process: psutil.Process) -> None:
    """Let a process have no more private memory than it has."""
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (1, most))


KINDS = (
    *(Kind(role, "killed", psutil.Process.kill) for role in ("worker", "Node.js", "server")),
    *(Kind(role, "paused", _stop, lasts=False) for role in ("worker", "Node.js", "server")),
    # No part of the function could notice a stopped server, and a container's memory is limited by its cgroup.
    *(Kind(role, "stopped", _stop) for role in ("worker", "Node.js")),
    *(Kind(role, "starved by RLIMIT_DATA", _limit) for role in ("worker", "Node.js")),
)
"""Every sort of fault."""


def _targets(server: int, role: str) -> list[psutil.Process]:
    """Return the processes of a role, those that only start included."""
    if role == "server":
        return processes.family(server)[:1]
    workers = [child for child in processes.children(server) if processes.runs(child, "cdk8s_function.worker")]
    below = itertools.chain(*(processes.children(worker.pid) for worker in workers))
    return workers if role == "worker" else [child for child in below if processes.runs(child, "node")]


@dataclasses.dataclass(kw_only=True)
class Injector:
    """Strikes a function again and again."""

    draw: random.Random
    every_seconds: float
    patience_seconds: float  # How long a process may be missing.
    server: Callable[[], int]  # Returns the id of the function's first process.
    expected: Callable[[int], object]  # Is told which server may end.
    recovered: Callable[[float], bool]  # Returns whether the fault that struck at a moment is felt no more.
    say: Callable[[str], None]
    struck: list[Fault] = dataclasses.field(default_factory=list[Fault])

    def strike(self, ending: threading.Event) -> None:
        """Strike every few seconds until the end; then take back all that can be."""
        with contextlib.ExitStack() as pauses:
            for kind in self._order():
                ending.wait(self.every_seconds)
                while self.struck and not self.recovered(self.struck[-1].at) and not ending.wait(_LOOK_SECONDS):
                    pass
                # Both drawn here, so that the next ones do not depend on what is found.
                choice, pause = self.draw.random(), self.draw.uniform(*_PAUSE_SECONDS)
                end = time.monotonic() + self.patience_seconds
                while not ending.is_set() and not self._strike(kind, choice, pause, pauses):
                    if time.monotonic() > end:
                        msg = f"no {kind.role} was there for {self.patience_seconds:g} s"
                        raise RuntimeError(msg)
                    ending.wait(_LOOK_SECONDS)
                if ending.is_set():
                    return

    def _order(self) -> Iterator[Kind]:
        while True:
            yield from self.draw.sample(KINDS, len(KINDS))

    def _strike(self, kind: Kind, choice: float, pause: float, pauses: contextlib.ExitStack) -> bool:
        found = _targets(self.server(), kind.role)
        if not found:
            return False
        process = found[int(choice * len(found))]
        if kind.role == "server" and kind.lasts:
            self.expected(process.pid)
        try:
            at, undo = time.monotonic(), kind.inflict(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False
        self.struck.append(Fault(f"{kind.role} {kind.what}", at))
        self.say(f"fault {len(self.struck)}: {self.struck[-1].kind}")
        if undo and not kind.lasts:
            timer = threading.Timer(pause, _take_back, [undo])
            timer.start()
            pauses.callback(_take_back, undo)
            pauses.callback(timer.cancel)
        return True


def _take_back(undo: Undo) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, OSError):
        undo()
