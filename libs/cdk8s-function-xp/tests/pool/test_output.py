"""What charts print: each line is logged once, under the XR it belongs to, and never reaches the protocol."""

import os
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cdk8s_function.errors import DeadlineError, UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool, process
from cdk8s_function.protocol.messages import SynthRequest, SynthResult
from structlog.testing import capture_logs
from structlog.typing import EventDict

CHARTS = registry.discover()
SECONDS = 60.0


def synth_request(chart: str, name: str, **spec: Any) -> SynthRequest:
    metadata = {"name": name, "namespace": "team-a"}
    xr = {"apiVersion": "fixtures.example.org/v1", "kind": chart.capitalize(), "metadata": metadata, "spec": spec}
    return SynthRequest(chart=CHARTS.require(chart), composite=xr)


@pytest.fixture(scope="module")
def workers() -> Iterator[pool.WorkerPool]:
    with capture_logs(), pool.WorkerPool(pool.Options(workers=1)) as made:
        yield made


def printed(logs: list[EventDict]) -> list[tuple[str, str]]:
    """Return the XR and the text of each line a chart printed."""
    return [(entry.get("xr", ""), entry["line"]) for entry in logs if entry["event"] == "chart output"]


@pytest.mark.parametrize(
    ("mode", "lines"),
    [
        pytest.param("streams", ["from sys.stdout", "from sys.stderr"], id="from Python"),
        pytest.param("descriptors", ["from descriptor 1", "from descriptor 2"], id="from C"),
        pytest.param("child", ["from a child"], id="from a child process"),
        pytest.param("node", ["from console.log", "from console.error", "from process.stdout"], id="from Node.js"),
        pytest.param("", ["a line without an end"], id="without a newline"),
        pytest.param("long", ["x" * 4096], id="a line longer than a log takes"),
        pytest.param(
            "binary",
            ["".join(map(chr, range(10))), bytes(range(11, 256)).decode(errors="replace") + "\0\0\0\5hello"],
            id="bytes that are no text, and look like a frame",
        ),
        pytest.param(
            "lines",
            [f"line {number}" for number in range(200)]
            + ["(more than 200 lines for one request: the rest is dropped)"],
            id="more lines than a log takes",
        ),
    ],
)
def test_a_line_is_logged_under_its_xr_alone(workers: pool.WorkerPool, mode: str, lines: list[str]) -> None:
    request = synth_request("printing", "loud", mode=mode)
    silent = synth_request("twin", "silent")
    with capture_logs() as logs:
        workers.submit(request, deadline=time.monotonic() + SECONDS).result(SECONDS)
        outcome = workers.submit(silent, deadline=time.monotonic() + SECONDS).result(SECONDS)

    assert isinstance(outcome, SynthResult)
    assert printed(logs) == [("team-a/loud", line) for line in lines]


def test_a_line_comes_with_its_chart(workers: pool.WorkerPool) -> None:
    with capture_logs() as logs:
        workers.submit(synth_request("printing", "loud", mode="child"), deadline=time.monotonic() + SECONDS).result(
            SECONDS
        )

    assert logs == [
        {
            "event": "chart output",
            "log_level": "info",
            "chart": "fixture-charts:printing",
            "version": CHARTS.require("printing").version,
            "xr": "team-a/loud",
            "line": "from a child",
        }
    ]


def test_what_node_prints_in_its_last_call_is_there_before_its_reply(workers: pool.WorkerPool) -> None:
    request = synth_request("printing", "loud", mode="node at the end")
    with capture_logs() as logs:
        for _ in range(100):
            workers.submit(request, deadline=time.monotonic() + SECONDS).result(SECONDS)
            workers.submit(synth_request("twin", "silent"), deadline=time.monotonic() + SECONDS).result(SECONDS)

    assert printed(logs) == [("team-a/loud", "from toJson")] * 100


def test_the_last_words_of_a_worker_are_its_last_xrs(workers: pool.WorkerPool) -> None:
    request = synth_request("crashing", "doomed", mode="exit with words")
    with capture_logs() as logs:
        future = workers.submit(request, deadline=time.monotonic() + SECONDS)
        with pytest.raises(UnavailableError, match=r"^its worker was lost: it exited with status 1$"):
            future.result(SECONDS)
        workers.submit(synth_request("twin", "silent"), deadline=time.monotonic() + SECONDS).result(SECONDS)

    assert printed(logs) == [("team-a/doomed", "last words without a newline")]


def test_a_chart_that_never_stops_printing_ends_at_its_deadline(
    wait_warm: Callable[[pool.WorkerPool], None], workers: pool.WorkerPool
) -> None:
    wait_warm(workers)
    with capture_logs() as logs:
        future = workers.submit(synth_request("hanging", "loud", mode="printing"), deadline=time.monotonic() + 3)
        with pytest.raises(DeadlineError):
            future.result(SECONDS)
        workers.submit(synth_request("twin", "silent"), deadline=time.monotonic() + SECONDS).result(SECONDS)

    lines = printed(logs)
    assert len(lines) == 201
    assert {xr for xr, _ in lines} == {"team-a/loud"}


def test_output_that_comes_faster_than_it_is_read_does_not_hold_the_reader(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    worker = process.WorkerProcess(home=tmp_path, limits=process.Limits(), skip=(), on_line=lines.append)
    numbers = iter(range(1000))

    def read(*_: object) -> bytes:
        return b"line %d\n" % next(numbers)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "read", read)
            worker.drain()
    finally:
        worker.kill()

    assert lines[:2] == ["line 0", "line 1"]
