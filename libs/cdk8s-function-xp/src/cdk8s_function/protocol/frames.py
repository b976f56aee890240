"""The wire form of messages between the server and its workers: JSON, one message in a frame.

JSON cannot hold code, so frames from a worker are safe to decode. Structs follow a
request's JSON in their own wire form.
"""

import abc
import dataclasses
import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import (
    ChartRef,
    ComposedResource,
    Condition,
    Event,
    How,
    Kernel,
    Read,
    Ready,
    Reply,
    ResourceRequirement,
    SchemaRequirement,
    Secrecy,
    Synthesised,
    SynthFailure,
    SynthRequest,
    SynthResult,
    Verification,
)

_LENGTH = struct.Struct("!I")


class Packed(Mapping[str, Json]):
    """A mapping that is sent to a worker in its own wire form: most of it is never read."""

    __slots__ = ()

    @abc.abstractmethod
    def pack(self) -> bytes:
        """Return the wire form."""


def encode_request(request: SynthRequest) -> bytes:
    """Return the wire form of a request: the length of its JSON, the JSON, and what that holds packed.

    In the JSON a `Packed` is `[start, end]`, where it is in what follows.
    """
    parts: list[bytes] = []
    end = 0

    def put(value: object) -> object:
        nonlocal end
        if not isinstance(value, Packed):
            return _fields(value)
        parts.append(value.pack())
        start, end = end, end + len(parts[-1])
        return start, end

    text = json.dumps(request, default=put).encode()
    return b"".join((_LENGTH.pack(len(text)), text, *parts))


def decode_request(frame: bytes | bytearray, *, unpack: Callable[[bytes], Mapping[str, Json]]) -> SynthRequest:
    """Return the request in a frame made by `encode_request`.

    Args:
        frame: The frame.
        unpack: Opens what `Packed.pack` made.
    """
    (length,) = _LENGTH.unpack_from(frame)
    text, parts = frame[_LENGTH.size : _LENGTH.size + length], bytes(frame[_LENGTH.size + length :])

    def opened(value: list[int] | Mapping[str, Json]) -> Mapping[str, Json]:
        return unpack(parts[value[0] : value[1]]) if isinstance(value, list) else value

    fields: dict[str, Any] = json.loads(text)
    return SynthRequest(
        chart=ChartRef(**fields.pop("chart")),
        composite=opened(fields.pop("composite")),
        observed={key: opened(manifest) for key, manifest in fields.pop("observed").items()},
        required={name: [opened(each) for each in found] for name, found in fields.pop("required").items()},
        schemas={name: opened(schema) for name, schema in fields.pop("schemas").items()},
        context=opened(fields.pop("context")),
        **fields,
    )


def encode_from_worker(message: Ready | Reply) -> bytes:
    """Return the wire form of a worker's message."""
    failed = isinstance(message, Reply) and isinstance(message.outcome, SynthFailure)
    # Text with lone surrogates is not Unicode: protobuf would refuse it later, encode() refuses it here.
    text = json.dumps([type(message).__name__, failed, message], default=_fields, allow_nan=False, ensure_ascii=False)
    return text.encode()


def decode_from_worker(frame: bytes | bytearray) -> Ready | Reply:
    """Return the message in a frame made by `encode_from_worker`.

    Raises:
        ValueError: If the frame holds nothing of the kind.
    """
    try:
        kind, failed, body = json.loads(frame)
        if kind == Ready.__name__:
            return Ready(**body)
        fields: dict[str, Any] = body["outcome"]
        outcome = SynthFailure(**fields) if failed else _result(fields)
        made = body["synthesised"]
        synthesised = None if made is None else _synthesised(**made)
        return Reply(outcome=outcome, synthesised=synthesised, spoiled=body["spoiled"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"not a worker's message: {error!r}"
        raise ValueError(msg) from error


def _fields(message: object) -> Mapping[str, Any]:
    if isinstance(message, Mapping):
        return dict(cast("Mapping[str, Json]", message))
    # dataclasses.asdict copies every manifest deeply, which costs more than the encoding.
    if not dataclasses.is_dataclass(message):
        msg = f"Object of type {type(message).__name__} is not JSON serializable"
        raise TypeError(msg)
    return {name: getattr(message, name) for name in message.__dataclass_fields__}


def _result(fields: dict[str, Json]) -> SynthResult:
    return SynthResult(
        resources=tuple(_composed(*resource) for resource in fields["resources"]),
        status=fields["status"],
        ready=fields["ready"],
        connection=fields["connection"],
        conditions=tuple(Condition(**c) for c in fields["conditions"]),
        events=tuple(Event(**e) for e in fields["events"]),
        requirements={name: ResourceRequirement(**r) for name, r in fields["requirements"].items()},
        schemas={name: SchemaRequirement(**s) for name, s in fields["schemas"].items()},
        context=fields["context"],
        ttl_seconds=fields["ttl_seconds"],
        reads=None if fields["reads"] is None else tuple(_read(*r) for r in fields["reads"]),
        secrecy=None if fields["secrecy"] is None else Secrecy.from_json(fields["secrecy"]),
    )


def _synthesised(kernel: object, verification: object, difference: str) -> Synthesised:
    if kernel not in get_args(Kernel) or verification not in (None, *get_args(Verification)):
        msg = f"no synthesis: {kernel!r}, {verification!r}"
        raise ValueError(msg)
    return Synthesised(kernel=kernel, verification=verification, difference=str(difference))  # pyright: ignore[reportArgumentType]  # Checked just now.


def _composed(key: str, manifest: dict[str, Json], ready: bool | None, moved_from: list[str]) -> ComposedResource:  # noqa: FBT001  # As in its message.
    return ComposedResource(key, manifest, ready, tuple(moved_from))


def _read(how: object, path: list[object]) -> Read:
    if how not in get_args(How) or not all(isinstance(step, str | int) for step in path):
        msg = f"no read: {how!r} of {path!r}"
        raise ValueError(msg)
    return Read(how=how, path=tuple(path))  # pyright: ignore[reportArgumentType]  # Checked just now.
