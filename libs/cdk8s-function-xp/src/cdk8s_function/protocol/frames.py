"""The wire form of messages between the server and its workers: JSON, one message in a frame.

JSON cannot hold code, so frames from a worker are safe to decode. Structs follow a
request's JSON in their own wire form.
"""

import abc
import dataclasses
import struct
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import (
    ChartRef,
    Ready,
    Reply,
    Synthesised,
    SynthFailure,
    SynthRequest,
    SynthResult,
)

_LENGTH = struct.Struct("!I")


class Packed(Mapping[str, Json]):
    """A mapping that is sent to a worker in its own wire form: most of it is never read."""

    __slots__ = ()

    @abc.abstractmethod
    def pack(self) -> bytes:
        """Return the wire form."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _FromWorker:
    """What a worker sends: its `Ready`, or a reply with a result or a failure."""

    ready: Ready | None = None
    result: SynthResult | None = None
    failure: SynthFailure | None = None
    synthesised: Synthesised | None = None
    spoiled: str = ""


def encode_request(request: SynthRequest) -> bytes:
    """Return the wire form of a request: the length of its JSON, the JSON, and what that holds packed.

    In the JSON a `Packed` is `[start, end]`, where it is in what follows.
    """
    parts: list[bytes] = []
    end = 0

    def put(value: object) -> object:
        nonlocal end
        if not isinstance(value, Packed):
            return _plain(value)
        parts.append(value.pack())
        start, end = end, end + len(parts[-1])
        return start, end

    text = msgspec.json.encode(request, enc_hook=put)
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

    fields: dict[str, Any] = msgspec.json.decode(text)
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
    """Return the wire form of a worker's message.

    Raises:
        TypeError: If it holds a value that msgspec has no JSON form for.
        ValueError: If it holds text that is not Unicode.
    """
    if isinstance(message, Ready):
        sent = _FromWorker(ready=message)
    else:
        outcome = message.outcome
        sent = _FromWorker(
            result=outcome if isinstance(outcome, SynthResult) else None,
            failure=outcome if isinstance(outcome, SynthFailure) else None,
            synthesised=message.synthesised,
            spoiled=message.spoiled,
        )
    return _encoder.encode(sent)


def decode_from_worker(frame: bytes | bytearray) -> Ready | Reply:
    """Return the message in a frame made by `encode_from_worker`.

    Raises:
        ValueError: If the frame holds nothing of the kind; it names the first field that is wrong.
    """
    try:
        found = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        msg = f"not a worker's message: {error}"
        raise ValueError(msg) from error
    outcome = found.result or found.failure
    if found.ready is not None:
        return found.ready
    if outcome is None:
        msg = "not a worker's message: it has neither a result nor a failure"
        raise ValueError(msg)
    return Reply(outcome=outcome, synthesised=found.synthesised, spoiled=found.spoiled)


def _plain(value: object) -> object:
    """Return a value that msgspec knows for one that it does not: it takes no subclasses of text and of numbers."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Json]", value))
    # Not by str(): a subclass may say something else then.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    msg = f"Object of type {type(value).__name__} is not JSON serializable"
    raise TypeError(msg)


# Made before any chart is imported, which may put something else in the place of msgspec's functions.
_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoder = msgspec.json.Decoder(_FromWorker)
