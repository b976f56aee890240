"""Under any load the workers do what they can, and only what is still waited for. The clock is a number here."""

import dataclasses
import heapq
from concurrent.futures import Future

import pytest
from cdk8s_function.errors import DeadlineError, UnavailableError
from cdk8s_function.pool.job import Job, WorkerVisit
from cdk8s_function.pool.job_queue import JobQueue
from cdk8s_function.protocol.messages import ChartRef, SynthRequest, SynthResult

DEADLINE = 10.0
DONE = SynthResult()


def a_job(*, now: float, chart: str = "steady", deadline: float = DEADLINE, folder: str = "") -> Job:
    return Job(
        request=SynthRequest(chart=ChartRef(name=chart, dist="fixtures", version="1", target="a:B", folder=folder)),
        deadline=now + deadline,
        timeout=30.0,
        future=Future(),
        visit=WorkerVisit(queued=now),
    )


def learnt(queue: JobQueue, chart: str, *, seconds: float) -> None:
    """Let the queue learn how long a chart takes."""
    for _ in range(20):
        queue.put(a_job(now=0, chart=chart), now=0)
        job = queue.take(now=0)
        assert job
        queue.end(job, guilty=False, now=seconds)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """Callers that call again as soon as they have a result, or a moment after a refusal."""

    callers: int
    workers: int = 2
    chart_seconds: tuple[float, ...] = (1.0,)
    refused_pause: float = 0.1

    def goodput(self, seconds: float) -> float:
        """Return how many results a second came in time, after the queue has learnt."""
        queue = JobQueue(workers=self.workers, limit=256)
        idle = self.workers
        good = 0
        events: list[tuple[float, int, str, Job | None]] = []
        number = 0

        def later(when: float, what: str, job: Job | None = None) -> None:
            nonlocal number
            number += 1
            heapq.heappush(events, (when, number, what, job))

        for caller in range(self.callers):
            later(caller * 0.001, "ask")
        while (event := heapq.heappop(events))[0] < seconds:
            now, _, what, job = event
            if what == "ask":
                job = a_job(now=now)
                try:
                    queue.put(job, now=now)
                except UnavailableError:
                    later(now + self.refused_pause, "ask")
                else:
                    # Its caller leaves at the deadline, if it waits still.
                    later(job.deadline, "leave", job)
            elif what == "leave" and job and not job.future.done():
                job.future.cancel()
                later(now, "ask")
            elif what == "done" and job:
                queue.end(job, guilty=False, now=now)
                idle += 1
                if now <= job.deadline and not job.future.done():
                    job.future.set_result(DONE)
                    good += now > DEADLINE
                    later(now, "ask")
            while idle and (begun := queue.take(now=now)):
                idle -= 1
                takes = self.chart_seconds[number % len(self.chart_seconds)]
                later(now + takes, "done", begun)
        return good / (seconds - DEADLINE)


@pytest.mark.parametrize("chart_seconds", [(1.0,), (0.1, 0.1, 1.5, 0.3), (4.0,)], ids=["steady", "mixed", "slow"])
@pytest.mark.parametrize("times", [1, 2, 5, 20])
def test_goodput_stays_at_any_load(times: int, chart_seconds: tuple[float, ...]) -> None:
    capacity = 2 / (sum(chart_seconds) / len(chart_seconds))

    goodput = Load(callers=2 * times, chart_seconds=chart_seconds).goodput(200)

    assert goodput >= 0.9 * capacity


# Two workers begin 18 requests of 1 s in the first 9 s, and the caller waits 10 s.
def test_what_would_come_too_late_is_refused_at_once_and_told_why() -> None:
    queue = JobQueue(workers=2, limit=256)
    learnt(queue, "steady", seconds=1.0)
    for _ in range(18):
        queue.put(a_job(now=0), now=0)
    with pytest.raises(UnavailableError) as refusal:
        queue.put(a_job(now=0), now=0)

    assert str(refusal.value) == (
        "every worker is busy: a wait of 5 s or more, behind 10 or more requests, "
        "is longer than its caller's deadline allows"
    )


def test_a_job_that_cannot_finish_in_time_is_not_started() -> None:
    queue = JobQueue(workers=1, limit=256)
    learnt(queue, "steady", seconds=1.0)
    first, second = a_job(now=0), a_job(now=0, deadline=3.0)
    queue.put(first, now=0)
    queue.put(second, now=0)
    assert queue.take(now=0) is first
    queue.end(first, guilty=False, now=2.5)

    assert queue.take(now=2.5) is None
    with pytest.raises(DeadlineError, match=r"^its time ran out while it waited for a worker$"):
        second.future.result(0)


def test_a_chart_slower_than_its_callers_wait_is_begun_where_a_worker_is_free() -> None:
    queue = JobQueue(workers=1, limit=256)
    learnt(queue, "steady", seconds=20.0)
    job = a_job(now=0)
    queue.put(job, now=0)

    assert queue.take(now=0.1) is job


@pytest.mark.parametrize("why", ["suspect", "overdue"])
def test_a_chart_that_hangs_holds_half_of_the_workers(why: str) -> None:
    queue = JobQueue(workers=2, limit=256)
    jobs = [a_job(now=0, chart="hanging") for _ in range(3)]
    other = a_job(now=0, chart="other")
    for job in (*jobs, other):
        queue.put(job, now=0)
    first = queue.take(now=0)
    assert first == jobs[0]
    assert first
    if why == "suspect":
        queue.end(first, guilty=True, now=0)
        assert queue.take(now=0) is jobs[1]
    else:
        queue.overdue(first)

    assert queue.take(now=0) is other
    assert queue.take(now=0) is None


def test_time_in_the_queue_makes_no_suspect() -> None:
    queue = JobQueue(workers=2, limit=256)
    learnt(queue, "steady", seconds=1.0)
    for _ in range(4):
        queue.put(a_job(now=0, deadline=3.0), now=0)
    assert queue.take(now=2.5) is None

    begun = [a_job(now=2.5), a_job(now=2.5)]
    for job in begun:
        queue.put(job, now=2.5)
    assert [queue.take(now=2.5), queue.take(now=2.5)] == begun


def test_a_request_that_goes_back_is_the_next() -> None:
    queue = JobQueue(workers=1, limit=256)
    first, second = a_job(now=0), a_job(now=0)
    for job in (first, second):
        queue.put(job, now=0)
    assert queue.take(now=0) is first
    queue.put_back(first)

    assert queue.take(now=0) is first


def test_a_request_is_measured_by_the_workers_of_its_environment() -> None:
    queue = JobQueue(workers=8, limit=256)
    learnt(queue, "steady", seconds=1.0)
    for _ in range(9):
        queue.put(a_job(now=0), now=0, workers=1)

    with pytest.raises(UnavailableError) as refusal:
        queue.put(a_job(now=0), now=0, workers=1)

    assert str(refusal.value) == (
        "every worker is busy: a wait of 5 s or more, behind 5 or more requests, "
        "is longer than its caller's deadline allows"
    )
    queue.put(a_job(now=0, folder="/charts/other/1"), now=0, workers=1)
    queue.put(a_job(now=0), now=0, workers=2)
