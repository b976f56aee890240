"""Messages between server and workers arrive unchanged, and nothing else is accepted."""

import dataclasses
import enum
import json
from types import MappingProxyType
from typing import Any

import pytest
from cdk8s_function import errors
from cdk8s_function.protocol import frames, messages, structs
from cdk8s_function.protocol.messages import Ready, Reply, SynthFailure, SynthRequest, SynthResult
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECT = st.dictionaries(st.text(), JSON, max_size=3)
TEXTS = st.dictionaries(st.text(), st.text(), max_size=3)
TARGET = st.sampled_from(["composite", "composite-and-claim"])


def named(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.text(), values, max_size=2)


REQUESTS = st.builds(
    SynthRequest,
    chart=st.builds(messages.ChartRef, name=st.text(), dist=st.text(), version=st.text(), target=st.text()),
    props=OBJECT,
    composite=OBJECT,
    connection=TEXTS,
    observed=named(OBJECT),
    observed_connection=named(TEXTS),
    required=named(st.lists(OBJECT, max_size=2)),
    schemas=named(OBJECT),
    context=OBJECT,
    credentials=named(TEXTS),
    native=st.booleans(),
)

RESULTS = st.builds(
    SynthResult,
    resources=st.lists(
        st.builds(
            messages.ComposedResource,
            key=st.text(),
            manifest=OBJECT,
            ready=st.none() | st.booleans(),
            moved_from=st.lists(st.text(), max_size=2).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    status=st.none() | OBJECT,
    ready=st.none() | st.booleans(),
    connection=TEXTS,
    conditions=st.lists(
        st.builds(
            messages.Condition,
            type=st.text(),
            status=st.sampled_from(["True", "False", "Unknown"]),
            reason=st.text(),
            message=st.text(),
            target=TARGET,
        ),
        max_size=2,
    ).map(tuple),
    events=st.lists(
        st.builds(
            messages.Event,
            severity=st.sampled_from(["normal", "warning"]),
            message=st.text(),
            reason=st.text(),
            target=TARGET,
        ),
        max_size=2,
    ).map(tuple),
    requirements=named(
        st.builds(
            messages.ResourceRequirement,
            api_version=st.text(),
            kind=st.text(),
            match_name=st.none() | st.text(),
            match_labels=st.none() | TEXTS,
            namespace=st.none() | st.text(),
        )
    ),
    schemas=named(st.builds(messages.SchemaRequirement, api_version=st.text(), kind=st.text())),
    context=OBJECT,
    ttl_seconds=st.none() | st.floats(min_value=0, allow_infinity=False),
)

FAILURES = st.builds(SynthFailure, message=st.text(), traceback=st.text())
SYNTHESISED = st.builds(
    messages.Synthesised,
    kernel=st.sampled_from(["native", "node"]),
    verification=st.sampled_from([None, "same", "different", "undecided"]),
    difference=st.text(),
)
FROM_WORKER = st.builds(Ready, unloadable=TEXTS, altering=TEXTS, on_node=TEXTS) | st.builds(
    Reply, outcome=RESULTS | FAILURES, synthesised=st.none() | SYNTHESISED, spoiled=st.text()
)


@settings(deadline=None)
@given(request=REQUESTS)
def test_a_request_arrives_as_it_was_sent(request: SynthRequest) -> None:
    assert frames.decode_request(frames.encode_request(request), unpack=structs.unpack) == request


def test_what_crosses_packed_is_plain_data_for_a_chart() -> None:
    manifest = {"kind": "ConfigMap", "spec": {"replicas": 3, "ratio": 0.5, "list": [{"deep": None}], "on": True}}
    struct = struct_pb2.Struct()
    struct.update(manifest)
    fields = structs.Fields(struct)
    request = SynthRequest(
        chart=messages.ChartRef(name="one", dist="charts", version="1.0.0", target="charts:One"),
        composite=fields,
        observed={"config": fields},
        required={"found": [fields], "none": []},
        schemas={"of": fields},
        context=fields,
    )

    plain = dataclasses.replace(
        request,
        composite=manifest,
        observed={"config": manifest},
        required={"found": [manifest], "none": []},
        schemas={"of": manifest},
        context=manifest,
    )
    decoded = frames.decode_request(frames.encode_request(request), unpack=structs.unpack)
    again = frames.decode_request(frames.encode_request(decoded), unpack=lambda packed: dict(structs.unpack(packed)))
    assert again == plain
    assert json.loads(json.dumps(decoded.observed["config"]["spec"])) == manifest["spec"]


@settings(deadline=None)
@given(message=FROM_WORKER)
def test_a_workers_message_arrives_unchanged(message: Ready | Reply) -> None:
    assert frames.decode_from_worker(frames.encode_from_worker(message)) == message


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Level(enum.IntEnum):
    HIGH = 3


def test_subclasses_of_text_and_numbers_are_sent_as_what_they_are() -> None:
    status = {"word": Word("a"), "level": Level.HIGH, "view": MappingProxyType({Word("key"): 1})}
    plain = {"word": "a", "level": 3, "view": {"key": 1}}

    sent = frames.encode_from_worker(Reply(outcome=SynthResult(status=status)))

    assert frames.decode_from_worker(sent) == Reply(outcome=SynthResult(status=plain))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param({"value": object()}, TypeError, id="an object"),
        pytest.param({"value": "\udcff"}, ValueError, id="text that is not Unicode"),
    ],
)
def test_what_has_no_json_form_is_not_sent(status: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        frames.encode_from_worker(Reply(outcome=SynthResult(status=status)))


def _reply(**fields: object) -> bytes:
    sound = json.loads(frames.encode_from_worker(Reply(outcome=SynthResult())))
    return json.dumps({**sound, **fields}).encode()


def _result(**fields: Any) -> bytes:
    return _reply(result={**json.loads(_reply())["result"], **fields})


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="bytes that are no text"),
        pytest.param(b"hello", id="text that is no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="neither a result nor a failure"),
        pytest.param(b'{"ready": {}}', id="a first word that says nothing"),
        pytest.param(b'{"failure": {"text": "a"}}', id="a failure without a message"),
        pytest.param(_reply(result=[]), id="a result of another type"),
        pytest.param(_reply(spoiled=None), id="a reason that is no text"),
        pytest.param(_result(resources=1), id="resources that are no list"),
        pytest.param(_result(resources=[["a"]]), id="a resource without a manifest"),
        pytest.param(_result(resources=[["a", [], None, []]]), id="a manifest that is no mapping"),
        pytest.param(_result(ready="yes"), id="a readiness that is no bool"),
        pytest.param(_result(reads=[["loud", ["composite"]]]), id="a read of another kind"),
        pytest.param(_result(reads=[["value", [None]]]), id="a path with null in it"),
        pytest.param(_result(conditions=[{"type": "A", "status": "Maybe", "reason": "B"}]), id="a fourth status"),
        pytest.param(_reply(synthesised={"kernel": "v8"}), id="a third kernel"),
        pytest.param(_reply(synthesised={"kernel": ["native"]}), id="half a synthesis"),
        pytest.param(
            _reply(synthesised={"kernel": "native", "verification": "maybe"}), id="a verification of another kind"
        ),
        pytest.param(b'{"result": ' + b"[" * 100_000, id="what nests too deep to be read"),
    ],
)
def test_what_no_worker_says_is_refused(frame: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # Its text is for the log.
        frames.decode_from_worker(frame)


def test_each_decision_a_catcher_makes_has_its_class() -> None:
    assert issubclass(errors.FatalError, errors.FunctionError)
    assert not issubclass(errors.FatalError, errors.TransientError)
    assert issubclass(errors.UnavailableError, errors.TransientError)
    assert issubclass(errors.DeadlineError, errors.TransientError)
    assert not issubclass(errors.DeadlineError, errors.UnavailableError)
