"""A whole run: the right answers computed ahead, the faults, and the calm after them."""

import contextlib
import dataclasses
import itertools
import pathlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence

import psutil

from function_bench import footprint
from function_bench.chaos import faults, recovery, starvation, work
from function_bench.chaos.callers import Attempt, Callers
from function_bench.chaos.injector import Fault, Injector
from function_bench.chaos.right_outputs import Answers
from function_bench.chaos.supervised import Supervised
from function_bench.chaos.work import Reconcile

_CALM_SECONDS = 90.0
_LOOK_SECONDS = 0.1
_SAMPLE_SECONDS = 1.0
_CALM_RECONCILES = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is made of; the same settings make the same reconciles and the same faults."""

    reconciles: int  # How many reconciles there are.
    callers: int  # How many are on their way at a time.
    workers: int  # How many workers the function has.
    every_seconds: float  # How often a fault strikes.
    rounds: int
    patient: bool
    timeout_seconds: int  # The function input's timeout.
    seed: int  # What everything is drawn with.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """The function's processes at one moment."""

    at: float  # Seconds since the first fault could strike.
    attempts: int  # Calls that have ended.
    footprint: footprint.Footprint  # What the processes take.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What a run came to."""

    settings: Settings  # What it was made of.
    skipped: str  # Sorts of faults that could not be inflicted here, and why.
    ahead_seconds: float  # How long the right answers took.
    seconds: float  # How long the reconciles took under faults.
    began: float  # When they began, on time.monotonic's clock, in seconds.
    attempts: list[Attempt]  # The calls, in the order of their ends.
    faults: list[Fault]  # What struck.
    recoveries: list[recovery.Recovery]  # How long each was felt.
    samples: list[Sample]  # Memory, every second.
    restarts: int  # How often the server was started again.
    violations: list[str]  # What must not have happened.


def run(settings: Settings, *, log: pathlib.Path, say: Callable[[str], None]) -> Run:
    """Run the soak."""
    began = time.monotonic()
    planned, right = _ahead(settings)
    ahead_seconds = time.monotonic() - began
    say(f"{len(planned)} reconciles, right answers computed ahead in {ahead_seconds:.0f} s")
    with _folder() as folder, starvation.Groups(folder.name) as groups:
        skipped = groups.refusal()
        server = Supervised(folder, workers=settings.workers)
        with server, _callers(server, settings) as callers:
            injector = Injector(
                server,
                kinds=faults.kinds(None if skipped else groups),
                seed=settings.seed,
                every_seconds=settings.every_seconds,
                rounds=settings.rounds,
                recovered=callers.answered_since if settings.patient else lambda _: True,
            )
            began = time.monotonic()
            with _sampled(server, callers, began, say) as samples:
                with injector:
                    callers.work(_until(planned, lambda: injector.done), right.fault)
                seconds = time.monotonic() - began
                attempts = list(callers.attempts)
                # What still starves is found by those who use it.
                callers.work(iter(planned[:_CALM_RECONCILES]), right.fault)
                broken = _calm(server)
        violations = [attempt.fault for attempt in callers.attempts if attempt.fault]
        violations += [*broken, *server.faults]
        if injector.broken:
            violations.append(f"the faults ended early: {injector.broken!r}")
        shutil.copyfile(server.log, log)
    return Run(
        settings=settings,
        skipped=skipped,
        ahead_seconds=ahead_seconds,
        seconds=seconds,
        began=began,
        attempts=attempts,
        faults=injector.struck,
        recoveries=recovery.of(injector.struck, callers.attempts),
        samples=samples,
        restarts=server.restarts,
        violations=violations,
    )


def _ahead(settings: Settings) -> tuple[list[Reconcile], Answers]:
    """Return the reconciles, and the right answers of a function to which nothing is done."""
    composed: dict[str, bytes] = {}
    right = Answers()

    def compose(reconcile: Reconcile, answer: bytes) -> str:
        composed[reconcile.xr] = answer
        return ""

    def learn(reconcile: Reconcile, answer: bytes) -> str:
        right.learn(reconcile, answer)
        return ""

    with (
        _folder() as folder,
        Supervised(folder, workers=settings.workers) as server,
        _callers(server, settings) as callers,
    ):
        seconds = settings.timeout_seconds
        callers.work(iter(work.first(timeout_seconds=seconds)), compose)
        planned = work.plan(count=settings.reconciles, seed=settings.seed, timeout_seconds=seconds, composed=composed)
        callers.work((item for item in planned if item.repeats is None), learn)
    return planned, right


def _callers(server: Supervised, settings: Settings) -> Callers:
    return Callers(server.port, count=settings.callers, call_seconds=2.0 * settings.timeout_seconds)


def _until(planned: Sequence[Reconcile], done: Callable[[], bool]) -> Iterator[Reconcile]:
    """Give every reconcile once, then begin again until it is done."""
    yield from planned
    yield from itertools.takewhile(lambda _: not done(), itertools.cycle(planned))


def _calm(server: Supervised) -> list[str]:
    """Wait until the function is whole again, and return in what it is not."""
    end = time.monotonic() + _CALM_SECONDS
    while (broken := _broken(server)) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    return [f"{_CALM_SECONDS:g} s after the last fault {fault}" for fault in broken]


def _broken(server: Supervised) -> list[str]:
    broken: list[str] = []
    tree = psutil.Process(server.pid).children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        states = [process.status() for process in tree]
        if odd := sorted({state for state in states if state in {psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED}}):
            broken.append(f"processes of the function are {' and '.join(odd)}")
    workers = len(psutil.Process(server.pid).children())
    # A worker has one Node.js once a chart has needed it.
    if workers != server.workers or len(tree) > 2 * workers:
        broken.append(f"the server has {workers} workers and {len(tree)} processes, for {server.workers} workers")
    scratch = len(list(server.temporary.glob("*/worker-*")))
    if scratch != server.workers:
        broken.append(f"there are {scratch} workers' folders for {server.workers} workers")
    return broken


@contextlib.contextmanager
def _folder() -> Generator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix="function-soak-") as name:
        yield pathlib.Path(name)


@contextlib.contextmanager
def _sampled(server: Supervised, callers: Callers, began: float, say: Callable[[str], None]) -> Generator[list[Sample]]:
    """Look at the function every second; yields a list that grows."""
    samples: list[Sample] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            now = time.monotonic() - began
            samples.append(Sample(at=round(now, 1), attempts=len(callers.attempts), footprint=footprint.of(server.pid)))
            if len(samples) % 30 == 0:
                say(f"{now:.0f} s, {samples[-1].attempts} calls, {samples[-1].footprint.pss_mib:.0f} MiB")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()
