"""The recorder changes no response, and records the requests of annotated XRs within its limits."""

import asyncio
import hashlib
import json
import pathlib
import re
import subprocess
import sys
from concurrent.futures import Future
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
import structlog
from cdk8s_function.errors import TransientError, UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.protocol.messages import ChartRef, Secrecy, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.recording import recorder, recording, redaction
from cdk8s_function.recording.recorder import ANNOTATION, Recorder
from structlog.testing import capture_logs

ERRORS = pathlib.Path(__file__).parents[4] / "docs" / "reference" / "errors.md"
REASONS = re.findall(r"^\| `(.+?)` \|", ERRORS.read_text(encoding="utf-8").split("| the reason |", 1)[1], re.MULTILINE)
CHART = ChartRef(name="thing", dist="things", version="1", target="things:Thing")
RESPONSE = fnv1.RunFunctionResponse(meta=fnv1.ResponseMeta(tag="response"))
ENCODED = RESPONSE.SerializeToString()
SEEN: set[str] = set()


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Function:
    """Answers each call the same, or ends it with a status."""

    fails = False

    async def run(self, _: fnv1.RunFunctionRequest, context: Any, *, is_large: bool) -> bytes:
        """Answer one call."""
        assert not is_large
        if self.fails:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "its worker was lost")
        return ENCODED


class Context:
    """The part of a gRPC call's context that a function and the recorder use."""

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End the call with a status."""
        self._status = code, details
        raise grpc.aio.AbortError

    def code(self) -> int:
        """Return the status as grpc.aio does, as the number that goes over the wire."""
        return self._status[0].value[0]

    def details(self) -> str:
        """Return the line of the status."""
        return self._status[1]


class Workers:
    """A pool that says at once what a test wants it to; test_secrecy.py shows what a real one says."""

    outcome: SynthResult | SynthFailure | TransientError = SynthResult(secrecy=Secrecy(paths=(("spec", "token"),)))

    def submit(self, request: SynthRequest, *, deadline: float) -> Future[SynthResult | SynthFailure]:
        """Answer a request."""
        assert request == SynthRequest(chart=CHART, asks_secrecy=True)
        assert deadline > 0
        if isinstance(self.outcome, TransientError):
            raise self.outcome
        future: Future[SynthResult | SynthFailure] = Future()
        future.set_result(self.outcome)
        return future


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    structlog.reset_defaults()


def made(workers: Workers, clock: Clock, *, rate_kib: int = 64, function: Function | None = None) -> Recorder:
    charts = registry.Registry((CHART,))
    return Recorder(function or Function(), workers, charts, rate_kib=rate_kib, clock=clock)  # pyright: ignore[reportArgumentType]


def request(
    name: str = "one", chart: str = "thing", debug: str | None = "true", **spec: Any
) -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest()
    req.input.update({"chart": chart})
    metadata: dict[str, Any] = {"name": name, "annotations": {} if debug is None else {ANNOTATION: debug}}
    xr = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": metadata, "spec": spec}
    req.observed.composite.resource.update(xr)
    return req


def call(made: Recorder, *requests: fnv1.RunFunctionRequest) -> list[dict[str, Any]]:
    """Send requests, one after the other; return what is logged of them."""

    async def calls() -> None:
        for req in requests:
            assert await made.run(req, Context()) is ENCODED  # pyright: ignore[reportArgumentType]
            await made.settle()

    with capture_logs() as log:
        asyncio.run(calls())
    return [dict(entry) for entry in log]


def recordings(log: list[dict[str, Any]]) -> list[recording.Recording]:
    found = recording.find(json.dumps(log))
    return [recording.unpack(name, data) for name, data in found.items()]


def refusal(log: list[dict[str, Any]]) -> str:
    """Return why the one request was not recorded; it is in docs/reference/errors.md."""
    (entry,) = log
    assert (entry["event"], entry["xr"]) == ("a request was not recorded", "one")
    (row,) = [row for row in REASONS if _pattern(row).fullmatch(entry["reason"])]
    SEEN.add(row)
    return entry["reason"]


def _pattern(row: str) -> re.Pattern[str]:
    return re.compile(".+?".join(re.escape(part) for part in re.split(r"<[^<>]+>", row)))


def test_a_request_and_its_outcome_are_recorded(workers: Workers) -> None:
    (kept,) = recordings(call(made(workers, Clock()), request(token="a token of mine", size=3)))

    assert (kept.chart, kept.versions) == (CHART, recording.versions())
    assert (kept.outcome, kept.secrecy) == (recording.outcome(RESPONSE), Secrecy(paths=(("spec", "token"),)))
    spec = kept.request.observed.composite.resource["spec"]
    assert isinstance(spec, type(kept.request.input))
    assert spec["size"] == 3
    assert re.fullmatch("[a-z]{15}", str(spec["token"]))


def test_a_call_that_ends_with_a_status_is_recorded(workers: Workers) -> None:
    function = Function()
    function.fails = True

    with capture_logs() as log:
        recorder_made = made(workers, Clock(), function=function)

        async def fails() -> None:
            with pytest.raises(grpc.aio.AbortError):
                await recorder_made.run(request(), Context())  # pyright: ignore[reportArgumentType]
            await recorder_made.settle()

        asyncio.run(fails())

    (kept,) = recordings([dict(entry) for entry in log])
    assert kept.outcome == recording.Outcome(kind="UNAVAILABLE", message="its worker was lost")


@pytest.mark.parametrize("debug", [None, "", "false", "True", "1"])
def test_only_true_is_true(workers: Workers, debug: str | None) -> None:
    assert call(made(workers, Clock()), request(debug=debug)) == []


def test_a_large_recording_takes_several_lines_none_of_which_a_container_runtime_breaks(
    workers: Workers,
) -> None:
    noise = {f"field{index}": hashlib.sha256(bytes([index])).hexdigest() for index in range(250)}

    log = call(made(workers, Clock(), rate_kib=512), request(**noise))

    assert len(log) > 1
    assert all(len(json.dumps(line)) < 16 << 10 for line in log)
    (kept,) = recordings(log)
    assert kept.request == redaction.Redaction(request(**noise), RESPONSE, Secrecy(), bytes).request


def test_an_xr_is_recorded_six_times_a_minute(workers: Workers) -> None:
    clock = Clock()
    made_recorder = made(workers, clock)

    log = call(made_recorder, *(request(tag=number) for number in range(9)), request("other"))
    clock.now += 10
    later = call(made_recorder, request(tag=10), request(tag=11))

    assert len(recordings(log)) == 7
    assert [line for line in log if line["log_level"] == "warning"] == [
        {
            "event": "requests were not recorded: an XR has six recordings a minute, and all have --debug-rate",
            "log_level": "warning",
            "chart": "thing",
            "xr": "one",
            "skipped": 1,
        }
    ]
    assert len(recordings(later)) == 1


def test_recordings_take_no_more_of_the_log_than_the_rate(workers: Workers) -> None:
    clock = Clock()
    made_recorder = made(workers, clock, rate_kib=3)
    noise = {f"field{index}": hashlib.sha256(bytes([index])).hexdigest() for index in range(200)}

    log = call(made_recorder, request(**noise))

    assert refusal(log).startswith("it takes ")
    assert len(recordings(call(made_recorder, request()))) == 1


def test_a_request_whose_secrets_can_not_be_told_is_not_recorded(workers: Workers) -> None:
    assert refusal(call(made(workers, Clock()), request(chart="other"))) == (
        'its secrets can\'t be determined: unknown chart "other"; known charts: thing'
    )
    workers.outcome = UnavailableError("the function is shutting down")
    assert refusal(call(made(workers, Clock()), request())) == (
        "its secrets can't be determined: the function is shutting down"
    )
    workers.outcome = SynthFailure(message="cannot import thing")
    assert refusal(call(made(workers, Clock()), request())) == "its secrets can't be determined: cannot import thing"
    workers.outcome = SynthResult()
    assert refusal(call(made(workers, Clock()), request())) == (
        "its chart's models have no JSON schema, to tell what is secret"
    )


def test_a_request_with_too_many_secrets_is_not_recorded(workers: Workers) -> None:
    req = request(text="x" * 1_000_000)
    for number in range(2_000):
        req.credentials["many"].credential_data.data[str(number)] = f"secret number {number}".encode()

    assert refusal(call(made(workers, Clock()), req)) == (
        "it holds too many secrets, or too much text, to look for each of them in all of it"
    )


def test_a_request_that_takes_too_long_to_look_through_is_not_recorded(workers: Workers) -> None:
    class Slow(Clock):
        """A clock by which each look takes a second."""

        def __call__(self) -> float:
            self.now += 1.0
            return super().__call__()

    assert refusal(call(made(workers, Slow()), request(token="a token of mine"))) == (
        "it holds too many secrets, or too much text, to look for each of them in all of it"
    )


def test_a_large_request_is_not_recorded(workers: Workers) -> None:
    req = request(text="x" * recorder.MOST_BYTES)

    assert refusal(call(made(workers, Clock()), req)) == "it takes 5 MiB, and at most 4 MiB are recorded"


def test_a_bug_costs_the_recording_and_tells_nothing_of_the_request(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        msg = "the secret"
        raise LookupError(msg)

    monkeypatch.setattr(recorder, "Redaction", broken)

    assert refusal(call(made(workers, Clock()), request())) == "a bug in function-cdk8s: LookupError"


def test_a_recording_in_which_a_secret_is_left_is_not_written(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overlooked(*_: object) -> None:
        pass

    monkeypatch.setattr(redaction, "_scrub", overlooked)

    log = call(made(workers, Clock()), request(token="a token of mine", copy="it is a token of mine"))

    assert refusal(log) == "a secret would be in it, in a place where function-cdk8s did not look for one"


def test_every_reason_was_seen() -> None:
    assert set(REASONS) == SEEN


STUCK = """
import asyncio, time
from cdk8s_function.recording import daemon_thread

async def main():
    task = asyncio.create_task(daemon_thread.run(lambda: time.sleep(3600)))
    await asyncio.sleep(0.1)

asyncio.run(main())
print("ended")
"""


def test_a_recording_that_does_not_come_to_its_end_keeps_no_process_from_ending() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "ended\n"
