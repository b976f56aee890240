"""A large request is read as protobuf reads it, but for what holds too much: that is refused, whatever it is."""

import random
from collections.abc import Callable
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.protocol import deep, structs
from cdk8s_function.server import edge, large_request, request
from cdk8s_function.sizes import VALUES
from google.protobuf import message, struct_pb2


def values(count: int) -> bytes:
    """Return a Struct of so many values, a list and its items."""
    items = struct_pb2.ListValue(values=[struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)] * (count - 1))
    return struct_pb2.Struct(fields={"items": struct_pb2.Value(list_value=items)}).SerializeToString()


MOST, TOO_MANY = values(VALUES), values(VALUES + 1)

XR = {"apiVersion": "example.org/v1", "kind": "Web", "metadata": {"name": "demo", "namespace": "team-a"}}


def sent() -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest(meta={"tag": "tag"})
    structs.fill(req.observed.composite.resource, XR)
    structs.fill(req.desired.resources["earlier"].resource, {"kind": "Bucket", "metadata": {"name": "earlier"}})
    structs.fill(req.context, {"earlier": ["step", 1.5, {}]})
    return req


OBJECTS: list[tuple[str, Callable[[fnv1.RunFunctionRequest], struct_pb2.Struct]]] = [
    ("observed.composite", lambda req: req.observed.composite.resource),
    ('observed.resources["a"]', lambda req: req.observed.resources["a"].resource),
    ("desired.composite", lambda req: req.desired.composite.resource),
    ('desired.resources["a"]', lambda req: req.desired.resources["a"].resource),
    ("input", lambda req: req.input),
    ("context", lambda req: req.context),
    ('required_resources["a"][1]', lambda req: [req.required_resources["a"].items.add() for _ in "ab"][1].resource),
    ('required_resources["a"][0]', lambda req: req.extra_resources["a"].items.add().resource),
    ('required_schemas["a"]', lambda req: req.required_schemas["a"].openapi_v3),
]


def read(wire: bytes) -> Any:
    return edge._read(wire, deep.merge_from_outside)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(("where", "at"), OBJECTS, ids=[where for where, _ in OBJECTS])
def test_an_object_of_too_many_values_is_refused_by_its_path(
    where: str, at: Callable[[fnv1.RunFunctionRequest], struct_pb2.Struct]
) -> None:
    req, most = sent(), sent()
    at(req).MergeFromString(TOO_MANY)
    at(most).MergeFromString(MOST)

    refused = read(req.SerializeToString())

    subject = "the request" if where == "observed.composite" else 'Web "team-a/demo"'
    line = f"cannot compose {subject}: the request's {where} holds more than {VALUES} values; make it smaller"
    assert fnv1.RunFunctionResponse.FromString(refused.response) == fnv1.RunFunctionResponse(
        meta=fnv1.ResponseMeta(tag="tag", ttl={}),
        desired=req.desired,
        context=req.context,
        results=[fnv1.Result(severity=fnv1.SEVERITY_FATAL, message=line)],
    )
    # With one value less, and with the values that it holds already, it is not.
    if not at(sent()).fields:
        assert read(most.SerializeToString()) == most


RESOURCES: list[tuple[str, Callable[[fnv1.RunFunctionRequest, str], object]]] = [
    ("observed", lambda req, key: req.observed.resources[key].resource.get_or_create_struct("spec")),
    ("desired", lambda req, key: req.desired.resources[key].resource.get_or_create_struct("spec")),
    ("required", lambda req, _: req.required_resources["a"].items.add().resource.get_or_create_struct("spec")),
    ("requirements", lambda req, key: req.required_resources[key].SetInParent()),
]


@pytest.mark.parametrize(("where", "add"), RESOURCES, ids=[where for where, _ in RESOURCES])
def test_too_many_resources_are_refused_before_they_are_read(
    where: str, add: Callable[[fnv1.RunFunctionRequest, str], object]
) -> None:
    req = sent()
    # "earlier" is a desired one too.
    found = 2 * request.RESOURCES + (where == "desired")
    for number in range(2 * request.RESOURCES):
        add(req, f"a-rather-long-key-{number}")

    refused = read(req.SerializeToString())

    line = f"the request holds {found} resources, and {request.RESOURCES} is the most that is taken; split the XR"
    assert fnv1.RunFunctionResponse.FromString(refused.response) == fnv1.RunFunctionResponse(
        meta=fnv1.ResponseMeta(tag="tag", ttl={}),
        desired=req.desired,
        context=req.context,
        results=[fnv1.Result(severity=fnv1.SEVERITY_FATAL, message=f'cannot compose Web "team-a/demo": {line}')],
    )


def test_text_is_no_values_whatever_is_in_it() -> None:
    req = sent()
    structs.fill(req.observed.resources["a"].resource, {"data": {"text": "\n" * 3 * VALUES, "more": ["\n" * VALUES]}})

    assert read(req.SerializeToString()) == req


def whole() -> bytes:
    """Return a request that has something of everything."""
    req = sent()
    structs.fill(req.desired.composite.resource, {"status": {"a": [1, None, True, "text", {"b": [[]]}]}})
    req.desired.composite.connection_details["a"] = b"\xff\n"
    structs.fill(req.input, {"chart": "web", "props": {"a": [{}] * 9}})
    for key in "abc":
        req.observed.resources[key].ready = fnv1.READY_TRUE
        structs.fill(req.observed.resources[key].resource, {"spec": {key: list(range(9)), "text": "\n" * 50}})
        req.credentials[key].credential_data.data[key] = b"secret" * 20
        for resources in (req.required_resources, req.extra_resources):
            for _ in range(3):
                structs.fill(resources[key].items.add().resource, {"metadata": {"name": key * 50}})
        structs.fill(req.required_schemas[key].openapi_v3, {"properties": {key: {"type": "object"}}})
    req.meta.capabilities.append(fnv1.CAPABILITY_CAPABILITIES)
    return req.SerializeToString()


def outcome(parse: Callable[[bytes], Any], wire: bytes) -> Any:
    try:
        return parse(wire)
    except message.DecodeError:
        return "none"


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_are_read_as_protobuf_reads_them_whole(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_request, "LARGE_BYTES", 60)
    monkeypatch.setattr(large_request, "_PIECE_BYTES", 30)
    draw = random.Random(seed)
    assert read(whole()) == fnv1.RunFunctionRequest.FromString(whole())
    for _ in range(100):
        wire = bytearray(whole() * draw.choice((1, 2)))
        for _ in range(draw.randint(0, 3)):
            at = draw.randrange(len(wire))
            wire[at : at + 1] = draw.choice((bytes([draw.randrange(128)]), b"", b"\x8a\x00", wire[at : at + 9]))

        expected = outcome(fnv1.RunFunctionRequest.FromString, bytes(wire))
        found = outcome(read, bytes(wire))

        assert found == expected, bytes(wire)
