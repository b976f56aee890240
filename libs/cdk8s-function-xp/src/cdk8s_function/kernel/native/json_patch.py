"""JSON patches as fast-json-patch 3.1.1 applies them, which validates nothing (RFC 6902 asks for more).

What ends in an error there, and what it makes of paths that lead nowhere, is declined.
"""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from cdk8s_function.kernel.native import values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native, Recipe, native_of


class Patch(Native):
    """`cdk8s.JsonPatch`: one operation."""

    __slots__ = ("from_path", "op", "path", "value")

    def __init__(self, op: str, path: Any, *, value: Any = None, from_path: Any = "") -> None:
        """Make an operation."""
        super().__init__("cdk8s.JsonPatch")
        self.op = op
        self.path = values.text(path)
        self.from_path = values.text(from_path)
        self.value = value

    @classmethod
    def valued(cls, op: str, path: Any, value: Any) -> Self:
        """Return an operation with a value."""
        converted = values.plain(value)
        if converted is None:
            decline("a patch without a value")
        return cls(op, path, value=converted)

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        if self.op in {"move", "copy"}:
            arguments = [self.from_path, self.path]
        else:
            arguments = [self.path] if self.value is None else [self.path, self.value]
        return "sinvoke", "cdk8s.JsonPatch", self.op, arguments


def applied(document: Any, patches: Iterable[Patch]) -> Any:
    """Return a document with operations applied, which change it.

    Args:
        document: JSON of one's own.
        patches: The operations.
    """
    for patch in patches:
        document = _apply(document, patch.op, patch.path, values.copied(patch.value), patch.from_path)
    return document


def apply(document: Any, *patches: Any) -> Any:
    """Return what `JsonPatch.apply` answers Python with."""
    converted = values.plain(document)
    if not isinstance(converted, dict | list):
        decline("a patch of what is no document")
    return values.exported(applied(converted, [native_of(each, Patch) for each in patches]))


def _apply(document: Any, op: str, path: str, value: Any, from_path: str) -> Any:
    if not path:
        return _at_root(document, op, value, from_path)
    if op == "move":
        # What is at the path now is looked up first, which fails where nothing leads there.
        _parent(document, path)
        if not from_path:
            decline("a move of the whole document")
        moved = _get(document, from_path)
        if moved is None:
            decline("a move of what is not there")
        _change(document, "remove", from_path, None)
        _change(document, "add", path, moved)
    elif op == "copy":
        _change(document, "add", path, values.copied(_get(document, from_path) if from_path else document))
    elif op == "test":
        if not _equal(_get(document, path), value):
            decline("a test that fails")
    else:
        _change(document, op, path, value)
    return document


def _at_root(document: Any, op: str, value: Any, from_path: str) -> Any:
    if op in {"add", "replace"}:
        return value
    if op in {"move", "copy"}:
        return _get(document, from_path) if from_path else document
    if op != "test" or not _equal(document, value):
        decline(f"a {op} of the whole document")
    return document


def _parent(document: Any, path: str) -> tuple[Any, str]:
    if not path.startswith("/"):
        decline("a path that does not begin at the document")
    *above, last = [_unescaped(part) for part in path.split("/")[1:]]
    for part in above:
        if not isinstance(document, dict | list):
            decline("a path that leads nowhere")
        document = _child(document, part)
    if document is None:
        decline("a path that leads nowhere")
    return document, last


def _child(parent: Any, part: str) -> Any:
    if isinstance(parent, dict):
        return parent.get(part)
    index = _index(parent, part)
    return parent[index] if index < len(parent) else None


def _get(document: Any, path: str) -> Any:
    parent, last = _parent(document, path)
    if not isinstance(parent, dict | list):
        decline("a path within a text or number")
    return _child(parent, last)


def _change(document: Any, op: str, path: str, value: Any) -> None:
    parent, last = _parent(document, path)
    if isinstance(parent, list):
        _change_list(parent, op, _index(parent, last), value)
    elif not isinstance(parent, dict):
        # JavaScript sets no property of a text or number, and says nothing.
        return
    elif op == "remove":
        parent.pop(last, None)
    elif last in parent:
        parent[last] = value
    else:
        _set(parent, last, value)


def _set(parent: dict[str, Any], name: str, value: Any) -> None:
    parent[name] = value
    if values.is_index(name):
        order = values.in_order(parent)
        parent_items = list(order.items())
        parent.clear()
        parent.update(parent_items)


def _change_list(items: list[Any], op: str, index: int, value: Any) -> None:
    if op == "remove":
        del items[index : index + 1]
    elif op == "add":
        items.insert(index, value)
    elif index < len(items):
        items[index] = value
    elif index == len(items):
        items.append(value)
    else:
        decline("a list with holes")


def _index(items: Sequence[Any], part: str) -> int:
    if part == "-":
        return len(items)
    # Zeros ahead are cut, as JavaScript does. What is beyond 32 bits it would wrap.
    if not part.isascii() or not part.isdigit() or len(part) > 9:  # noqa: PLR2004
        decline("a list's property")
    return int(part)


def _unescaped(part: str) -> str:
    if "~" in part:
        part = part.replace("~1", "/").replace("~0", "~")
    return values.key(part)


def _equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        # Null and undefined are not told apart here.
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return type(one) is type(other) and one == other if isinstance(one, str) or isinstance(other, str) else one == other
