"""Where two JSON values differ, as paths that people read."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from cdk8s_function.objects import Json

ABSENT: Any = object()
"""Stands for a value that is not there."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")

_Place = tuple["_Place | None", str]
"""Where a value is: the place around it, and the step from there as it is written."""


def first(one: Json, other: Json) -> str:
    """Return the path of the first difference: "" if there is none, "." if the whole differs.

    It does not show the values, which may be secret.

    Args:
        one: A JSON value.
        other: Another.
    """
    return next((path or "." for path, _, _ in between(one, other)), "")


def between(old: Json, new: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Return path, old and new value of each difference, keys sorted; `ABSENT` stands for none.

    A bool differs from a number; 1 does not differ from 1.0, as in JSON. Takes
    time linear in the size of the values, and does not recurse.

    Args:
        old: A JSON value.
        new: Another.
        path: The path of both.
    """
    pairs: list[tuple[Json, Json, _Place]] = [(old, new, (None, path))]
    while pairs:
        left, right, place = pairs.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            parts = _by_key(cast("Mapping[str, Json]", left), cast("Mapping[str, Json]", right))
            pairs.extend(_below(parts, place))
        elif isinstance(left, list) and isinstance(right, list):
            parts = _by_index(cast("list[Json]", left), cast("list[Json]", right))
            pairs.extend(_below(parts, place))
        elif left != right or isinstance(left, bool) != isinstance(right, bool):
            yield _text(place), left, right


def joined(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    return f"{path}{_step(key)}".removeprefix(".")


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"


def _by_key(left: Mapping[str, Json], right: Mapping[str, Json]) -> Iterator[tuple[str, Json, Json]]:
    for key in sorted({*left, *right}):
        yield _step(key), left.get(key, ABSENT), right.get(key, ABSENT)


def _by_index(left: list[Json], right: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    for index, pair in enumerate(itertools.zip_longest(left, right, fillvalue=ABSENT)):
        yield f"[{index}]", *pair


def _below(parts: Iterator[tuple[str, Json, Json]], place: _Place) -> Iterator[tuple[Json, Json, _Place]]:
    """Return the pairs below a place, last first: they are taken from the end."""
    return reversed([(left, right, (place, step)) for step, left, right in parts])


def _text(place: _Place) -> str:
    steps: list[str] = []
    around: _Place | None = place
    while around:
        around, step = around
        steps.append(step)
    return "".join(reversed(steps)).removeprefix(".")
