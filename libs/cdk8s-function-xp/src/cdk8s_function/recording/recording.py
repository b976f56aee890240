"""A recorded request, and its form in a log.

    header (one line of JSON) + RunFunctionRequest (protobuf)  ->  zlib  ->  base64, in parts of a log line each

A part is one word with a mark, so that it is found again whatever a log format
or collector adds around it. Of the response only digests are kept, one of each
part, to find where another response differs.
"""

import base64
import dataclasses
import hashlib
import importlib.metadata
import json
import platform
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import msgspec
from google.protobuf import field_mask_pb2, message

from cdk8s_function.protocol import deep
from cdk8s_function.protocol.messages import ChartRef, Secrecy

FORMAT = 1
"""Version of the form."""

PART_BYTES = 12_000
"""Longest data in a log line: containerd breaks lines of more than 16 KiB (its max_container_log_line_size)."""

_PART = re.compile(r"cdk8s-recording:([0-9a-f]{12}):([0-9]{1,4})/([0-9]{1,4}):([A-Za-z0-9+/]+=*)")

_MOST_BYTES = 64 << 20
"""What a recording may unpack to."""

_DAMAGED = "it is damaged"
_ID_FIGURES = 12
_DIGEST_FIGURES = 16
_PACKAGES = ("cdk8s-function-xp", "cdk8s", "constructs", "jsii", "pydantic")


class InvalidError(Exception):
    """Bytes are not a recording; `str()` is why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a request.

    Attributes:
        kind: `response`, `FATAL`, or the name of a gRPC status.
        message: The line of a FATAL result or status.
        parts: Digests of the response's parts, by path; empty if there was no response.
    """

    kind: str
    message: str = ""
    parts: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """One digest of all parts."""
        return _digest(json.dumps(self.parts, sort_keys=True).encode())

    def differences(self, other: "Outcome") -> list[str]:
        """Return the paths of the parts that are not the same in another outcome, sorted."""
        paths = {*self.parts, *other.parts}
        return sorted(path for path in paths if self.parts.get(path) != other.parts.get(path))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Header:
    at: str
    chart: ChartRef
    versions: Mapping[str, str]
    secrecy: Secrecy
    outcome: Outcome


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording(_Header):
    """A request without its secrets, and its outcome.

    Attributes:
        at: When that was, in ISO 8601.
        chart: Its chart.
        versions: What the function was made of: versions by package.
        secrecy: The secrets that the chart's models declare.
        outcome: Its outcome.
        request: The request.
    """

    request: fnv1.RunFunctionRequest

    def encode(self) -> bytes:
        """Return its bytes, uncompressed."""
        header = {field.name: getattr(self, field.name) for field in dataclasses.fields(_Header)}
        line = msgspec.json.encode({"format": FORMAT, **header})
        return line + b"\n" + self.request.SerializeToString(deterministic=True)

    @classmethod
    def decode(cls, encoded: bytes) -> "Recording":
        """Return the recording in bytes made by `encode`.

        Raises:
            InvalidError: If they hold none, or one of another version.
        """
        line, _, rest = encoded.partition(b"\n")
        try:
            header: dict[str, Any] = json.loads(line)
            if header["format"] != FORMAT:
                msg = f"it is of format {header['format']}, and this function-cdk8s reads format {FORMAT}"
                raise InvalidError(msg)
            request = deep.parse(fnv1.RunFunctionRequest, rest)
            return cls(**vars(msgspec.convert(header, _Header)), request=request)
        except (ValueError, KeyError, TypeError, msgspec.ValidationError, message.DecodeError) as error:
            raise InvalidError(_DAMAGED) from error


def versions() -> dict[str, str]:
    """Return the versions of what makes a response here, beside the chart's."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in _PACKAGES}}


def outcome(response: fnv1.RunFunctionResponse) -> Outcome:
    """Return the outcome of a response without secrets.

    Args:
        response: The response.
    """
    fatal = next((result.message for result in response.results if result.severity == fnv1.SEVERITY_FATAL), None)
    return Outcome(
        kind="response" if fatal is None else "FATAL",
        message=fatal or "",
        parts={path: _digest(part.SerializeToString(deterministic=True)) for path, part in _parts(response)},
    )


def _parts(response: fnv1.RunFunctionResponse) -> Iterator[tuple[str, message.Message]]:
    for key, resource in response.desired.resources.items():
        yield f'desired.resources["{key}"]', resource
    yield "desired.composite", response.desired.composite
    # What is left, each with its own digest, so that a difference has a path.
    for field in response.DESCRIPTOR.fields:
        if field.name not in {"desired", "meta"}:
            part = fnv1.RunFunctionResponse()
            field_mask_pb2.FieldMask(paths=[field.name]).MergeMessage(response, part)
            yield field.name, part
    yield "meta.ttl", response.meta.ttl


def pack(encoded: bytes) -> tuple[str, list[str]]:
    """Return a recording's id, and its parts for log lines.

    Args:
        encoded: What `Recording.encode` returned.
    """
    packed = zlib.compress(encoded, level=9)
    text = base64.b64encode(packed).decode()
    name = _name(packed)
    data = [text[start : start + PART_BYTES] for start in range(0, len(text), PART_BYTES)]
    return name, [f"cdk8s-recording:{name}:{index}/{len(data)}:{part}" for index, part in enumerate(data, start=1)]


def find(log: str) -> dict[str, list[str]]:
    """Return the recordings in a log, by id, the last one last: their data, "" for a part that is missing.

    Args:
        log: Text, of any format, that holds the parts.
    """
    found: dict[str, list[str]] = {}
    for match in _PART.finditer(log):
        name, index, count = match[1], int(match[2]), int(match[3])
        if 1 <= index <= count:
            found.setdefault(name, [""] * count)
            if len(found[name]) == count:
                found[name][index - 1] = match[4]
    return found


def unpack(name: str, data: Sequence[str]) -> Recording:
    """Return the recording that `find` found.

    Args:
        name: Its id.
        data: Its data.

    Raises:
        InvalidError: If that is not all of it.
    """
    missing = [str(index) for index, part in enumerate(data, start=1) if not part]
    if missing:
        msg = f"part {', '.join(missing)} of {len(data)} is missing; take more of the log"
        raise InvalidError(msg)
    try:
        packed = base64.b64decode("".join(data), validate=True)
        unpacking = zlib.decompressobj()
        encoded = unpacking.decompress(packed, _MOST_BYTES)
    except (ValueError, zlib.error) as error:
        raise InvalidError(_DAMAGED) from error
    if _name(packed) != name or not unpacking.eof:
        raise InvalidError(_DAMAGED)
    return Recording.decode(encoded)


def _name(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()[:_ID_FIGURES]


def _digest(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()[:_DIGEST_FIGURES]
