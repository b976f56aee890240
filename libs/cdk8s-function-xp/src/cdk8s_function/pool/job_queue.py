"""The requests that wait for a worker and those in work: which is next, and which would come too late.

A function that takes every request and works on each until its caller has left
does less the more calls it gets. So a request that would not be served in time
is refused when it comes, for as long as others wait before it, and dropped when
its turn comes too late. How long a chart usually takes is learnt from its
requests, as TCP learns a round trip (RFC 6298).

A chart that hung or killed its worker a moment ago is a suspect: while it is
one, it may hold at most half of the workers, so that the XRs of other charts
always find one (with a single worker they wait). So may one that works on
after its caller has left, until it is done. Time in the queue makes no suspects.
"""

import collections
import dataclasses
from collections.abc import Callable, Collection, Iterable

from cdk8s_function.errors import DeadlineError, OverloadedError
from cdk8s_function.pool.job import Job, Key
from cdk8s_function.protocol.messages import IMAGE, Environment

OUT_OF_TIME_WAITING = "its time ran out while it waited for a worker"

_SUSPECT_SECONDS = 60.0
_MEAN_GAIN = 1 / 8
_SPREAD_GAIN = 1 / 4
_SPREADS = 2.0
"""Most requests take no longer than the mean and this many times the mean deviation."""

_FRESH = 0.1
"""A request that has waited for no more than this part of its time begins, whatever its chart takes usually."""

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""What a refusal's figures are rounded down to: a line that changes makes Crossplane reconcile at once."""


@dataclasses.dataclass(slots=True)
class ServiceTime:
    """How long the requests of one chart take, in seconds."""

    mean: float
    spread: float

    def add(self, seconds: float) -> None:
        """Learn from one more request."""
        self.spread += _SPREAD_GAIN * (abs(seconds - self.mean) - self.spread)
        self.mean += _MEAN_GAIN * (seconds - self.mean)

    @property
    def usual(self) -> float:
        """What most requests do not exceed."""
        return self.mean + _SPREADS * self.spread


@dataclasses.dataclass(slots=True)
class _InWork:
    job: Job
    begun: float
    overdue: bool = False


class JobQueue:
    """The queue of a pool. Its owner guards it with a lock, and tells it the time.

    Times are of time.monotonic's clock, in seconds.

    Args:
        workers: Number of worker processes.
        limit: Requests that may wait.
    """

    def __init__(self, *, workers: int, limit: int) -> None:
        """Make an empty queue."""
        self._workers = workers
        self._limit = limit
        self._waiting: collections.deque[Job] = collections.deque()
        self._in_work: dict[int, _InWork] = {}
        self._suspects: dict[Key, float] = {}
        self._times: dict[Key, ServiceTime] = {}

    def __len__(self) -> int:
        """Return how many requests wait."""
        return len(self._waiting)

    def put(self, job: Job, *, now: float, workers: int | None = None) -> None:
        """Queue a request.

        Args:
            job: The request.
            now: The time.
            workers: How many workers serve its environment; None for all.

        Raises:
            OverloadedError: If there is no room, or it would not be served in time.
        """
        if len(self._waiting) >= self._limit:
            self._waiting = collections.deque(job for job in self._waiting if not job.future.cancelled())
        if len(self._waiting) >= self._limit:
            msg = f"every worker is busy and {self._limit} requests wait already"
            raise OverloadedError(msg)
        wait = self._wait_seconds(job, now, self._workers if workers is None else workers)
        if wait > max(0.0, _FRESH * (job.deadline - now)) and now + wait + self._usual(job) > job.deadline:
            requests, seconds = _rounded(len(self._waiting)), _rounded(wait)
            msg = (
                f"every worker is busy: a wait of {seconds} s or more, behind {requests} or more requests, "
                "is longer than its caller's deadline allows"
            )
            raise OverloadedError(msg)
        self._waiting.append(job)

    def take(self, *, now: float, environment: Environment = IMAGE) -> Job | None:
        """Begin the next request of an environment that may run, and fail those before it whose time has run out."""
        for job in tuple(self._waiting):
            if job.future.cancelled() or self._is_late(job, now):
                self._waiting.remove(job)
                fail([job], DeadlineError(OUT_OF_TIME_WAITING))
            elif job.environment == environment and self._may_run(job.key, now):
                self._waiting.remove(job)
                self._in_work[id(job)] = _InWork(job, now)
                return job
        return None

    def waiting(self, *, now: float) -> dict[Environment, float]:
        """Return the environments of requests that wait and may run: since when, each, the first in line."""
        since: dict[Environment, float] = {}
        for job in self._waiting:
            if job.environment not in since and not job.future.cancelled() and self._may_run(job.key, now):
                since[job.environment] = job.visit.queued
        return since

    def put_back(self, job: Job) -> None:
        """Let a request wait again that no worker has seen."""
        del self._in_work[id(job)]
        self._waiting.appendleft(job)

    def overdue(self, job: Job) -> None:
        """Note that a request in work is not waited for any more."""
        self._in_work[id(job)].overdue = True

    def end(self, job: Job, *, guilty: bool, now: float) -> None:
        """Note that a request is in work no more.

        Args:
            job: The request.
            guilty: Whether its chart hung or ended its worker.
            now: The time.
        """
        seconds = now - self._in_work.pop(id(job)).begun
        if not job.request.asks_secrecy:
            self._times.setdefault(job.key, ServiceTime(seconds, seconds / 4)).add(seconds)
        if guilty:
            self._suspects[job.key] = now

    def drain(self, *, of: Callable[[Environment], bool] = lambda _: True) -> list[Job]:
        """Take out all that wait, or those of some environments."""
        waiting = [job for job in self._waiting if of(job.environment)]
        self._waiting = collections.deque(job for job in self._waiting if not of(job.environment))
        return waiting

    def keep(self, environments: Collection[Environment]) -> None:
        """Forget what was learnt of the charts of other environments."""
        self._times = {key: times for key, times in self._times.items() if key[1] in environments}
        self._suspects = {key: since for key, since in self._suspects.items() if key[1] in environments}

    def _usual(self, job: Job) -> float:
        times = None if job.request.asks_secrecy else self._times.get(job.key)
        return times.usual if times else 0.0

    def _mean(self, job: Job) -> float:
        times = None if job.request.asks_secrecy else self._times.get(job.key)
        return times.mean if times else 0.0

    def _is_late(self, job: Job, now: float) -> bool:
        remaining = job.deadline - now
        waited = now - job.visit.queued
        return remaining <= 0 or (remaining < self._usual(job) and waited > _FRESH * (job.deadline - job.visit.queued))

    def _wait_seconds(self, job: Job, now: float, workers: int) -> float:
        """Return how long a request would wait now: 0 where a worker is free for it."""
        limited = self._is_limited(job.key, now)

        def counts(other: Job) -> bool:
            # Those of other environments have workers of their own.
            if other.environment != job.environment:
                return False
            # Charts that are held back take workers from one another, not from the rest.
            return other.key == job.key if limited else not self._is_limited(other.key, now)

        ahead = [other for other in self._waiting if counts(other)]
        in_work = [
            run
            for run in self._in_work.values()
            if run.job.environment == job.environment and (not limited or run.job.key == job.key)
        ]
        lanes = max(1, min(self._half if limited else self._workers, workers))
        if len(ahead) + len(in_work) < lanes:
            return 0.0
        left = sum(max(0.0, self._mean(run.job) - (now - run.begun)) for run in in_work)
        return (left + sum(map(self._mean, ahead))) / lanes

    @property
    def _half(self) -> int:
        return max(1, self._workers // 2)

    def _may_run(self, chart: Key, now: float) -> bool:
        if not self._is_limited(chart, now):
            return True
        return sum(run.job.key == chart for run in self._in_work.values()) < self._half

    def _is_limited(self, chart: Key, now: float) -> bool:
        if self._workers == 1:
            return False
        since = self._suspects.get(chart)
        if since is not None and now - since <= _SUSPECT_SECONDS:
            return True
        return any(run.overdue and run.job.key == chart for run in self._in_work.values())


def fail(jobs: Iterable[Job], error: Exception) -> None:
    """Fail requests that no worker has, but for those that were cancelled."""
    for job in jobs:
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(error)


def _rounded(figure: float) -> int:
    return max((step for step in _STEPS if step <= figure), default=0)
