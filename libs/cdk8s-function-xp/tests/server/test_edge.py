"""Any bytes get a response, or are refused with object and path: no request ends in a bug or takes a worker."""

import asyncio
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
import structlog
from cdk8s_function import nesting
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.protocol import deep, structs
from cdk8s_function.server import cache, call, read_digest, runner
from cdk8s_function.server.call_record import CallRecord
from cdk8s_function.server.edge import Edge
from cdk8s_function.server.runner import FunctionRunner
from crossplane.function import logging as sdk_logging

SECONDS = 60
TOO_DEEP = f"nests deeper than {nesting.LEVELS} levels of mappings and lists; make it flatter"


def nested(levels: int) -> Any:
    value: Any = "leaf"
    for level in range(levels, 1, -1):
        value = [value] if level % 2 == 0 else {"a": value}
    return {"a": value}


def request(chart: str = "deep", **spec: object) -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest()
    req.meta.tag = "tag"
    req.input.update({"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart})
    metadata = {"name": "demo", "namespace": "team-a"}
    xr = {"apiVersion": "fixtures.example.org/v1", "kind": "Deep", "metadata": metadata, "spec": spec}
    structs.fill(req.observed.composite.resource, xr)
    return req


@pytest.fixture(scope="module")
def workers() -> Iterator[pool.WorkerPool]:
    with pool.WorkerPool(pool.Options(workers=1)) as made:
        yield made


class AbortError(Exception):
    """A call ended with a gRPC status."""


class Context:
    """The part of a gRPC call's context the function uses."""

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what the caller sent beside the request: nothing."""
        return ()

    def time_remaining(self) -> float | None:
        """Return the caller's deadline."""
        return SECONDS

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End the call with a status, as grpc.aio does."""
        raise AbortError(code, details)


class Served:
    """A function that is called with bytes."""

    def __init__(self, workers: pool.WorkerPool) -> None:
        self.runner = FunctionRunner(workers, registry.discover(), cache.Options(checked=0))
        self.records: list[CallRecord] = []
        self.runner.observers.append(self.records.append)
        self.edge = Edge(self.runner.run, self.runner.note_refusal)

    def call(self, wire: bytes) -> fnv1.RunFunctionResponse:
        """Return the response."""
        response = asyncio.run(self.edge.run_function(wire, Context()))  # pyright: ignore[reportArgumentType]
        return deep.parse(fnv1.RunFunctionResponse, response)

    def refusal(self, wire: bytes) -> str:
        """Return the line of a refusal, which leaves desired state as it came."""
        rsp = self.call(wire)
        assert [result.severity for result in rsp.results] == [fnv1.SEVERITY_FATAL]
        assert rsp.meta.tag == "tag"
        assert rsp.meta.ttl.ToSeconds() == 0
        return rsp.results[0].message


@pytest.fixture
def served(workers: pool.WorkerPool) -> Served:
    return Served(workers)


@pytest.mark.parametrize("levels", [31, 60, nesting.LEVELS])
def test_what_nests_deep_is_carried_in_all_places(served: Served, levels: int) -> None:
    # The XR's own spec is on its second level, and what is below it goes to the status.
    req = request(levels=levels, below=nested(levels - 2))
    there = {"apiVersion": "example.org/v1", "kind": "Tree", "spec": nested(levels - 1)}
    structs.fill(req.observed.resources["there"].resource, there)
    structs.fill(req.desired.resources["earlier"].resource, nested(levels))
    structs.fill(req.desired.composite.resource, {"status": nested(levels - 1)})
    structs.fill(req.required_resources["a"].items.add().resource, nested(levels))
    structs.fill(req.required_schemas["a"].openapi_v3, nested(levels))
    structs.fill(req.context, {"earlier": nested(levels - 1)})

    rsp = served.call(req.SerializeToString())

    assert not rsp.results, rsp.results
    assert rsp.desired.resources["earlier"] == req.desired.resources["earlier"]
    assert structs.to_dict(rsp.desired.resources["deep"].resource)["spec"] == nested(levels - 1)
    status = structs.to_dict(rsp.desired.composite.resource)["status"]
    made = {"deep": nested(levels - 1), "below": nested(levels - 2), "there": nested(levels - 1)}
    assert status == {**nested(levels - 1), **made}
    assert structs.to_dict(rsp.context) == {"earlier": nested(levels - 1), "deep": nested(levels - 1)}
    # And from the cache.
    assert served.call(req.SerializeToString()) == rsp
    assert [record.outcome for record in served.records] == ["composed", "composed"]


PATHS: list[tuple[str, Callable[[fnv1.RunFunctionRequest], Any]]] = [
    ("observed.composite.resource", lambda req: req.observed.composite.resource),
    ('observed.resources["a"]', lambda req: req.observed.resources["a"].resource),
    ("desired.composite.resource", lambda req: req.desired.composite.resource),
    ('desired.resources["a"]', lambda req: req.desired.resources["a"].resource),
    ('required_resources["a"][0]', lambda req: req.required_resources["a"].items.add().resource),
    ('required_schemas["a"]', lambda req: req.required_schemas["a"].openapi_v3),
    ("context", lambda req: req.context),
    ("input", lambda req: req.input),
]


@pytest.mark.parametrize("levels", [nesting.LEVELS + 1, 10_000])
@pytest.mark.parametrize(("where", "at"), PATHS, ids=[where for where, _ in PATHS])
def test_a_request_that_nests_too_deep_is_refused_by_its_path(
    served: Served, where: str, at: Callable[[fnv1.RunFunctionRequest], Any], levels: int
) -> None:
    req = request(levels=1)
    fields = at(req).fields
    for _ in range(levels - 1):
        fields = fields["b"].struct_value.fields
    fields["b"].string_value = "leaf"

    assert served.refusal(req.SerializeToString()) == (
        f'cannot compose Deep "team-a/demo": the request\'s {where}{".b" * 24}.… {TOO_DEEP}'
    )
    assert [record.outcome for record in served.records] == ["fatal"]


MODES = [
    ("object", 400, r"ValueError: manifest\.spec(\.a|\[0\])+\.…: {} \(objects\.py:\d+\)"),
    ("status", 400, r"ValueError: status\.deep(\.a|\[0\])+\.…: {} \(objects\.py:\d+\)"),
    ("context", 400, r"ValueError: context\[deep\](\.a|\[0\])+\.…: {} \(objects\.py:\d+\)"),
    ("patch", nesting.LEVELS + 1, r'"deep": spec(\.a|\[0\])+\.… {}'),
    ("patch", 240, r'"deep": spec(\.a|\[0\])+\.… {}'),
    ("patch", 900, r"RecursionError: .+ \(objects\.py:\d+\)"),
]


@pytest.mark.parametrize(("mode", "levels", "want"), MODES)
def test_what_a_chart_nests_too_deep_is_refused_by_its_path(
    served: Served, workers: pool.WorkerPool, mode: str, levels: int, want: str
) -> None:

    line = served.refusal(request(mode=mode, levels=levels).SerializeToString())

    subject, _, reason = line.partition(": ")
    assert subject == 'cannot compose Deep "team-a/demo" with chart "deep"'
    assert re.fullmatch(want.format(re.escape(TOO_DEEP)), reason), reason
    assert sum(workers.shared.lost.values()) == 0


@pytest.mark.parametrize("wire", [b"\xff", b"\x12" * 1_000, b"\x12\x80\x80\x80\x80\x08"])
def test_bytes_that_are_no_request_are_an_invalid_argument(served: Served, wire: bytes) -> None:
    with pytest.raises(AbortError) as caught:
        served.call(wire)

    assert caught.value.args == (grpc.StatusCode.INVALID_ARGUMENT, "the request is no RunFunctionRequest")


BEGINNING = "x\n\x1b[31mERROR\x00\u202e"


def note_threads(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, off: dict[str, set[bool]]) -> None:
    """Note whether a function is called in another thread than the event loop's."""
    called = getattr(owner, name)

    def noting(*args: Any, **kwargs: Any) -> Any:
        off.setdefault(name, set()).add(threading.current_thread() is not threading.main_thread())
        return called(*args, **kwargs)

    monkeypatch.setattr(owner, name, noting)


@pytest.mark.parametrize(
    ("objects", "entries", "is_off"),
    [
        pytest.param(1, 1, set[str](), id="small"),
        pytest.param(1_000, 1, {"chart_output", "_packed", "digest", "_unpacked", "finish"}, id="a large output"),
        pytest.param(20, 100_000, {"begin", "_packed", "digest", "_unpacked", "finish"}, id="a large request"),
    ],
)
def test_what_is_large_is_worked_on_off_the_event_loop(
    served: Served, monkeypatch: pytest.MonkeyPatch, objects: int, entries: int, is_off: set[str]
) -> None:
    off: dict[str, set[bool]] = {}
    note_threads(monkeypatch, call.Call, "begin", off)
    note_threads(monkeypatch, runner, "chart_output", off)
    note_threads(monkeypatch, cache, "_packed", off)
    note_threads(monkeypatch, read_digest, "digest", off)
    note_threads(monkeypatch, cache, "_unpacked", off)
    note_threads(monkeypatch, call.Call, "finish", off)
    req = request("huge", objects=objects, bytesEach=1_000)
    structs.fill(req.observed.composite.resource, {"kind": "Huge"})
    structs.fill(req.context, {f"entry-{number}": True for number in range(entries)})

    responses = [served.call(req.SerializeToString()) for _ in range(2)]

    assert len(responses[0].desired.resources) == objects
    assert responses[1] == responses[0]
    assert [record.cache for record in served.records] == ["miss", "hit"]
    assert set(off) == {"begin", "chart_output", "_packed", "digest", "_unpacked", "finish"}
    assert {name for name, found in off.items() if True in found} == is_off
    assert all(len(found) == 1 for found in off.values()), off


SPITEFUL = BEGINNING + "y" * 100_000


def test_what_a_caller_writes_takes_one_bounded_line(served: Served) -> None:
    shown = BEGINNING.encode("unicode_escape").decode()
    req = request(chart=SPITEFUL[:200])
    structs.fill(req.observed.composite.resource, {"kind": SPITEFUL, "metadata": {"name": SPITEFUL}})

    line = served.refusal(req.SerializeToString())

    kind = shown + "y" * (253 - len(BEGINNING))
    name = f"team-a/{shown}" + "y" * (253 - len("team-a/") - len(BEGINNING))
    assert line.startswith(f'cannot compose {kind}… "{name}…" with chart "{shown}')
    assert f': input.chart: unknown chart "{shown}' in line
    assert line.isprintable()
    assert len(line) < 5_000


def test_a_refusal_is_logged_on_one_line(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    sdk_logging.configure(level=sdk_logging.Level.INFO)
    try:
        refusing = Served(served.runner._workers)  # pyright: ignore[reportPrivateUsage]
        req = request(levels=1)
        structs.fill(req.context, {"earlier": 1})
        fields = req.context.fields
        for _ in range(300):
            fields = fields["b"].struct_value.fields
        fields["b"].string_value = "leaf"
        refusing.refusal(req.SerializeToString())
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()

    (entry,) = [entry for entry in map(json.loads, capsys.readouterr().out.splitlines()) if entry["msg"] == "refused"]
    reason = f"the request's context{'.b' * 24}.… {TOO_DEEP}"
    assert (entry["tag"], entry["xr"], entry["reason"]) == ("tag", "team-a/demo", reason)
