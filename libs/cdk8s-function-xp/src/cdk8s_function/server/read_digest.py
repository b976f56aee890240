"""A digest of the values that a chart read, to tell whether any of them has changed since.

The worker reports the paths that were read (`cdk8s_function.chart.read_log`);
the server takes a digest of the values at these paths in later requests of the XR.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import cast

from cdk8s_function.chart.read_log import ABSENT, walk
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import How, Read, SynthRequest
from cdk8s_function.protocol.structs import Fields

_ROOTS = frozenset(
    {
        "composite",
        "connection",
        "observed",
        "observed_connection",
        "required",
        "schemas",
        "context",
        "credentials",
    }
)
"""Fields of SynthRequest that a read may be of. The others are part of a cached output's key."""

_encode = json.JSONEncoder(default=dict).encode
"""What json.dumps does, without making an encoder for each value."""


def digest(request: SynthRequest, reads: Iterable[Read], *, secret: bytes) -> bytes | None:
    """Return a digest of the values that a chart read, which reveals nothing else of them.

    Args:
        request: Where to look.
        reads: What was read.
        secret: Key of the digest, up to 64 bytes: without it nobody can find
            the values by trial.

    Returns:
        32 bytes; None if a path can't be looked up.
    """
    taken = hashlib.blake2b(key=secret, digest_size=32)
    for read in reads:
        root, *path = read.path or ("",)
        if root not in _ROOTS:
            return None
        part = _part(getattr(request, str(root)), path, read.how)
        taken.update(b"%d:" % len(part))
        taken.update(part)
    return taken.digest()


def _part(value: Json, path: list[str | int], how: How) -> bytes:
    if how == "value" and path:
        *above, last = path
        parent = walk(value, above)
        if isinstance(parent, Fields):
            encoded = parent.encoded(cast("str", last))
            return b"absent" if encoded is None else b"=" + encoded
    found = walk(value, path)
    if how == "value":
        return b"absent" if found is ABSENT else b"=" + _text(found)
    shape = _shape(found)
    if how == "shape":
        return shape
    if isinstance(found, Mapping):
        return shape + _text(list(cast("Mapping[str, Json]", found)))
    return shape + (b"%d" % len(cast("list[Json]", found)) if isinstance(found, list) else b"")


def _shape(value: object) -> bytes:
    match value:
        case None:
            return b"null"
        case bool():
            return b"bool"
        case int() | float():
            return b"number"
        case str():
            return b"text"
        case list():
            return b"list"
        case Mapping():
            return b"mapping"
        case _:
            return b"absent"


def _text(value: Json) -> bytes:
    # In the order that a chart sees, as its output may depend on that.
    return _encode(value).encode()
