"""A request wakes who can serve it, nobody else, and is never left to wait for a slot's timeout."""

import collections
import contextlib
import dataclasses
import random
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future

import pytest
from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed.registry import Registry
from cdk8s_function.pool import job_queue
from cdk8s_function.pool import pool as pools
from cdk8s_function.pool.free_slots import FreeSlots
from cdk8s_function.pool.job import Job
from cdk8s_function.pool.shared_state import SharedState
from cdk8s_function.protocol.messages import IMAGE, ChartRef, Environment, SynthFailure, SynthRequest, SynthResult

PATIENCE = 120.0
"""How long a slot waits that nobody wakes: more than a test waits."""

SECONDS = 60.0

Submit = Callable[..., Future[SynthResult | SynthFailure]]

A, B, C = (Environment(f"/charts/{name}", name) for name in "abc")


@pytest.mark.parametrize(
    ("environments", "free", "asked", "want"),
    [
        pytest.param([A, A, A], {0, 1, 2}, [A], {0}, id="the first of those that can serve"),
        pytest.param([A, A, A], {2, 1}, [A], {1}, id="the first that is free"),
        pytest.param([A, A, A], {0, 1, 2}, [A, A], {0, 1}, id="another for each request"),
        pytest.param([A, B, A, B], {0, 1, 2, 3}, [B], {1}, id="of the environment"),
        pytest.param([A, A, B], {0, 1, 2}, [C], {0, 1, 2}, id="all where none is of it"),
        pytest.param([A, B, B], {1, 2}, [A], {1, 2}, id="all where those of it are busy"),
        pytest.param([A, B, B], {0, 1, 2}, [A, A], {0, 1, 2}, id="all where they are woken"),
        pytest.param([A, B], {0, 1}, [None], {0, 1}, id="all"),
        pytest.param([A, B], set[int](), [A], set[int](), id="nobody where none is free"),
    ],
)
def test_who_is_woken(
    environments: list[Environment], free: set[int], asked: list[Environment | None], want: set[int]
) -> None:
    lock = threading.RLock()
    slots = FreeSlots(lock, environments)
    returned: list[int] = []
    left = threading.Event()

    def wait(number: int) -> None:
        with lock:
            slots.wait(number, PATIENCE)
            # Those that are called to end the test come after it.
            returned.extend(() if left.is_set() else (number,))

    threads = {number: threading.Thread(target=wait, args=(number,), daemon=True) for number in free}
    for thread in threads.values():
        thread.start()
    until(lambda: slots.numbers == free)
    with lock:
        for environment in asked:
            slots.wake(environment) if environment else slots.wake_all()
    until(lambda: set(returned) >= want)
    with lock:
        assert (set(returned), set(slots.numbers)) == (want, free - want)
        left.set()
        slots.wake_all()
    for thread in threads.values():
        thread.join(SECONDS)


class QuickSlot:
    """A slot whose worker answers at once, is sometimes unfit, and sometimes lost."""

    moving = busy = False
    trouble = ""
    start_seconds = 0.0
    patience = PATIENCE

    def __init__(self, _: SharedState, number: int, environment: Environment) -> None:
        self.number = number
        self.environment = environment
        self._worker: Environment | None = None
        self._random = random.Random(number)

    @property
    def warm(self) -> bool:
        return self._worker == self.environment

    @property
    def fit(self) -> bool:
        if self._random.random() < 0.05:
            self._worker = None
        return self._worker is not None

    def tend(self) -> None:
        self._worker = self.environment

    def serve(self, job: Job, *, overdue: Callable[[Job], None]) -> bool:
        time.sleep(self._random.random() * 0.002)
        if (guilty := self._random.random()) < 0.05:
            overdue(job)
        if job.future.set_running_or_notify_cancel():
            job.future.set_result(SynthResult())
        return guilty >= 0.1

    def clear(self) -> None:
        self._worker = None


@dataclasses.dataclass(frozen=True)
class Load:
    """What is asked of a pool: by how many callers, of which environments, and of how many workers."""

    workers: int
    callers: int
    environments: tuple[Environment, ...]
    pause: float = 0.0


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(Load(workers=4, callers=1, environments=(IMAGE,)), id="one caller"),
        pytest.param(Load(workers=4, callers=4, environments=(IMAGE,), pause=0.002), id="as many as workers"),
        pytest.param(Load(workers=4, callers=12, environments=(IMAGE,)), id="more callers than workers"),
        pytest.param(Load(workers=4, callers=6, environments=(A, B), pause=0.002), id="two environments"),
        pytest.param(Load(workers=2, callers=6, environments=(A, B, C)), id="more environments than workers"),
        pytest.param(Load(workers=1, callers=3, environments=(A, B)), id="a single worker for two"),
    ],
)
def test_no_request_waits_for_a_slots_patience(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "Slot", QuickSlot)
    left: list[Future[SynthResult | SynthFailure]] = []

    def ask(number: int) -> None:
        draw = random.Random(number)
        for _ in range(60):
            request = a_request(draw.choice("abc"), draw.choice(load.environments))
            future = pool.submit(request, deadline=time.monotonic() + PATIENCE)
            try:
                future.result(SECONDS)
            except TimeoutError:
                left.append(future)
                return
            time.sleep(draw.random() * load.pause)

    pool = pools.WorkerPool(pools.Options(workers=load.workers), Registry(charts_of(*load.environments)))
    with pool:
        callers = [threading.Thread(target=ask, args=(number,)) for number in range(load.callers)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    assert left == []


class Stage:
    """What a test says of the slots of a pool, and sees of them."""

    def __init__(self) -> None:
        self.unfit: set[int] = set()
        self.guilty: set[str] = set()
        self.held: dict[str, threading.Event] = {}
        self.may_start = threading.Event()
        self.may_start.set()
        self.starting = 0
        self.waits = collections.Counter[int]()

    def until_free(self, slot: int, *, times: int = 1) -> None:
        """Wait until a slot has begun to wait so many times."""
        until(lambda: self.waits[slot] >= times)

    def end(self) -> None:
        """Let all go on."""
        for held in (*self.held.values(), self.may_start):
            held.set()


def steered_by(stage: Stage) -> type[QuickSlot]:
    """Return slots whose workers do as a stage says."""

    class SteeredSlot(QuickSlot):
        @property
        def patience(self) -> float:
            # Asked just before the slot waits, with the lock held that a submit needs.
            stage.waits[self.number] += 1
            return PATIENCE

        @property
        def fit(self) -> bool:
            if self.number in stage.unfit:
                self._worker = None
            return self._worker is not None

        def tend(self) -> None:
            if not self.warm and not stage.may_start.is_set():
                stage.starting += 1
                stage.may_start.wait(PATIENCE)
            super().tend()

        def serve(self, job: Job, *, overdue: Callable[[Job], None]) -> bool:  # noqa: ARG002  # None is.
            name = job.request.chart.name
            if name in stage.held:
                stage.held[name].wait(PATIENCE)
            if innocent := name not in stage.guilty:
                job.future.set_result(SynthResult())
            else:
                self._worker = None
                job.future.set_exception(UnavailableError("lost"))
            return innocent

    return SteeredSlot


@contextlib.contextmanager
def a_pool(
    monkeypatch: pytest.MonkeyPatch, workers: int, *environments: Environment
) -> Generator[tuple[Stage, pools.WorkerPool, Submit]]:
    stage = Stage()
    monkeypatch.setattr(pools, "Slot", steered_by(stage))
    pool = pools.WorkerPool(pools.Options(workers=workers), Registry(charts_of(*environments)))

    def submit(name: str, environment: Environment = IMAGE) -> Future[SynthResult | SynthFailure]:
        return pool.submit(a_request(name, environment), deadline=time.monotonic() + PATIENCE)

    with pool:
        try:
            for slot in range(workers):
                stage.until_free(slot)
            yield stage, pool, submit
        finally:
            stage.end()


def test_another_slot_takes_what_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_pool(monkeypatch, 2) as (stage, _, submit):
        stage.may_start.clear()
        stage.unfit.add(0)

        assert submit("any").result(SECONDS) == SynthResult()


def test_another_slot_takes_what_was_held_back_once_it_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_pool(monkeypatch, 3) as (stage, pool, submit):
        stage.guilty.add("hangs")
        stage.may_start.clear()
        submit("hangs")
        until(lambda: stage.starting == 1)
        # The chart may have one of the workers now: one holds it, one is lost, and the third has to take what waits.
        held = stage.held["hangs"] = threading.Event()
        second = submit("hangs")
        until(lambda: pool.waiting == 0)
        third = submit("hangs")
        stage.until_free(2, times=2)
        held.set()

        assert [type(each.exception(SECONDS)) for each in (second, third)] == [UnavailableError] * 2


def test_a_slot_that_takes_an_older_request_leaves_its_own_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_pool(monkeypatch, 5) as (stage, pool, submit):
        stage.guilty.add("hangs")
        stage.may_start.clear()
        submit("hangs")
        until(lambda: stage.starting == 1)
        stage.held["hangs"] = threading.Event()
        for _ in range(2):
            submit("hangs")
            until(lambda: pool.waiting == 0)
        submit("hangs")
        stage.until_free(3, times=2)
        # From now on the chart may have any number of workers.
        monkeypatch.setattr(job_queue, "_SUSPECT_SECONDS", -1.0)

        assert submit("any").result(SECONDS) == SynthResult()


def test_a_slot_that_goes_to_another_environment_leaves_its_request_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_pool(monkeypatch, 4, A) as (stage, pool, submit):
        pool.use(Registry(charts_of(A, B)))
        stage.held["held"] = threading.Event()
        submit("held", B)
        until(lambda: pool.waiting == 0)
        before = stage.waits.copy()
        submit("waits", B)
        until(lambda: (stage.waits - before).total() == 3)
        # For longer than a cold start, so that the next slot of three goes there.
        time.sleep(0.5)
        stage.may_start.clear()

        assert submit("any", A).result(SECONDS) == SynthResult()
        until(lambda: stage.starting == 1)


def charts_of(*environments: Environment) -> tuple[ChartRef, ...]:
    return tuple(a_request("any", each).chart for each in environments)


def a_request(name: str, environment: Environment) -> SynthRequest:
    folder, digest = environment.folder, environment.digest
    ref = ChartRef(name=name, dist="fixtures", version="1", target="a:B", folder=folder, record_digest=digest)
    return SynthRequest(chart=ref)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
