"""Read a large request: no object of it may hold too many values, and others are served meanwhile.

protobuf's parser runs in C, and no other Python thread runs beside it: a million labels blocked every other call for a
second. So the values of each large object are counted in the request's bytes, an object with too many is refused before
anything is made of it, and the rest is parsed in pieces. Merging the pieces of a message one after the other gives the
same as parsing it whole (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
"""

import collections
import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import descriptor, message, struct_pb2

from cdk8s_function.errors import FatalError
from cdk8s_function.server import request
from cdk8s_function.server.call import Call
from cdk8s_function.server.request import RESOURCES
from cdk8s_function.sizes import VALUES

LARGE_BYTES = 2 * VALUES
"""What is no larger than this can't hold more than `VALUES` values: each takes a tag and a length."""

_PIECE_BYTES = 1 << 16

_HOLDERS = (struct_pb2.Struct.DESCRIPTOR, struct_pb2.ListValue.DESCRIPTOR)
_VALUE_TAGS = (b"\x0a", b"\x8a")
"""How the tag of a Struct's or a list's value begins; the second is not minimal, but protobuf takes it."""

Merge = Callable[[message.Message, bytes], None]
"""Merges a message's wire form into the message."""


class _Field(NamedTuple):
    """Where a field is in the wire form; text, bytes and messages have a length, and their content from `begin` on."""

    number: int
    start: int
    length_at: int
    begin: int
    end: int
    has_length: bool


class TooLargeError(FatalError):
    """A request holds more than is taken.

    Args:
        reason: Of what it holds too much.
        read: What was read of it before that.
    """

    def __init__(self, reason: str, read: fnv1.RunFunctionRequest) -> None:
        """Say so."""
        super().__init__(reason)
        self._read = read

    def response(self, wire: bytes) -> tuple[Call, bytes]:
        """Return what is known of the call, and the response, which has desired state and context as they came.

        Args:
            wire: The request's wire form.
        """
        for part in ("desired", "context"):
            self._read.ClearField(part)
        call = Call(self._read)
        with contextlib.suppress(FatalError):
            call.recognise()
        parts = [call.refuse(self)]
        for field in _fields(wire, 0, len(wire)):
            name = _name(self._read, field)
            if name in ("desired", "context"):
                tag = fnv1.RunFunctionResponse.DESCRIPTOR.fields_by_name[name].number << 3 | 2
                parts.append(bytes([tag]) + wire[field.length_at : field.end])
        return call, b"".join(parts)


def parse(wire: bytes, merge: Merge) -> fnv1.RunFunctionRequest:
    """Return a request.

    Args:
        wire: Its wire form.
        merge: How to merge a piece of it.

    Raises:
        message.DecodeError: If it is none.
        TooLargeError: If it holds too many resources, or an object of it too many values.
    """
    req = fnv1.RunFunctionRequest()

    def read(into: message.Message, begin: int, end: int, where: str = "") -> None:
        start = begin
        for place, field in enumerate(_fields(wire, begin, end)):
            if place == RESOURCES:
                check_resources(begin, end)
            if field.end - field.start > LARGE_BYTES:
                merge(into, wire[start : field.start])
                read_large(into, field, where, place)
                start = field.end
            elif field.end - start > _PIECE_BYTES:
                merge(into, wire[start : field.end])
                start = field.end
        merge(into, wire[start:end])

    def read_large(into: message.Message, field: _Field, where: str, place: int) -> None:
        name = _name(into, field)
        if name in ("observed", "desired"):
            read(getattr(into, name), field.begin, field.end, f"{name}.")
        elif name in ("required_resources", "extra_resources"):
            key, found = _entry(wire, field)
            resources = cast("Mapping[str, fnv1.Resources]", getattr(into, name))[key]
            # Of two entries with one key the last counts.
            resources.Clear()
            read(resources, found.begin, found.end, f'required_resources["{key}"]')
        else:
            kind = _kinds(into.DESCRIPTOR).get(field.number)
            if kind and _has_too_many(wire, field, kind):
                if kind.GetOptions().map_entry:
                    name = f'{name}["{_entry(wire, field)[0]}"]'
                where = f"{where}[{place}]" if name == "items" else f"{where}{name}"
                msg = f"the request's {where} holds more than {VALUES} values; make it smaller"
                raise TooLargeError(msg, req)
            merge(into, wire[field.start : field.end])

    def check_resources(begin: int, end: int) -> None:
        numbers = collections.Counter(field.number for field in _fields(wire, begin, end))
        try:
            request.check_count(max(numbers.values()))
        except FatalError as fault:
            raise TooLargeError(str(fault), req) from fault

    read(req, 0, len(wire))
    return req


def _fields(wire: bytes, begin: int, end: int) -> Iterator[_Field]:
    at = begin
    while at < end:
        start = at
        tag, at = _varint(wire, at, end)
        length_at = at
        match tag & 7:
            case 2:
                length, at = _varint(wire, at, end)
            case 0:
                length, at = 0, _varint(wire, at, end)[1]
            case 1:
                length = 8
            case 5:
                length = 4
            case _:
                # A group, which no version of the message has.
                raise message.DecodeError
        if at + length > end:
            raise message.DecodeError
        yield _Field(tag >> 3, start, length_at, at, at + length, tag & 7 == 2)  # noqa: PLR2004  # As above.
        at += length


def _varint(wire: bytes, at: int, end: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    value = shift = 0
    while at < end and shift < 64:  # noqa: PLR2004  # Bits of the largest.
        byte = wire[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  # No byte follows.
            return value, at
        shift += 7
    raise message.DecodeError


def _entry(wire: bytes, field: _Field) -> tuple[str, _Field]:
    """Return the key and the value of a map's entry."""
    key, value = "", field._replace(begin=field.end)
    for part in _fields(wire, field.begin, field.end):
        if part.number == 1:
            try:
                key = wire[part.begin : part.end].decode()
            except UnicodeDecodeError as error:
                raise message.DecodeError from error
        else:
            value = part
    return key, value


def _name(holder: message.Message, field: _Field) -> str:
    known = holder.DESCRIPTOR.fields_by_number.get(field.number)
    return known.name if known else ""


@functools.cache
def _kinds(kind: descriptor.Descriptor) -> dict[int, descriptor.Descriptor]:
    """Return the fields of a message that are messages themselves."""
    return {field.number: field.message_type for field in kind.fields if field.message_type}


def _has_too_many(wire: bytes, field: _Field, kind: descriptor.Descriptor) -> bool:
    """Return whether a message holds more than `VALUES` values."""
    if sum(wire.count(tag, field.begin, field.end) for tag in _VALUE_TAGS) <= VALUES:
        return False
    found, within = 0, [(kind, _fields(wire, field.begin, field.end))]
    while within:
        kind, parts = within[-1]
        kinds = _kinds(kind)
        for part in parts:
            if part.has_length and part.number in kinds:
                found += kind in _HOLDERS
                if found > VALUES:
                    return True
                within.append((kinds[part.number], _fields(wire, part.begin, part.end)))
                break
        else:
            within.pop()
    return False
