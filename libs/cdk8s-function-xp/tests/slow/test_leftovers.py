"""However a worker ends, it leaves no process, no zombie, no folder and no descriptor."""

import dataclasses
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from cdk8s_function.errors import TransientError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.protocol.messages import SynthRequest, SynthResult

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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Traces:
    """What there is of a pool outside its own memory.

    Attributes:
        families: Of each child of this process that is new: how many children it has, and so on.
        folders: How many folders its workers have.
        descriptors: How many descriptors this process has open.
    """

    families: list[Any]
    folders: int
    descriptors: int


ONE_WORKER: list[Any] = [[[]]]
"""A worker, which has one child, Node.js, which has none."""


def family(process: psutil.Process) -> list[Any]:
    try:
        return [family(child) for child in process.children()]
    except psutil.NoSuchProcess:
        return []


def new(others: set[psutil.Process]) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child not in others]


def traces(home: pathlib.Path, others: set[psutil.Process]) -> Traces:
    return Traces(
        families=[family(child) for child in new(others)],
        folders=len(list(home.glob("worker-*"))),
        descriptors=psutil.Process().num_fds(),
    )


def wait_for(home: pathlib.Path, others: set[psutil.Process], want: Traces) -> None:
    end = time.monotonic() + SECONDS
    while (found := traces(home, others)) != want and time.monotonic() < end:
        time.sleep(0.01)
    assert found == want


@pytest.fixture(scope="module")
def others() -> set[psutil.Process]:
    return set(psutil.Process().children())


@pytest.fixture(scope="module")
def workers(others: set[psutil.Process]) -> Iterator[pool.WorkerPool]:
    opened = psutil.Process().num_fds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK8S_FUNCTION_KERNEL", "node")
        with pool.WorkerPool(pool.Options(workers=1)) as made:
            made.submit(synth_request("twin"), deadline=time.monotonic() + SECONDS).result(SECONDS)
            yield made
    wait_for(made.shared.scratch.path, others, Traces(families=[], folders=0, descriptors=opened))
    assert not made.shared.scratch.path.exists()


@pytest.fixture(scope="module")
def usual(workers: pool.WorkerPool, others: set[psutil.Process]) -> Traces:
    found = traces(workers.shared.scratch.path, others)
    assert found == dataclasses.replace(found, families=ONE_WORKER, folders=1)
    return found


@pytest.mark.parametrize(
    ("chart", "mode"),
    [
        pytest.param("crashing", "kill", id="a worker that is killed, its Node.js left alone"),
        pytest.param("crashing", "node killed", id="a Node.js that is killed"),
        pytest.param("hanging", "node child", id="a child of Node.js that hangs"),
        pytest.param("forking", "returns", id="a child that goes on as if it were the worker"),
        pytest.param("forking", "daemon", id="a daemon"),
        pytest.param("forking", "short-lived daemon", id="a daemon that ends soon"),
        pytest.param("forking", "nameless child", id="a child in a session and an environment of its own"),
    ],
)
def test_nothing_is_left(
    workers: pool.WorkerPool, others: set[psutil.Process], usual: Traces, chart: str, mode: str
) -> None:
    seconds = 0.5 if chart == "hanging" else SECONDS
    before = new(others)

    outcome = workers.submit(synth_request(chart, mode=mode), deadline=time.monotonic() + seconds).exception(SECONDS)
    after = workers.submit(synth_request("twin"), deadline=time.monotonic() + SECONDS).result(SECONDS)

    assert outcome is None or isinstance(outcome, TransientError)
    assert isinstance(after, SynthResult)
    wait_for(workers.shared.scratch.path, others, usual)
    assert new(others) != before, "the worker was replaced"


def test_what_node_started_ends_with_the_worker() -> None:
    others = set(psutil.Process().children())
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        request = synth_request("forking", mode="node")
        workers.submit(request, deadline=time.monotonic() + SECONDS).result(SECONDS)
        started = [process.name() for child in new(others) for process in child.children(recursive=True)]

    assert "sleep" in started
    assert new(others) == []
