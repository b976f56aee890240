"""The path of the first difference between two JSON values. It does not show the values, which may be secret."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import cast

_Place = tuple["_Place | None", str]
"""Where a value is: the place around it, and the step from there as it is written."""

_ABSENT = object()


def first(one: object, other: object) -> str:
    """Return the path of the first difference, keys sorted: "" if there is none, "." if the whole differs.

    A bool differs from a number; 1 does not differ from 1.0, as in JSON. Takes
    time linear in the size of the values, and does not recurse.

    Args:
        one: A JSON value.
        other: Another.
    """
    pairs: list[tuple[object, object, _Place | None]] = [(one, other, None)]
    while pairs:
        left, right, place = pairs.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            parts = _by_key(cast("Mapping[str, object]", left), cast("Mapping[str, object]", right))
            pairs.extend(_below(parts, place))
        elif isinstance(left, list) and isinstance(right, list):
            parts = _by_index(cast("list[object]", left), cast("list[object]", right))
            pairs.extend(_below(parts, place))
        elif left != right or isinstance(left, bool) != isinstance(right, bool):
            return _text(place)
    return ""


def _by_key(left: Mapping[str, object], right: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    for key in sorted({*left, *right}):
        step = f".{key}" if key.isidentifier() else f"[{json.dumps(key)}]"
        yield step, left.get(key, _ABSENT), right.get(key, _ABSENT)


def _by_index(left: list[object], right: list[object]) -> Iterator[tuple[str, object, object]]:
    for index, pair in enumerate(itertools.zip_longest(left, right, fillvalue=_ABSENT)):
        yield f"[{index}]", *pair


def _below(
    parts: Iterator[tuple[str, object, object]], place: _Place | None
) -> Iterator[tuple[object, object, _Place | None]]:
    """Return the pairs below a place, last first: they are taken from the end."""
    return reversed([(left, right, (place, step)) for step, left, right in parts])


def _text(place: _Place | None) -> str:
    steps: list[str] = []
    while place:
        place, step = place
        steps.append(step)
    return "".join(reversed(steps)).removeprefix(".") or "."
