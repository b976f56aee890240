"""Workers are replaced before they grow, without a moment in which none is warm."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.pool.recycling import Recycled, Recycling
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult

CHARTS = registry.discover()
SECONDS = 60.0


def synth_request(chart: str, **spec: Any) -> SynthRequest:
    xr = {
        "apiVersion": "fixtures.example.org/v1",
        "kind": chart.capitalize(),
        "metadata": {"name": "demo", "namespace": "team-a"},
        "spec": spec,
    }
    return SynthRequest(chart=CHARTS.require(chart), composite=xr)


def synthesise(workers: pool.WorkerPool, request: SynthRequest) -> SynthResult | SynthFailure:
    return workers.submit(request, deadline=time.monotonic() + SECONDS).result(SECONDS)


def serve_until(workers: pool.WorkerPool, request: SynthRequest, done: Callable[[], bool]) -> None:
    """Compose XRs until something has happened; each is composed, by a worker that was warm."""
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        assert workers.warm == 1
        assert isinstance(synthesise(workers, request), SynthResult)


@pytest.mark.parametrize(
    ("recycling", "first", "reason"),
    [
        pytest.param(Recycling(requests=5), synth_request("good"), "requests", id="after so many requests"),
        pytest.param(Recycling(age_seconds=0.5), synth_request("good"), "age", id="when it is old"),
        pytest.param(
            Recycling(growth_mib=32),
            synth_request("leaking", mode="heap", mebibytes=64),
            "memory",
            id="when it has grown",
        ),
    ],
)
def test_a_worker_is_replaced(recycling: Recycling, first: SynthRequest, reason: Recycled) -> None:
    with pool.WorkerPool(pool.Options(workers=1, recycling=recycling)) as workers:
        synthesise(workers, first)
        serve_until(workers, synth_request("good"), lambda: workers.shared.recycled[reason] > 0)

        assert set(workers.shared.recycled) == {reason}
        assert not workers.shared.lost


def test_a_pool_that_idles_replaces_old_workers_too() -> None:
    with pool.WorkerPool(pool.Options(workers=1, recycling=Recycling(age_seconds=0.5))) as workers:
        end = time.monotonic() + SECONDS
        while workers.shared.recycled["age"] == 0:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_full_queue_refuses_and_a_closed_pool_fails_what_waits() -> None:
    workers = pool.WorkerPool(pool.Options(workers=1, queue=1))
    with workers:
        running = workers.submit(synth_request("slow", seconds=1.0), deadline=time.monotonic() + SECONDS)
        while workers.waiting:
            time.sleep(0.01)
        waiting = workers.submit(synth_request("good"), deadline=time.monotonic() + SECONDS)
        with pytest.raises(UnavailableError, match=r"^every worker is busy and 1 requests wait already$"):
            workers.submit(synth_request("good"), deadline=time.monotonic() + SECONDS)

    assert isinstance(running.result(0), SynthResult)
    with pytest.raises(UnavailableError, match=r"^the function is shutting down$"):
        waiting.result(0)
