"""One slot of the pool: keeps a warm worker and sends requests to it.

A slot belongs to one thread. It replaces its worker when that is due, and
starts the new one before it retires the old, so that a slot is cold only after
a worker was lost.
"""

import dataclasses
import time
from collections.abc import Callable

import structlog

from cdk8s_function import objects, printable
from cdk8s_function.errors import DeadlineError, UnavailableError
from cdk8s_function.pool import process, recycling
from cdk8s_function.pool.job import Job
from cdk8s_function.pool.recycling import Recycled
from cdk8s_function.pool.shared_state import SHUTTING_DOWN, SharedState
from cdk8s_function.protocol import frames
from cdk8s_function.protocol.messages import IMAGE, Environment, Ready, Reply, SynthFailure, SynthResult, Verification

OUT_OF_TIME_WORKING = "its chart did not finish in time; its worker was ended"
OUT_OF_TIME_CALLER = "its caller's deadline passed before its chart was done"

_SERVER_LACKS = "the function is out of memory or descriptors"

_BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)
_SLICE_SECONDS = 0.25
_IDLE_SECONDS = 1.0
_REPLACING_SECONDS = 0.05
_PATH_CHARACTERS = 1_000


class _GivenUpError(Exception):
    """The pool closes, and waits no more for what is in work."""


class Slot:
    """A slot for one worker.

    Args:
        shared: What it shares with the pool's other slots.
        number: Its number in the pool.
        environment: The environment that its worker is to be of.

    Attributes:
        number: Its number in the pool.
        environment: The environment that its worker is to be of; `tend` brings in another worker if it is not.
        start_seconds: How long its worker took to start.
        moving: Whether its worker is ended for one of another environment, which has not started yet.
    """

    def __init__(self, shared: SharedState, number: int = 0, environment: Environment = IMAGE) -> None:
        """Make an empty slot."""
        self.number = number
        self.environment = environment
        self.moving = False
        self.start_seconds = 0.0
        self._worker_environment = environment
        self._shared = shared
        self._log = structlog.stdlib.get_logger()
        self._job: Job | None = None
        self._worker: process.WorkerProcess | None = None
        self._replacement: process.WorkerProcess | None = None
        self._replacing: Recycled = "age"
        self._lifetime = recycling.Lifetime(shared.recycling)
        self._failures = 0
        self._retry_at = 0.0
        self._last_chart = ""
        self._served = False
        self.trouble = ""
        """Why the last worker did not start; "" once one has."""

    @property
    def warm(self) -> bool:
        """Whether a worker of its environment is ready."""
        return self._worker is not None and self._worker_environment == self.environment

    @property
    def fit(self) -> bool:
        """Whether its worker may get a request; `tend` brings in another if not."""
        return self._worker is not None and not self._worker.unfit()

    @property
    def busy(self) -> bool:
        """Whether its worker is busy."""
        return self._job is not None

    @property
    def resident_bytes(self) -> int:
        """Resident memory of its worker and that worker's Node.js process; 0 without one. From any thread."""
        worker = self._worker
        return worker.resident_bytes() if worker else 0

    @property
    def patience(self) -> float:
        """How long the slot may wait for a request before it must be tended again, in seconds."""
        return _REPLACING_SECONDS if self._replacement else _IDLE_SECONDS

    def tend(self) -> None:
        """Bring a warm worker into the slot, and replace it when that is due.

        Blocks while there is no worker, until one is warm, failed to start, or
        the pool closes.
        """
        if self._worker_environment != self.environment:
            self._move()
        served, self._served = self._served, False
        # One that has just served is looked at before it gets the next request.
        if self._worker and not served and (reason := self._worker.unfit()):
            self._log.warning("worker lost while idle", worker=self._worker.pid, reason=reason, chart=self._last_chart)
            self._shared.lost["ended"] += 1
            self._drop_worker()
        if self._worker is None:
            self._start_worker()
            return
        if self._replacement:
            self._adopt(self._replacement)
        elif time.monotonic() >= self._retry_at and (reason := self._lifetime.over(self._worker)):
            self._log.debug("replacing worker", worker=self._worker.pid, reason=reason)
            self._replacing = reason
            self._replacement = self._spawn()

    def serve(self, job: Job, *, overdue: Callable[[Job], None]) -> bool:
        """Send a request to the worker and set its result in the job's future.

        A chart that is not done when the caller leaves may still take the time
        it was given: to end a healthy worker costs more than to let it finish.

        Args:
            job: The request. The slot must be warm.
            overdue: Called once the caller has left.

        Returns:
            Whether the chart left the worker alive and in time.
        """
        if self._worker is None or not job.future.set_running_or_notify_cancel():
            return True
        self._job, self._last_chart = job, job.chart
        job.visit.begun = time.monotonic()
        try:
            reply = self._reply(self._worker, job, overdue)
        except _GivenUpError:
            self._lose(job, UnavailableError(SHUTTING_DOWN))
            return True
        except process.OverrunError:
            self._shared.lost["deadline"] += 1
            self._lose(job, DeadlineError(OUT_OF_TIME_WORKING))
            return False
        except process.LostError as error:
            self._shared.lost["memory" if isinstance(error, process.GrownError) else "ended"] += 1
            self._lose(job, UnavailableError(f"its worker was lost: {error}"))
            return False
        except (MemoryError, OSError):
            # The server lacks something; the chart is not at fault. The state of the channel is unknown.
            self._shared.lost["ended"] += 1
            self._lose(job, UnavailableError(f"its worker was lost: {_SERVER_LACKS}"))
            return True
        except Exception as error:
            self._lose(job, error)
            raise
        else:
            self._settle(self._worker, job, reply)
            self._served = True
            return True
        finally:
            self._job = None

    def clear(self) -> None:
        """End the slot's workers; `tend` brings in a new one."""
        for worker in (self._worker, self._replacement):
            if worker:
                worker.kill()
        self._worker = self._replacement = None

    def _move(self) -> None:
        self.clear()
        self.moving = True
        self.trouble = ""
        self._failures, self._retry_at = 0, 0.0
        self._worker_environment = self.environment

    def _reply(self, worker: process.WorkerProcess, job: Job, overdue: Callable[[Job], None]) -> Reply:
        limit = job.deadline if job.timeout is None else job.visit.begun + job.timeout
        request = job.request
        if not self._shared.native.holds(request.chart):
            request = dataclasses.replace(request, native=False)
        worker.send(frames.encode_request(request), deadline=limit)
        while True:
            try:
                waits = min(limit, time.monotonic() + _SLICE_SECONDS)
                return worker.wait_reply(deadline=waits if job.future.done() else min(waits, job.deadline))
            except process.OverrunError:
                now = time.monotonic()
                if self._shared.given_up.is_set() and not job.future.done():
                    raise _GivenUpError from None
                # Nobody waits for an overdue one, and so the end of the pool doesn't either.
                if now >= limit or (job.future.done() and self._shared.closing.is_set()):
                    raise
                if now >= job.deadline and not job.future.done():
                    overdue(job)
                    job.visit.ended = now
                    job.future.set_exception(DeadlineError(OUT_OF_TIME_CALLER))

    def _settle(self, worker: process.WorkerProcess, job: Job, reply: Reply) -> None:
        if isinstance(reply.outcome, SynthFailure) and reply.outcome.traceback:
            self._log.info("chart raised", **self._about(), traceback=reply.outcome.traceback)
        made = reply.synthesised
        if made and made.verification:
            self._note_verification(job, made.verification, made.difference)
        if not job.future.done():
            job.visit.ended = time.monotonic()
            job.visit.kernel = made.kernel if made else None
            job.visit.reply_bytes = worker.reply_bytes
            outcome = reply.outcome
            if reply.spoiled and isinstance(outcome, SynthResult):
                # Its process was not as it should be: the output is not cached.
                outcome = dataclasses.replace(outcome, reads=None)
            job.future.set_result(outcome)
        if reply.spoiled:
            self._log.warning("worker is spoiled", worker=worker.pid, chart=job.chart, reason=reply.spoiled)
            self._shared.recycled["spoiled"] += 1
            self._drop_worker()

    def _note_verification(self, job: Job, verification: Verification, path: str) -> None:
        self._shared.native.note(job.request.chart, verification)
        if verification == "different":
            self._log.warning(
                "the native kernel's outcome differs from Node.js's, which is used; the chart is Node.js's from now on",
                **self._about(),
                path=printable.line(path, limit=_PATH_CHARACTERS),
                remedy="report it with the chart; until it is mended, CDK8S_FUNCTION_KERNEL=node",
            )

    def _lose(self, job: Job, error: Exception) -> None:
        worker, self._worker = self._worker, None
        # First the caller, who waits until its deadline at most: ending a process takes a while.
        if not job.future.done():
            job.visit.ended = time.monotonic()
            job.future.set_exception(error)
        if worker:
            self._log.error("worker lost", worker=worker.pid, reason=str(error), **self._about())
            worker.kill()

    def _drop_worker(self) -> None:
        if self._worker:
            self._worker.kill()
            self._worker = None

    def _spawn(self) -> process.WorkerProcess | None:
        self._shared.started += 1
        try:
            return process.WorkerProcess(
                home=self._shared.scratch.kept(),
                limits=self._shared.limits,
                skip=frozenset(self._shared.unsafe_imports[self._worker_environment]),
                on_line=self._print,
                verify_share=self._shared.verify_share,
                environment=self._worker_environment,
            )
        except OSError as error:
            # Out of processes, descriptors or disk space for now: this thread must survive that.
            self._shared.lost["start"] += 1
            self._not_started(f"its process can't be made ({error})")
            return None

    def _start_worker(self) -> None:
        if self._replacement is None:
            if self._shared.closing.wait(max(0.0, self._retry_at - time.monotonic())):
                return
            self._replacement = self._spawn()
        if (worker := self._replacement) is None:
            return
        seconds = self._shared.start_limit_seconds
        while not self._shared.closing.is_set():
            try:
                ready = worker.wait_ready(deadline=time.monotonic() + _SLICE_SECONDS)
            except process.OverrunError:
                if time.monotonic() - worker.started < seconds:
                    continue
                self._start_failed(worker, f"it was not ready within {seconds:.0f} seconds")
                return
            except process.LostError as error:
                self._start_failed(worker, str(error))
                return
            if self._is_clean(ready):
                self._install(worker, ready)
            else:
                worker.kill()
                self._replacement = None
            return

    def _is_clean(self, ready: Ready) -> bool:
        """Return whether no chart altered the worker when it was imported: else leave that import to its own XRs."""
        for chart, reason in ready.altering.items():
            self._log.error("importing a chart altered its worker", chart=chart, reason=reason)
        self._shared.unsafe_imports[self._worker_environment].update(ready.altering)
        return not ready.altering

    def _start_failed(self, worker: process.WorkerProcess, reason: str) -> None:
        self._shared.lost["start"] += 1
        chart = worker.loading()
        worker.kill()
        self._replacement = None
        if chart is not None:
            # Only this chart's requests should fail: import it with them.
            self._log.error("importing a chart ended the worker", chart=chart, reason=reason)
            self._shared.unsafe_imports[self._worker_environment].add(chart)
            return
        self._not_started(reason)

    def _not_started(self, reason: str) -> None:
        self.trouble = reason
        self.moving = False
        self._log.error("worker did not start", reason=reason, **self._about_environment())
        self._retry_at = time.monotonic() + _BACKOFF_SECONDS[min(self._failures, len(_BACKOFF_SECONDS) - 1)]
        self._failures += 1
        self._shared.failed_starts += 1

    def _install(self, worker: process.WorkerProcess, ready: Ready) -> None:
        self._worker, self._replacement = worker, None
        self.start_seconds = seconds = time.monotonic() - worker.started
        self._shared.slowest_start_seconds = max(self._shared.slowest_start_seconds, seconds)
        self.trouble = ""
        self.moving = False
        self._failures = 0
        self._shared.note_start()
        self._lifetime.renew()
        for chart, reason in ready.unloadable.items():
            self._log.error("chart can't be imported", chart=chart, reason=reason)
        about = self._about_environment()
        self._log.debug("worker is warm", worker=worker.pid, seconds=round(seconds, 3), **about)

    def _adopt(self, replacement: process.WorkerProcess) -> None:
        try:
            ready = replacement.poll_ready()
        except process.LostError as error:
            self._start_failed(replacement, str(error))
            return
        if ready is not None and not self._is_clean(ready):
            replacement.kill()
            self._replacement = None
        elif ready is not None:
            self._drop_worker()
            self._shared.recycled[self._replacing] += 1
            self._install(replacement, ready)
        elif time.monotonic() - replacement.started > (seconds := self._shared.start_limit_seconds):
            self._start_failed(replacement, f"it was not ready within {seconds:.0f} seconds")

    def _about_environment(self) -> dict[str, str]:
        environment = self._worker_environment
        return {"folder": environment.folder, "digest": environment.digest} if environment.folder else {}

    def _about(self) -> dict[str, str]:
        if self._job is None:
            return {}
        about = {
            "chart": self._job.chart,
            "version": self._job.request.chart.version,
            **({"digest": digest} if (digest := self._job.request.chart.digest) else {}),
            "xr": objects.full_name(self._job.request.composite),
        }
        trace_id = self._job.visit.trace_id
        return about | {"trace_id": trace_id} if trace_id else about

    def _print(self, line: str) -> None:
        self._log.info("chart output", line=line, **self._about())
