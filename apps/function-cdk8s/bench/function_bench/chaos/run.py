"""A whole run: the right answers computed ahead, the faults, and the calm after them."""

import dataclasses
import pathlib
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import psutil

from function_bench import processes, servers
from function_bench.chaos import work
from function_bench.chaos.callers import Attempt, Callers
from function_bench.chaos.faults import KINDS, Fault, Injector
from function_bench.chaos.work import Answers, Reconcile


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is made of; the same settings make the same reconciles and the same faults."""

    reconciles: int
    callers: int = 8  # How many reconciles are on their way at a time.
    workers: int
    every_seconds: float  # How often a fault strikes.
    rounds: int  # How often each fault strikes at least.
    patient: bool  # Whether a fault strikes only once the function has answered since the last one, however late.
    timeout_seconds: int  # The function input's timeout.
    seed: int  # What everything is drawn with.

    @property
    def patience_seconds(self) -> float:
        """How long anything may take before it counts as lost."""
        return 900 if self.patient else 120


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What a run came to. Moments are on time.monotonic's clock, in seconds."""

    settings: Settings
    began: float  # When the reconciles under faults began.
    ended: float
    attempts: list[Attempt]  # The calls, in the order of their ends.
    faults: list[Fault]
    restarts: int  # How often the server was started again.
    violations: list[str]  # What must not have happened.


class Supervised(servers.Function):
    """A served function that is started again when it ends, as a cluster does. Use it as a context manager."""

    def __init__(self, folder: pathlib.Path, *, workers: int) -> None:
        super().__init__(folder, workers=workers)
        self.restarts = 0
        self.ends_expected: set[int] = set()  # Servers that are ended for no fault of their own.
        self._changed = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Start it, and look after it."""
        super().start()
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """End it, and start it no more."""
        with self._changed:
            self._stopping = True
        super().stop()
        self._thread.join()

    def _supervise(self) -> None:
        while True:
            status = self.process.wait()
            with self._changed:
                if self._stopping:
                    return
                if self.process.pid not in self.ends_expected:
                    self.faults.append(f"the server ended by itself, with status {status}")
                processes.end_orphans()
                self.start()
                self.restarts += 1


def run(settings: Settings, *, log: pathlib.Path, say: Callable[[str], None]) -> Run:
    """Run the soak."""
    before = time.monotonic()
    planned, more, right = _ahead(settings)
    say(f"{len(planned)} reconciles, right answers computed ahead in {time.monotonic() - before:.0f} s")
    with servers.folder() as folder:
        server = Supervised(folder, workers=settings.workers)
        with server, _callers(server, settings) as callers:
            # The faults find a Node.js process only once a chart has needed it.
            callers.work(more, right.fault)
            injector = Injector(
                draw=random.Random(settings.seed),
                every_seconds=settings.every_seconds,
                patience_seconds=settings.patience_seconds,
                server=lambda: server.process.pid,
                expected=server.ends_expected.add,
                recovered=callers.answered_since if settings.patient else lambda _: True,
                say=say,
            )
            began, least = time.monotonic(), settings.rounds * len(KINDS)
            with processes.beside(injector.strike) as striking:
                callers.work(planned, right.fault)
                while len(injector.struck) < least and not striking.done() and not callers.lost:
                    callers.work(more, right.fault)
            ended, attempts = time.monotonic(), list(callers.attempts)
            # What still starves is found by those who use it.
            callers.work(more, right.fault)
            broken = _calm(server, settings.patience_seconds)
        shutil.copyfile(server.log, log)
    wrong = [attempt.fault for attempt in callers.attempts]
    early = f"the faults ended early: {striking.exception()}" if striking.exception() else ""
    return Run(
        settings=settings,
        began=began,
        ended=ended,
        attempts=attempts,
        faults=injector.struck,
        restarts=server.restarts,
        violations=list(filter(None, [*wrong, callers.lost, early, *broken, *server.faults])),
    )


def _ahead(settings: Settings) -> tuple[list[Reconcile], list[Reconcile], Answers]:
    """Return the reconciles, one of each XR that only a worker answers, and the answers of an undisturbed function."""
    seconds, right = settings.timeout_seconds, Answers()
    composed: dict[str, bytes] = {}
    with (
        servers.folder() as folder,
        Supervised(folder, workers=settings.workers) as server,
        _callers(server, settings) as callers,
    ):
        firsts = work.first(timeout_seconds=seconds)
        callers.work(firsts, lambda reconcile, answer: composed.update({reconcile.xr: answer}) or "")
        again = [work.observing(item, composed) for item in firsts]
        planned = work.plan(count=settings.reconciles, seed=settings.seed, timeout_seconds=seconds, composed=composed)
        callers.work((item for item in (*again, *planned) if item.repeats is None), right.learn)
    return planned, [work.uncached(item) for item in again], right


def _callers(server: Supervised, settings: Settings) -> Callers:
    return Callers(
        server.port,
        count=settings.callers,
        call_seconds=2.0 * settings.timeout_seconds,
        patience_seconds=settings.patience_seconds,
    )


def _calm(server: Supervised, seconds: float) -> list[str]:
    """Wait until the function is whole again, and return in what it is not."""
    end = time.monotonic() + seconds
    while (broken := list(_broken(server))) and time.monotonic() < end:
        time.sleep(0.1)
    return [f"{seconds:g} s after the last fault {fault}" for fault in broken]


def _broken(server: Supervised) -> Iterator[str]:
    tree = processes.family(server.process.pid)[1:]
    states = {process.status() for process in tree if process.is_running()}
    if odd := sorted(states & {psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED}):
        yield f"processes of the function are {' and '.join(odd)}"
    workers = len(processes.children(server.process.pid))
    # A worker has one Node.js once a chart has needed it.
    if workers != server.workers or len(tree) > 2 * workers:
        yield f"the server has {workers} workers and {len(tree)} processes, for {server.workers} workers"
    scratch = len(list(server.temporary.glob("*/worker-*")))
    if scratch != server.workers:
        yield f"there are {scratch} workers' folders for {server.workers} workers"
