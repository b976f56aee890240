"""Describe pydantic's validation errors on one line, by field path, without values that may be secret.

pydantic puts the value it was given into its messages, and its exceptions into
tracebacks. Here a value is shown only of a field that is known, and known not
to be sensitive: one whose schema says neither `writeOnly` nor `format: password`,
as that of pydantic's SecretStr does.
"""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pydantic

from cdk8s_function import nesting, spelling
from cdk8s_function.objects import Json

SHOWN_CHARACTERS = 80
"""How many characters of a value or a text are shown."""

_SHOWN_ERRORS = 5
_SHOWN_CAUSES = 10
_SHOWN_FRAMES = 50

_PLAIN_TYPES = frozenset(
    {
        "bool_parsing",
        "bool_type",
        "bytes_too_long",
        "bytes_too_short",
        "bytes_type",
        "dict_type",
        "float_type",
        "int_type",
        "list_type",
        "string_pattern_mismatch",
        "string_too_long",
        "string_too_short",
        "string_type",
        "too_long",
        "too_short",
    }
)
"""Errors whose message says what is accepted, and nothing of what was given (docs.pydantic.dev, Validation Errors)."""

_Location = tuple[int | str, ...]


def describe(error: pydantic.ValidationError, *, root: str = "", model: type[pydantic.BaseModel] | None = None) -> str:
    """Return a validation error's faults on one line, by field path, in a stable order.

    Args:
        error: What pydantic raised.
        root: What the paths start with.
        model: The model that was validated; without it no value is shown, and no name is suggested.
    """
    schema = _schema(model) if model else None
    found = error.errors(include_url=False, include_context=False)
    faults = sorted(
        ((f"{_path(root, fault['loc'])}: {_reason(fault, schema)}", fault) for fault in found), key=lambda each: each[0]
    )
    shown = "; ".join(f"{line}{_hint(fault, schema)}" for line, fault in faults[:_SHOWN_ERRORS])
    hidden = len(faults) - _SHOWN_ERRORS
    return f"{shown}; and {hidden} more" if hidden > 0 else shown


def shown(value: object) -> str:
    """Return a value as Python writes it, cut to `SHOWN_CHARACTERS`."""
    text = repr(value[: SHOWN_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def trace(error: BaseException) -> str:
    """Return the traceback of an exception and of those that led to it, without what pydantic was given.

    Args:
        error: The exception.
    """
    return "".join(_traces(error, _SHOWN_CAUSES))


def text_of(error: BaseException) -> str:
    """Return what an exception says; of pydantic's, where it was raised and nothing it was given."""
    if isinstance(error, pydantic.ValidationError):
        return describe(error)
    try:
        return str(error)
    except Exception as second:  # noqa: BLE001  # An exception's __str__ is its author's code too.
        return f"(its message can't be read: {type(second).__name__})"


def _traces(error: BaseException, left: int) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and left > 0:
        yield from _traces(cause, left - 1)
        yield f"\n{'It was the cause of' if error.__cause__ else 'While it was dealt with, there was'}:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__, -_SHOWN_FRAMES)
    text = text_of(error)
    yield f"{type(error).__qualname__}: {text}\n" if text else f"{type(error).__qualname__}\n"


def _path(root: str, location: _Location) -> str:
    return nesting.text(location, root=root) or "value"


def _reason(fault: Any, schema: Mapping[str, Json] | None) -> str:  # noqa: ANN401  # pydantic-core's own type.
    kind: str = fault["type"]
    if kind == "extra_forbidden":
        return "unknown field"
    if kind == "missing":
        return "required field is missing"
    reason = _uncapitalized(fault["msg"].removeprefix("Value error, "))
    if schema is None:
        return reason
    nodes = _nodes(schema, fault["loc"])
    if not nodes or any(map(is_sensitive, nodes)):
        return reason if kind in _PLAIN_TYPES else "is not valid; why is not shown, as the field is sensitive"
    is_scalar = isinstance(fault["input"], str | int | float | bool)
    if is_scalar and not any(_holds_sensitive(node, schema) for node in nodes):
        remedy = " (write it in quotes)" if kind == "string_type" else ""
        return f"{reason}, not {shown(fault['input'])}{remedy}"
    return reason


def _hint(fault: Any, schema: Mapping[str, Json] | None) -> str:  # noqa: ANN401  # As above.
    """Return which field an unknown one may be meant to be: a name of the model, and nothing that was given."""
    if schema is None or fault["type"] != "extra_forbidden":
        return ""
    *above, name = fault["loc"]
    known = {field for node in _nodes(schema, tuple(above)) for field in node.get("properties", {})}
    return spelling.hint(str(name), known)


def _uncapitalized(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _schema(model: type[pydantic.BaseModel]) -> Mapping[str, Json] | None:
    """Return a model's schema, None if it has none to tell what is sensitive."""
    try:
        return model.model_json_schema()
    except Exception:  # noqa: BLE001  # How a model makes its schema is its author's code too.
        return None


def _nodes(schema: Mapping[str, Json], location: _Location) -> list[Mapping[str, Json]]:
    """Return the parts of a schema for a location, or those of a sensitive field that it is in."""
    nodes = [schema]
    for step in location:
        found = _alternatives(nodes, schema)
        if sensitive := [node for node in found if is_sensitive(node)]:
            return sensitive
        below = [child for node in found for child in _below(node, step)]
        # pydantic puts the name of a union's member or of a validator into a location too.
        nodes = below or ([] if isinstance(step, int) else nodes)
    return _alternatives(nodes, schema)


def _alternatives(nodes: Sequence[Mapping[str, Json]], schema: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Return nodes and what they refer to, each once."""
    found: list[Mapping[str, Json]] = []
    left = list(nodes)
    while left:
        node = left.pop()
        if any(node is other for other in found):
            continue
        found.append(node)
        if "$ref" in node:
            left.append(schema.get("$defs", {}).get(str(node["$ref"]).rpartition("/")[2], {}))
        for keyword in ("anyOf", "oneOf", "allOf"):
            left.extend(node.get(keyword, ()))
    return found


def _below(node: Mapping[str, Json], step: int | str) -> Iterator[Mapping[str, Json]]:
    if isinstance(step, int):
        prefix = node.get("prefixItems", ())
        below = prefix[step] if step < len(prefix) else node.get("items")
    else:
        below = node.get("properties", {}).get(step, node.get("additionalProperties"))
    if isinstance(below, Mapping):
        yield cast("Mapping[str, Json]", below)
    if not isinstance(step, int) and step not in node.get("properties", {}):
        yield from node.get("patternProperties", {}).values()


def is_sensitive(node: Mapping[str, Json]) -> bool:
    """Return whether a part of a JSON schema says that its values must not be shown, as that of SecretStr does."""
    return bool(node.get("writeOnly")) or node.get("format") == "password"


def _holds_sensitive(node: Json, schema: Mapping[str, Json]) -> bool:
    """Return whether a node says that it is sensitive, or anything below it does."""
    seen: set[int] = set()
    left: list[Json] = [node]
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Mapping):
            fields = cast("Mapping[str, Json]", each)
            if is_sensitive(fields):
                return True
            if "$ref" in fields:
                left.append(schema.get("$defs", {}).get(str(fields["$ref"]).rpartition("/")[2], {}))
            left.extend(fields.values())
        elif isinstance(each, list):
            left.extend(cast("list[Json]", each))
    return False
