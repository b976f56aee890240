"""A pool of worker processes that synthesise charts.

    submit ---> queue (bounded) -+-> slot thread 1 --> worker process, and its replacement while that starts
    (any thread)                 +-> slot thread 2 --> worker process

Each worker is of one environment; `sharing` decides of which.

Why processes: jsii is one blocking kernel a process and not thread-safe, a
chart may hang or crash, and what charts leave behind grows, so that a worker
must be replaced now and then.

Why not a library: `concurrent.futures` deadlocks with max_tasks_per_child
(python/cpython#115634), breaks the whole pool with one dead worker, and cannot
end a task that hangs.
"""

import dataclasses
import threading
import time
import traceback
from concurrent.futures import Future
from types import TracebackType
from typing import Self

import structlog

from cdk8s_function import proc
from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed.registry import Registry
from cdk8s_function.pool import job_queue, process, scratch_home
from cdk8s_function.pool.free_slots import FreeSlots
from cdk8s_function.pool.job import Job, WorkerVisit
from cdk8s_function.pool.recycling import Recycling
from cdk8s_function.pool.shared_state import SHUTTING_DOWN, SharedState
from cdk8s_function.pool.sharing import Sharing
from cdk8s_function.pool.slot import Slot
from cdk8s_function.protocol.messages import Environment, SynthFailure, SynthRequest, SynthResult

_NONE = Registry(())

_BROKEN_SECONDS = 0.5

_GONE = "the folders of charts changed while it waited for a worker"
"""Why a request gets no result whose environment went while it waited."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of a pool.

    Attributes:
        workers: Number of worker processes.
        queue: Requests that may wait while all workers are busy.
        start_seconds: How long a worker may take to import the charts and warm jsii.
        recycling: When a worker is replaced.
        limits: What one worker may use.
        verify_share: The share of the native kernel's syntheses that Node.js does again, from 0 to 1.
    """

    workers: int = 1
    queue: int = 256
    start_seconds: float = 60.0
    recycling: Recycling = dataclasses.field(default_factory=Recycling)
    limits: process.Limits = dataclasses.field(default_factory=process.Limits)
    verify_share: float = 0.0


class WorkerPool:
    """Worker processes and the queue in front of them. Use it as a context manager.

    Args:
        options: Its settings.
        charts: The charts there are, for which workers are started.
    """

    def __init__(self, options: Options, charts: Registry = _NONE) -> None:
        """Prepare the pool; `start` starts the workers."""
        self._options = options
        self._log = structlog.stdlib.get_logger()
        self._home = scratch_home.ScratchHome()
        self.shared = SharedState(
            scratch=self._home,
            start_seconds=options.start_seconds,
            recycling=options.recycling,
            limits=options.limits,
            verify_share=options.verify_share,
        )
        # Guards the fields below; slot threads wait in `_free` for jobs.
        self._lock = threading.RLock()
        self._queue = job_queue.JobQueue(workers=options.workers, limit=options.queue)
        self._sharing = Sharing(workers=options.workers, environments=charts.environments)
        self._free = FreeSlots(self._lock, self._sharing.of)
        self._troubles: dict[Environment, str] = {}
        self._slots = [Slot(self.shared, number, each) for number, each in enumerate(self._sharing.of)]
        self._threads = [
            threading.Thread(target=self._run, args=(slot,), name=f"worker-slot-{slot.number}", daemon=True)
            for slot in self._slots
        ]

    def __enter__(self) -> Self:
        """Start the workers."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers."""
        self.close()

    def start(self) -> None:
        """Start the workers; return before they are warm.

        This process becomes the parent of its descendants' orphans, so that
        what a chart leaves running can be found and ended.
        """
        proc.adopt_orphans()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Fail requests that wait, let running ones end by their deadline, end the workers."""
        with self._lock:
            self.shared.closing.set()
            self._free.wake_all()
        self._fail_all(SHUTTING_DOWN)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._home.close()

    def give_up(self) -> None:
        """Fail all requests, those in work too, and end their workers. Returns at once; `close` waits for the end."""
        with self._lock:
            self.shared.closing.set()
            self.shared.given_up.set()
            self._free.wake_all()
        self._fail_all(SHUTTING_DOWN)

    def use(self, charts: Registry) -> None:
        """Take other charts for those there are. A worker for others ends once it has nothing to do. From any thread.

        Args:
            charts: Which charts there are.
        """
        with self._lock:
            self._sharing.use(charts.environments)
            self._queue.keep(charts.environments)
            for known in (self._troubles, self.shared.unsafe_imports):
                for gone in [each for each in known if not self._sharing.has(each)]:
                    del known[gone]
            waiting = self._queue.drain(of=lambda each: not self._sharing.has(each))
            self._free.wake_all()
        job_queue.fail(waiting, UnavailableError(_GONE))

    @property
    def warm(self) -> int:
        """How many workers are ready or busy."""
        return sum(slot.warm for slot in self._slots)

    @property
    def serving(self) -> bool:
        """Whether a worker is ready, or changes its environment just now."""
        return any(slot.warm or slot.moving for slot in self._slots)

    @property
    def stuck(self) -> bool:
        """Whether no worker is there, and for minutes none has started: only a new server process may help."""
        return self.warm == 0 and self.shared.starts_nothing

    @property
    def busy(self) -> int:
        """How many workers are busy."""
        return sum(slot.busy for slot in self._slots)

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return len(self._queue)

    @property
    def options(self) -> Options:
        """Its settings."""
        return self._options

    def resident_bytes(self) -> list[int]:
        """Return the resident memory of each worker and its Node.js process, in bytes; 0 for a missing one."""
        return [slot.resident_bytes for slot in self._slots]

    def submit(
        self, request: SynthRequest, *, deadline: float, timeout: float | None = None, visit: WorkerVisit | None = None
    ) -> Future[SynthResult | SynthFailure]:
        """Queue a request.

        Args:
            request: The request.
            deadline: When its result is of no more use, on time.monotonic's
                clock, in seconds.
            timeout: How long its chart may take, from when a worker takes it, in
                seconds. It ends in time if the deadline passes before, and its
                result is dropped. None ends it at the deadline.
            visit: Where its times are noted.

        Returns:
            A future of the chart's result or failure. It raises UnavailableError
            if the worker was lost and DeadlineError if the deadline passed.
            Cancelling it takes the request out of the queue.

        Raises:
            UnavailableError: If the queue is full, the wait would be too long,
                no worker starts, or the pool is closing.
        """
        job = Job(request=request, deadline=deadline, timeout=timeout, future=Future(), visit=visit or WorkerVisit())
        with self._lock:
            now = time.monotonic()
            if trouble := self._trouble(job.environment, now):
                raise UnavailableError(trouble)
            self._queue.put(job, now=now, workers=self._sharing.within_reach(job.environment, now=now))
            self._sharing.ask(job.environment, now=now)
            self._free.wake(job.environment)
        return job.future

    def _trouble(self, environment: Environment, now: float) -> str:
        """Return why no request of an environment can be served now, "" if one can."""
        if self.shared.closing.is_set():
            return SHUTTING_DOWN
        if not self._sharing.has(environment):
            return _GONE
        own = [slot for slot in self._slots if slot.environment == environment]
        trouble = self._troubles.get(environment)
        if not trouble or any(slot.warm for slot in own) or not (own or self._sharing.rests(environment, now=now)):
            return ""
        return f"no worker starts: {trouble} (the function's log says more)"

    def _fail_all(self, trouble: str) -> None:
        with self._lock:
            waiting = self._queue.drain()
        job_queue.fail(waiting, UnavailableError(trouble))

    def _note_failure(self, slot: Slot) -> None:
        """Fail the requests that wait for an environment of which no worker starts, and let the slot go elsewhere."""
        now, environment = time.monotonic(), slot.environment
        waiting: list[Job] = []
        with self._lock:
            if slot.trouble and not self.shared.closing.is_set():
                self._troubles[environment] = slot.trouble
                self._sharing.note_failure(environment, now=now)
            if trouble := self._trouble(environment, now):
                waiting = self._queue.drain(of=lambda each: each == environment)
            self._assign(slot, now)
        job_queue.fail(waiting, UnavailableError(trouble))

    def _run(self, slot: Slot) -> None:
        # A slot survives a passing lack, of memory for example: the queue would starve with one slot less.
        broken = False
        while not self.shared.closing.is_set():
            try:
                if broken:
                    slot.clear()
                broken = False
                self._turn(slot)
            except Exception:  # noqa: BLE001  # Whatever it is, it is logged.
                broken = True
                # Not log.exception: the SDK's logging adds the values of locals, and a job's request has credentials.
                self._log.error("a worker slot broke", traceback=traceback.format_exc())
                self.shared.closing.wait(_BROKEN_SECONDS)
        slot.clear()

    def _turn(self, slot: Slot) -> None:
        was_warm = slot.warm
        slot.tend()
        if not slot.warm:
            self._note_failure(slot)
            return
        if not was_warm:
            with self._lock:
                self._sharing.note_start(slot.number, seconds=slot.start_seconds, now=time.monotonic())
                self._troubles.pop(slot.environment, None)
        self._serve_next(slot)

    def _serve_next(self, slot: Slot) -> None:
        with self._lock:
            # Without a worker of its environment it has none to wait for, and once the pool closes neither.
            if (job := self._next(slot)) is None and slot.warm and not self.shared.closing.is_set():
                self._free.wait(slot.number, slot.patience)
                job = self._next(slot)
            if job is None:
                return
            if not slot.fit:
                self._queue.put_back(job)
                self._free.wake(job.environment)
                return
        innocent = True
        try:
            innocent = slot.serve(job, overdue=self._note_overdue)
        finally:
            with self._lock:
                self._queue.end(job, guilty=not innocent, now=time.monotonic())
                self._wake_for_waiting()

    def _next(self, slot: Slot) -> Job | None:
        if self.shared.closing.is_set():
            return None
        now = time.monotonic()
        self._assign(slot, now)
        job = self._queue.take(now=now, environment=slot.environment) if slot.warm else None
        if job:
            # It need not be the one that the slot was woken for.
            self._wake_for_waiting()
        return job

    def _assign(self, slot: Slot, now: float) -> None:
        """Give a free slot the environment that its worker is needed in."""
        environment = self._sharing.move(
            slot.number,
            waiting=self._queue.waiting(now=now),
            free=self._free.numbers,
            now=now,
        )
        if environment != slot.environment:
            slot.environment = environment
            # What it was woken for, another has to do.
            self._wake_for_waiting()

    def _wake_for_waiting(self) -> None:
        """Wake the free slots if requests wait: of other environments, or held back until others of their chart end."""
        if self._queue:
            self._free.wake_all()

    def _note_overdue(self, job: Job) -> None:
        with self._lock:
            self._queue.overdue(job)
