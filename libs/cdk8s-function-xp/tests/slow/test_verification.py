"""Node.js does a share of the native kernel's syntheses again, and what it makes of them has consequences."""

import time
from collections.abc import Callable, Generator
from typing import Any

import pytest
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool, recycling
from cdk8s_function.pool.job import WorkerVisit
from cdk8s_function.pool.native_trust import NativeTrust
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult
from structlog.testing import capture_logs

CHARTS = registry.discover()
TELLTALE = CHARTS.require("telltale")
SECONDS = 60.0

Start = Callable[..., pool.WorkerPool]


@pytest.fixture(scope="module")
def start() -> Generator[Start]:
    started: list[pool.WorkerPool] = []

    def begun(share: float, **options: Any) -> pool.WorkerPool:
        workers = pool.WorkerPool(pool.Options(verify_share=share, **options))
        started.append(workers)
        workers.start()
        return workers

    yield begun
    for workers in started:
        workers.close()


@pytest.fixture(scope="module")
def all_verified(start: Start) -> pool.WorkerPool:
    return start(1.0)


@pytest.fixture
def workers(all_verified: pool.WorkerPool) -> pool.WorkerPool:
    """Workers that verify all they do, and whose server has found nothing yet."""
    all_verified.shared.native = NativeTrust()
    return all_verified


def asked(mode: str, *, chart: str = "telltale", **fields: Any) -> SynthRequest:
    xr = {
        "apiVersion": "fixtures.example.org/v1",
        "kind": chart.capitalize(),
        "metadata": {"name": "demo", "namespace": "team-a"},
        "spec": {"mode": mode},
    }
    return SynthRequest(chart=CHARTS.require(chart), composite=xr, **fields)


def served(workers: pool.WorkerPool, request: SynthRequest) -> tuple[SynthResult | SynthFailure, str | None]:
    """Return what a request comes to, and the kernel that is of."""
    visit = WorkerVisit()
    outcome = workers.submit(request, deadline=time.monotonic() + SECONDS, visit=visit).result(SECONDS)
    return outcome, visit.kernel


def told(outcome: SynthResult | SynthFailure) -> str:
    assert isinstance(outcome, SynthResult), outcome
    return next(each.manifest["data"]["kernel"] for each in outcome.resources if each.key == "told")


def counts(workers: pool.WorkerPool) -> dict[str, int]:
    return {result: count for (chart, result), count in workers.shared.native.counts.items() if chart == TELLTALE}


def test_without_a_share_nothing_is_verified(start: Start) -> None:
    workers = start(0.0)

    outcome, kernel = served(workers, asked("differ"))

    assert (told(outcome), kernel, counts(workers)) == ("native", "native", {})


def test_the_first_synthesis_of_a_chart_and_then_each_nth_is_verified(start: Start) -> None:
    workers = start(0.25)
    verified: list[int] = []
    for _ in range(9):
        outcome, kernel = served(workers, asked("same"))
        assert isinstance(outcome, SynthResult)
        assert kernel == "native"
        verified.append(counts(workers)["same"])

    assert verified == [1, 1, 1, 1, 2, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        pytest.param("differ", "resources.told.manifest.data.kernel", id="a value"),
        pytest.param("reverse", "the order of its resources", id="the order"),
        pytest.param("raise", "whether it fails", id="a failure"),
    ],
)
def test_a_difference_is_counted_told_and_answered_by_node(mode: str, path: str, workers: pool.WorkerPool) -> None:
    with capture_logs() as entries:
        outcome, kernel = served(workers, asked(mode))

    assert isinstance(outcome, SynthResult)
    assert kernel == "node"
    assert counts(workers) == {"different": 1}
    [entry] = [each for each in entries if "differs from Node.js's" in each["event"]]
    assert (entry["chart"], entry["xr"], entry["path"]) == ("fixture-charts:telltale", "team-a/demo", path)
    assert "this is the native kernel" not in str(entry)


def test_after_a_difference_the_chart_is_nodes_in_every_worker_and_in_those_that_follow(start: Start) -> None:
    workers = start(1.0, workers=2, recycling=recycling.Recycling(requests=1))
    assert served(workers, asked("differ"))[1] == "node"

    with capture_logs() as entries:
        kernels = [served(workers, asked("differ")) for _ in range(4)]
        until = time.monotonic() + 2 * SECONDS
        while workers.shared.recycled["requests"] < 2 and time.monotonic() < until:
            time.sleep(0.05)
        kernels += [served(workers, asked("differ")) for _ in range(4)]
        other = served(workers, asked("", chart="good"))

    assert {(told(outcome), kernel) for outcome, kernel in kernels} == {("node", "node")}
    assert other[1] == "native", "other charts keep the native kernel"
    assert counts(workers) == {"different": 1}
    assert not [each for each in entries if "differs" in each["event"]]
    assert workers.shared.recycled["requests"] >= 2, "each worker was replaced"


def test_a_chart_that_says_something_else_each_time_proves_nothing(workers: pool.WorkerPool) -> None:
    kernels = [served(workers, asked("random"))[1] for _ in range(2)]

    assert (kernels, counts(workers)) == (["native", "native"], {"undecided": 2})


def test_a_chart_whose_second_synthesis_node_can_not_do_keeps_its_native_outcome(workers: pool.WorkerPool) -> None:
    spoiled = workers.shared.recycled["spoiled"]

    outcomes = [served(workers, asked("keep")) for _ in range(2)]

    assert all(isinstance(outcome, SynthResult) for outcome, _ in outcomes), outcomes
    assert [kernel for _, kernel in outcomes] == ["native", "native"]
    assert counts(workers)["undecided"] >= 1
    assert workers.shared.recycled["spoiled"] > spoiled
    assert sum(workers.shared.lost.values()) == 0


def test_what_is_declined_is_not_verified(workers: pool.WorkerPool) -> None:
    assert served(workers, asked("", chart="plus"))[1] == "node"
    assert not workers.shared.native.counts


def test_what_no_kernel_synthesised_is_of_none(workers: pool.WorkerPool) -> None:
    assert served(workers, asked("", chart="fixed"))[1] is None
    assert served(workers, asked("", asks_secrecy=True))[1] is None
