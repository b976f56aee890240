"""How deep a value may nest, where one nests deeper, and whether one holds more values than so many.

A bound is needed, for whatever walks a value takes a piece of stack for each
level; Python ends that at 1,000 calls, of which some walks take six a level. The
OpenAPI schema of a custom resource, the deepest that people write, has about 60
levels.
"""

from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, cast

LEVELS = 128
"""Mappings and lists that may stand within one another in a value, the outermost included."""

_SHOWN_STEPS = 24


class TooDeepError(ValueError):
    """A value nests deeper than `LEVELS`."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(f"nests deeper than {LEVELS} levels of mappings and lists; make it flatter")


Steps = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""

Parts = Callable[[Any], Iterable[tuple[str | int, Any]]]
"""Returns the mappings and lists that stand directly in one, each with its key or index."""


def text(steps: Steps, *, root: str = "") -> str:
    """Return the way to a value as `root.key[index]`, of a long way only the beginning.

    Args:
        steps: The way.
        root: What it begins with.
    """
    path = root
    for step in steps[:_SHOWN_STEPS]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") + (".…" if len(steps) > _SHOWN_STEPS else "")


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
    """Return whether a JSON value holds more than so many values on all its levels."""
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
    """Return the way to the first mapping or list below `LEVELS` others, None if there is none.

    Walks without recursion, in time linear in the size of the value.

    Args:
        value: The value.
        parts: Looks into one of its kind.
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
