"""Limits of a JSON value: how deep it may nest, and how many values it may hold.

Code that walks a value recursively needs stack for each level, up to six calls,
and Python allows 1,000 calls. The deepest values that people write, OpenAPI
schemas of custom resources, have about 60 levels.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, cast

LEVELS = 128
"""How many levels of mappings and lists a value may have, the outermost included."""

_SHOWN_STEPS = 24
_SHOWN_CHARACTERS = 80


class TooDeepError(ValueError):
    """A value nests deeper than `LEVELS`."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(f"nests deeper than {LEVELS} levels of mappings and lists; make it flatter")


Steps = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""

Parts = Callable[[Any], Iterable[tuple[str | int, Any]]]
"""Returns the mappings and lists that are items of one, each with its key or index."""


def text(steps: Steps, *, root: str = "") -> str:
    """Return the path of a value as `root.key[index]`, cut if it or a key is long.

    Args:
        steps: The keys and indexes that lead to it.
        root: What the path begins with.
    """
    path = root
    for step in steps[:_SHOWN_STEPS]:
        path += f"[{step}]" if isinstance(step, int) else f".{_key(step)}"
    return path.removeprefix(".") + (".…" if len(steps) > _SHOWN_STEPS else "")


def _key(key: str) -> str:
    # It is whatever an XR or a chart has there.
    cut = key if len(key) <= _SHOWN_CHARACTERS else f"{key[:_SHOWN_CHARACTERS]}…"
    return cut if cut.isprintable() else json.dumps(cut)


def json_parts(value: object) -> Iterable[tuple[str | int, object]]:
    """Return the parts of a JSON value, see `Parts`."""
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
    elif isinstance(value, list):
        items = enumerate(cast("list[object]", value))
    for step, item in items:
        if isinstance(item, Mapping | list):
            yield step, cast("object", item)


def holds_more_than(most: int, value: object) -> bool:
    """Return whether a JSON value holds more than `most` values, on all levels together."""
    found, holders = 0, [value]
    while holders:
        holder = holders.pop()
        if isinstance(holder, Mapping | list):
            found += len(cast("Sized", holder))
            if found > most:
                return True
            holders += [part for _, part in json_parts(cast("object", holder))]
    return False


def first_too_deep(value: object, parts: Parts = json_parts) -> Steps | None:
    """Return the path of the first mapping or list that is deeper than `LEVELS`, None if there is none.

    Walks without recursion, in time linear in the size of the value.

    Args:
        value: The value.
        parts: Returns the mappings and lists in a value of this kind.
    """
    # A node is its parent node, its step from there, and its value.
    level: list[tuple[Any, str | int, Any]] = [(None, "", value)]
    for _ in range(LEVELS):
        level = [(node, step, part) for node in level for step, part in parts(node[2])]
        if not level:
            return None
    steps: list[str | int] = []
    node: Any = level[0]
    while node[0] is not None:
        steps.append(node[1])
        node = node[0]
    return tuple(reversed(steps))
