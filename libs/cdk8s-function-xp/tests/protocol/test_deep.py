"""Messages that nest deep are read where they may be, and only there."""

from typing import Any

import pytest
from cdk8s_function import nesting
from cdk8s_function.protocol import deep, structs
from google.protobuf import message, struct_pb2


def struct(levels: int) -> struct_pb2.Struct:
    made: Any = struct_pb2.Struct()
    fields = made.fields
    for _ in range(levels - 1):
        fields = fields["a"].struct_value.fields
    fields["a"].string_value = "leaf"
    return made


def test_protobufs_own_limit_holds_for_what_comes_from_outside() -> None:
    assert deep.parse_from_outside(struct_pb2.Struct, struct(33).SerializeToString()) == struct(33)
    with pytest.raises(message.DecodeError):
        deep.parse_from_outside(struct_pb2.Struct, struct(34).SerializeToString())
    # Also after a deep one was read.
    deep.parse(struct_pb2.Struct, struct(34).SerializeToString())
    with pytest.raises(message.DecodeError):
        deep.parse_from_outside(struct_pb2.Struct, struct(34).SerializeToString())


@pytest.mark.parametrize("levels", [34, nesting.LEVELS])
def test_a_deep_message_is_read_and_merged(levels: int) -> None:
    wire = struct(levels).SerializeToString()
    into = struct_pb2.Struct()
    into.update({"b": 1})

    deep.merge(into, wire)

    assert deep.parse(struct_pb2.Struct, wire).SerializeToString(deterministic=True) == wire
    assert sorted(into.fields) == ["a", "b"]


def test_what_is_no_message_stays_none() -> None:
    with pytest.raises(message.DecodeError):
        deep.parse(struct_pb2.Struct, b"\xff")


FIELDS: dict[str, Any] = {
    "text": "a",
    "empty": "",
    "yes": True,
    "no": False,
    "nothing": None,
    "whole": 3,
    "part": 2.5,
    "list": [1, "a", [], {}, [None, {"b": [False]}]],
    "empty list": [],
    "mapping": {"a": {"b": {}}, "c": [{"d": 1}]},
}


def test_a_struct_is_filled_as_its_own_update_fills_it() -> None:
    want, got = struct_pb2.Struct(), struct_pb2.Struct()
    want.update(FIELDS)

    structs.fill(got, FIELDS)

    assert got == want
    assert structs.to_dict(got) == FIELDS


@pytest.mark.parametrize("levels", [nesting.LEVELS + 1, 5_000])
def test_a_struct_does_not_take_a_value_that_nests_too_deep(levels: int) -> None:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}

    with pytest.raises(nesting.TooDeepError):
        structs.fill(struct_pb2.Struct(), value)


def test_a_struct_does_not_take_a_value_that_is_not_json() -> None:
    with pytest.raises(ValueError, match="object is no JSON value"):
        structs.fill(struct_pb2.Struct(), {"a": [object()]})
