"""Where two JSON values differ, as paths that people read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from cdk8s_function.objects import Json

ABSENT: Any = object()
"""Stands for a field that is not there."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN_CHARACTERS = 120
_SHOWN_LINES = 12


def between(old: Json, new: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Return path, old and new value of each field that differs, in order; `ABSENT` stands for none.

    Args:
        old: A JSON value.
        new: Another.
        path: The path of both.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        one, other = cast("Mapping[str, Json]", old), cast("Mapping[str, Json]", new)
        for key in sorted(one.keys() | other.keys()):
            yield from between(one.get(key, ABSENT), other.get(key, ABSENT), joined(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        items, others = cast("list[Json]", old), cast("list[Json]", new)
        for index in range(max(len(items), len(others))):
            yield from between(_item(items, index), _item(others, index), f"{path}[{index}]")
    elif type(cast("object", old)) is not type(cast("object", new)) or old != new:
        yield path, old, new


def joined(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def shown(value: object) -> str:
    """Return a value as a message shows it: JSON, cut where it is long."""
    if value is ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def lines(old: Json, new: Json, subject: str) -> list[str]:
    """Return a line for each field that differs.

    Args:
        old: A JSON value.
        new: Another.
        subject: What both are of, to begin each line with.
    """
    return [f"{subject} {path or '(all of it)'}: {shown(was)} -> {shown(now)}" for path, was, now in between(old, new)]


def listed(found: Sequence[str]) -> str:
    """Return lines for the end of a message, the first of them where they are many."""
    hidden = len(found) - _SHOWN_LINES
    more = [f"and {hidden} more"] if hidden > 0 else []
    return "".join(f"\n  {line}" for line in [*found[:_SHOWN_LINES], *more])


def _item(items: list[Json], index: int) -> Json:
    return items[index] if index < len(items) else ABSENT
