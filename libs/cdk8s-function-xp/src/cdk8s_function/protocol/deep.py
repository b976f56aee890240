"""Read messages that nest deeper than protobuf allows in Python.

protobuf refuses messages that nest deeper than 100 messages. A level of a Struct
takes three (a mapping, its entry, the entry's value), so this is 33 levels, and
OpenAPI schemas have more. protobuf has only one other limit: a switch for the whole
process raises it to 65,535 (python/message.c, `allow_oversize_protos`). A message
from an attacker could then overflow the stack. So the switch is on only while one
message is parsed here, and all messages from outside are parsed here too, one at a
time.
"""

import threading
from collections.abc import Iterable
from typing import TypeVar

from google._upb import _message
from google.protobuf import message, struct_pb2

MessageT = TypeVar("MessageT", bound=message.Message)

STACK_BYTES = 64 << 20
"""Stack of a thread in which messages of 65,535 levels can be read, copied and written."""

_LARGE_BYTES = 1 << 16

_switch = threading.Lock()


def parse_from_outside(kind: type[MessageT], wire: bytes) -> MessageT:
    """Return a message that nests no deeper than 100 messages.

    Args:
        kind: What it is.
        wire: Its wire form, whoever made it.

    Raises:
        message.DecodeError: If it is none, or nests deeper.
    """
    with _switch:
        return kind.FromString(wire)


def merge_from_outside(into: message.Message, wire: bytes) -> None:
    """Merge a message that nests no deeper than 100 messages into another.

    Args:
        into: The other one.
        wire: The wire form of a message of the same kind, whoever made it.

    Raises:
        message.DecodeError: If it is none, or nests deeper.
    """
    with _switch:
        into.MergeFromString(wire)


def parse(kind: type[MessageT], wire: bytes) -> MessageT:
    """Return a message however deep it nests.

    Args:
        kind: What it is.
        wire: Its wire form. Of a message from outside, only in a thread with a stack of `STACK_BYTES`.

    Raises:
        message.DecodeError: If it is none.
    """
    made = kind()
    merge(made, wire)
    return made


def merge(into: message.Message, wire: bytes) -> None:
    """Merge a message into another, however deep it nests.

    Args:
        into: The other one.
        wire: The wire form of a message of the same kind.

    Raises:
        message.DecodeError: If it is none.
    """
    with _switch:
        _message.SetAllowOversizeProtos(True)  # noqa: FBT003  # It takes it by place only.
        try:
            into.MergeFromString(wire)
        finally:
            _message.SetAllowOversizeProtos(False)  # noqa: FBT003  # As above.


def copy(into: message.Message, original: message.Message) -> None:
    """Copy a message, in time linear in its size.

    protobuf's own copy puts the keys of a map in the order of their hashes into a smaller map, where they collide: it
    takes a second for 300,000 keys. In the order of the keys they do not.

    Args:
        into: What it is copied to, empty.
        original: A message of the same kind.
    """
    if original.ByteSize() < _LARGE_BYTES:
        into.CopyFrom(original)
    else:
        merge(into, original.SerializeToString(deterministic=True))


def struct_parts(value: struct_pb2.Struct | struct_pb2.ListValue) -> Iterable[tuple[str | int, object]]:
    """Return the parts of a Struct or a list, see `nesting.Parts`."""
    if isinstance(value, struct_pb2.Struct):
        found: Iterable[tuple[str | int, struct_pb2.Value]] = value.fields.items()
    else:
        found = enumerate(value.values)
    parts: list[tuple[str | int, object]] = []
    for step, item in found:
        kind = item.WhichOneof("kind")
        if kind == "struct_value":
            parts.append((step, item.struct_value))
        elif kind == "list_value":
            parts.append((step, item.list_value))
    return parts
