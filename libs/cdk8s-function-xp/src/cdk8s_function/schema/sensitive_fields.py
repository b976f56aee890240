"""Find in a chart's models which fields hold secrets, and which words are public.

A field is sensitive if its schema has `writeOnly` or `format: password`, as
pydantic's SecretStr has. A value that the schema contains (a choice, a default)
is public, as it is in the XRD.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import Secrecy

ANY = "*"
"""In a path: any key of a mapping, or any index of a list."""

_Node = Mapping[str, Any]
_ALTERNATIVES = ("anyOf", "oneOf", "allOf")


def of(composite_type: CompositeType[Any]) -> Secrecy | None:
    """Return the secrets that the models of a composite type declare, None if they have no JSON schema.

    Args:
        composite_type: What the chart declares.
    """
    models = {"spec": composite_type.spec, "status": composite_type.status}
    try:
        schemas = {field: model.model_json_schema() for field, model in models.items() if model}
    except Exception:  # noqa: BLE001  # How a model makes its schema is its author's code too.
        return None
    paths: set[tuple[str, ...]] = set()
    words: set[str] = set()
    for field, schema in schemas.items():
        paths.update(_sensitive(schema, (field,), schema.get("$defs", {}), ()))
        words.update(_words(schema))
    return Secrecy(paths=tuple(sorted(paths)), words=tuple(sorted(words)))


def values(secrecy: Secrecy, fields: Json) -> set[str]:
    """Return the texts of the values that an XR has in sensitive fields.

    Args:
        secrecy: What the chart's models say.
        fields: The XR, or the part of it that is given.
    """
    return {str(leaf) for path in secrecy.paths for value in _at(fields, path) for leaf in _leaves(value)}


def _at(value: Json, path: tuple[str, ...]) -> Iterator[Json]:
    if not path:
        yield value
        return
    step, *rest = path
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Json]", value)
        below = fields.values() if step == ANY else [fields[step]] if step in fields else []
    else:
        below = cast("list[Json]", value) if step == ANY and isinstance(value, list) else []
    for each in below:
        yield from _at(each, tuple(rest))


def _leaves(value: Json) -> Iterator[Json]:
    match value:
        case Mapping():
            for each in cast("Mapping[str, Json]", value).values():
                yield from _leaves(each)
        case list():
            for each in cast("list[Json]", value):
                yield from _leaves(each)
        case None | bool():
            pass
        case _:
            yield value


def _sensitive(
    node: _Node, path: tuple[str, ...], definitions: Mapping[str, _Node], within: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    if validation_errors.is_sensitive(node):
        yield path
        return
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        if name in within:
            # The model contains itself, to any depth.
            yield path
            return
        yield from _sensitive(definitions[name], path, definitions, (*within, name))
    for keyword in _ALTERNATIVES:
        for each in node.get(keyword, ()):
            yield from _sensitive(each, path, definitions, within)
    for name, each in node.get("properties", {}).items():
        yield from _sensitive(each, (*path, name), definitions, within)
    below = [node.get("items"), node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    for each in [*below, *node.get("prefixItems", ())]:
        if isinstance(each, Mapping):
            yield from _sensitive(cast("_Node", each), (*path, ANY), definitions, within)


def _words(node: Json) -> Iterator[str]:
    match node:
        case Mapping():
            fields = cast("Mapping[str, Json]", node)
            if validation_errors.is_sensitive(fields):
                return
            spelt = [*(fields.get("enum") or ()), fields.get("const"), fields.get("default")]
            yield from (word for word in spelt if isinstance(word, str))
            for each in fields.values():
                yield from _words(each)
        case list():
            for each in cast("list[Json]", node):
                yield from _words(each)
        case _:
            pass
