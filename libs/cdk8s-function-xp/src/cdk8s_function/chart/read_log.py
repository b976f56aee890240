"""The log of what a chart reads of its request, and the mappings that write it.

A chart's output can be used again as long as nothing that the chart read has
changed. A worker logs each read by its path in the SynthRequest, in one of three ways:

    shape   what kind of value is there: absent, null, text, a mapping, …
    keys    that, and a mapping's keys or a list's length
    value   all of it, down to the leaves

A `View` logs the keys that are looked up in it. Anything else, such as a list or a dict
below a View, counts as read whole: C code can read a dict without calling
Python.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import How, Path, Read

_STRENGTH: Mapping[How, int] = {"shape": 0, "keys": 1, "value": 2}

ABSENT = object()
"""What `walk` returns if there is nothing at a path."""


class ReadLog:
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
        for index, step in enumerate(sound):
            if not _is_step(step):
                # No message can hold this step, and no value has it: log its parent instead.
                sound, how = sound[:index], "value"
                break
        steps = cast("Path", sound)
        earlier = self._reads.get(steps)
        if earlier is None or _STRENGTH[earlier] < _STRENGTH[how]:
            self._reads[steps] = how

    def spoil(self) -> None:
        """Note that another synthesis would make other output, so that this one is not cached."""
        self._unrepeatable = True

    def reads(self) -> tuple[Read, ...] | None:
        """Return what was read, without what another read covers; None if the output must not be cached."""
        if self._unrepeatable:
            return None
        # A thread that the chart left running may still read.
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
    """A read-only mapping that notes which of its keys are looked up.

    Args:
        fields: What it shows.
        log: Where reads are logged.
        path: Where `fields` is in the request.
        hand: Converts a key's value before it is handed out, and logs what
            that reads; None hands out the value itself and counts all of it as read.
    """

    __slots__ = ("_fields", "_hand", "_log", "_path")

    def __init__(
        self,
        fields: Mapping[str, Json],
        log: ReadLog,
        path: Path,
        hand: Callable[[Json, ReadLog, Path], object] | None = None,
    ) -> None:
        """Show some fields."""
        self._fields = fields
        self._log = log
        self._path = path
        self._hand = hand

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401  # Any JSON, or what is made of it.
        path = (*self._path, key)
        if key not in self._fields:
            self._log.note("shape", path)
            raise KeyError(key)
        value = self._fields[key]
        if self._hand:
            return self._hand(value, self._log, path)
        self._log.note("value", path)
        return value

    def __contains__(self, key: object) -> bool:
        self._log.note("shape", (*self._path, key))
        return key in self._fields

    def __iter__(self) -> Iterator[str]:
        self._log.note("keys", self._path)
        return iter(self._fields)

    def __len__(self) -> int:
        self._log.note("keys", self._path)
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
        """Return a view whose log is discarded, for tests."""
        return cls(fields, ReadLog(), ())

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data, as `json.dumps` or a pydantic model takes it."""
        return {key: value.to_dict() if isinstance(value, View) else value for key, value in self.items()}

    def at(self, path: Sequence[str | int], default: object = None) -> Any:  # noqa: ANN401  # Any JSON.
        """Return the value at a path below, or a default if there is none; log no other read.

        Args:
            path: Keys and list indexes.
            default: What to return where there is no such field.
        """
        self._log.note("value", (*self._path, *path))
        value = walk(self._fields, path)
        return default if value is ABSENT else value

    def each(self, *path: str | int) -> "list[View]":
        """Return the mappings in the list at a path below, each as a View.

        Args:
            *path: Keys and list indexes.
        """
        below = (*self._path, *path)
        self._log.note("keys", below)
        items = walk(self._fields, path)
        found: list[View] = []
        for index, item in enumerate(cast("list[Json]", items) if isinstance(items, list) else ()):
            self._log.note("shape", (*below, index))
            if isinstance(item, Mapping):
                found.append(View(cast("Mapping[str, Json]", item), self._log, (*below, index)))
        return found


def walk(value: Json, path: Iterable[object]) -> Any:  # noqa: ANN401  # Any JSON, or ABSENT.
    """Return the value at a path of keys and list indexes below a value, ABSENT if there is none."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value
