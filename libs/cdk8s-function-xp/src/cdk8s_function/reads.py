"""What a chart reads of its request, and whether that has changed.

An answer may be given again as long as all that the chart read is as it was.
A worker notes each read by its path in the SynthRequest, and the server takes
a digest of what a later request holds there:

    shape   what kind of value is there: absent, null, text, a mapping, …
    keys    that, and a mapping's keys or a list's length
    value   all of it, down to the leaves

What is handed to a chart as a `View` notes the keys it is asked for. Anything
else, a list or a dict below a View, counts as read whole: C code can look into
a dict without a word to Python.
"""

import abc
import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from cdk8s_function.messages import How, Json, Path, Read, SynthRequest

_STRENGTH: Mapping[How, int] = {"shape": 0, "keys": 1, "value": 2}

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
"""Fields of SynthRequest that a read may be of. The others are part of an answer's key as they are."""

_ABSENT = object()

_encode = json.JSONEncoder(default=dict).encode
"""What json.dumps does, without making an encoder for each value."""


class Record:
    """The reads of one synthesis."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._reads: dict[Path, How] = {}
        self._unrepeatable = False

    def note(self, how: How, path: Sequence[object]) -> None:
        """Note a read.

        Args:
            how: How it was read.
            path: Where, from a field of the SynthRequest.
        """
        sound = tuple(path)
        for place, step in enumerate(sound):
            if not _is_step(step):
                # Nothing is there, but a message can't say where: take what it would be in.
                sound, how = sound[:place], "value"
                break
        steps = cast("Path", sound)
        known = self._reads.get(steps)
        if known is None or _STRENGTH[known] < _STRENGTH[how]:
            self._reads[steps] = how

    def spoil(self) -> None:
        """Note that the answer holds what another synthesis would make anew."""
        self._unrepeatable = True

    def reads(self) -> tuple[Read, ...] | None:
        """Return what was read, without what another read covers; None if the answer must not be given again."""
        if self._unrepeatable:
            return None
        # A thread that the chart left behind may go on reading.
        noted = dict(self._reads)
        return tuple(Read(how=how, path=path) for path, how in noted.items() if not _is_covered(path, noted))


def _is_covered(path: Path, noted: Mapping[Path, How]) -> bool:
    return any(noted.get(path[:length]) == "value" for length in range(len(path)))


def _is_step(step: object) -> bool:
    """Return whether a message can hold a step as it is: subclasses and lone surrogates it can't."""
    if type(step) is not str:
        return type(step) is int
    try:
        step.encode()
    except UnicodeEncodeError:
        return False
    return True


class View(Mapping[str, Any]):
    """A read-only mapping that notes which of its keys are asked for.

    Args:
        fields: What it shows.
        record: Where it notes.
        path: Where `fields` is in the request.
        hand: Makes what is handed out of a key's value, and notes what that
            reads; None hands out the value as it is, and counts all of it as read.
    """

    __slots__ = ("_fields", "_hand", "_path", "_record")

    def __init__(
        self,
        fields: Mapping[str, Json],
        record: Record,
        path: Path,
        hand: Callable[[Json, Record, Path], object] | None = None,
    ) -> None:
        """Show some fields."""
        self._fields = fields
        self._record = record
        self._path = path
        self._hand = hand

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401  # Any JSON, or what is made of it.
        path = (*self._path, key)
        if key not in self._fields:
            self._record.note("shape", path)
            raise KeyError(key)
        value = self._fields[key]
        if self._hand:
            return self._hand(value, self._record, path)
        self._record.note("value", path)
        return value

    def __contains__(self, key: object) -> bool:
        self._record.note("shape", (*self._path, key))
        return key in self._fields

    def __iter__(self) -> Iterator[str]:
        self._record.note("keys", self._path)
        return iter(self._fields)

    def __len__(self) -> int:
        self._record.note("keys", self._path)
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return dict(self) == other

    __hash__ = None  # As a dict has none.

    def __repr__(self) -> str:
        return repr(dict(self))

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(self.to_dict(), memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.to_dict(),)

    @classmethod
    def of(cls, fields: Mapping[str, Json]) -> "View":
        """Return a view that notes for nobody, for tests."""
        return cls(fields, Record(), ())

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data, as `json.dumps` or a pydantic model takes it."""
        return {key: value.to_dict() if isinstance(value, View) else value for key, value in self.items()}

    def at(self, path: Sequence[str | int], default: object = None) -> Any:  # noqa: ANN401  # Any JSON.
        """Return the value at a path below, or a default where the path leads nowhere; read nothing else.

        Args:
            path: Keys and list indexes.
            default: What to return where there is no such field.
        """
        self._record.note("value", (*self._path, *path))
        value = _walk(self._fields, path)
        return default if value is _ABSENT else value

    def each(self, *path: str | int) -> "list[View]":
        """Return the mappings in the list at a path below, each as a View.

        Args:
            *path: Keys and list indexes.
        """
        below = (*self._path, *path)
        self._record.note("keys", below)
        items = _walk(self._fields, path)
        found: list[View] = []
        for place, item in enumerate(cast("list[Json]", items) if isinstance(items, list) else ()):
            self._record.note("shape", (*below, place))
            if isinstance(item, Mapping):
                found.append(View(cast("Mapping[str, Json]", item), self._record, (*below, place)))
        return found


class Encoded(Mapping[str, Json]):
    """A mapping that has bytes for each of its values, which are cheaper to get than the value."""

    __slots__ = ()

    @abc.abstractmethod
    def encoded(self, key: str) -> bytes | None:
        """Return bytes that stand for a key's value, None where there is none.

        Within one process equal values have equal bytes, and others have others.
        """


def digest(request: SynthRequest, reads: Iterable[Read], *, secret: bytes) -> bytes | None:
    """Return what tells the values a chart read from any others, and tells nothing else of them.

    Args:
        request: Where to look.
        reads: What was read.
        secret: Key of the digest, up to 64 bytes: without it nobody can try
            out values to find those of a digest.

    Returns:
        32 bytes; None if a read is of nothing that can be looked up.
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
        parent = _walk(value, above)
        if isinstance(parent, Encoded):
            encoded = parent.encoded(cast("str", last))
            return b"absent" if encoded is None else b"=" + encoded
    found = _walk(value, path)
    if how == "value":
        return b"absent" if found is _ABSENT else b"=" + _text(found)
    shape = _shape(found)
    if how == "shape":
        return shape
    if isinstance(found, Mapping):
        return shape + _text(list(cast("Mapping[str, Json]", found)))
    return shape + (b"%d" % len(cast("list[Json]", found)) if isinstance(found, list) else b"")


def _walk(value: Json, path: Iterable[object]) -> Any:  # noqa: ANN401  # Any JSON, or _ABSENT.
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value


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
    # In the order a chart would see: what it makes of a mapping may depend on that.
    return _encode(value).encode()
