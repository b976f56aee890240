"""Say where an object does not fit the schema of its kind.

Only what a typing mistake breaks is checked: unknown fields, missing fields, and
types. The API server checks the rest (patterns, limits, expressions) when the object
is applied. The rules are those of
structural schemas:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import cast

from cdk8s_function import nesting, spelling
from cdk8s_function.object_schemas.catalog import Schema
from cdk8s_function.objects import Json

_MOST = 20
"""How many faults of one object are reported. More of them usually have few causes."""

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"

_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


def faults(manifest: Mapping[str, Json], schema: Schema) -> list[str]:
    """Return where an object does not fit a schema, a line each, without any of its values.

    Args:
        manifest: The object.
        schema: The schema of its kind.
    """
    return list(islice(_faults(manifest, schema.root, schema, ()), _MOST))


def _faults(value: Json, given: Mapping[str, Json], schema: Schema, path: nesting.Steps) -> Iterator[str]:
    reference = given.get("$ref")
    resolved = schema.definitions.get(reference, {}) if isinstance(reference, str) else given
    # null counts as absent.
    if value is None or (reference == _QUANTITY and _type(value) in {"integer", "number"}):
        return
    if not _fits(value, resolved):
        wanted = "a whole number or text" if _int_or_string(resolved) else _NAMES[resolved["type"]]
        yield f"{nesting.text(path)}: must be {wanted}, not {_NAMES[_type(value)]}"
    elif isinstance(value, Mapping):
        yield from _mapping_faults(cast("Mapping[str, Json]", value), resolved, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Json]", value)):
            yield from _faults(item, resolved.get("items") or {}, schema, (*path, index))
    elif (known := resolved.get("enum")) and value not in known:
        accepted = [str(each) for each in known]
        yield f"{nesting.text(path)}: must be one of {', '.join(accepted)}{spelling.hint(str(value), accepted)}"


def _mapping_faults(
    value: Mapping[str, Json], given: Mapping[str, Json], schema: Schema, path: nesting.Steps
) -> Iterator[str]:
    properties: Mapping[str, Mapping[str, Json]] = given.get("properties") or {}
    others = given.get("additionalProperties")
    is_open = not properties or bool(others) or given.get("x-kubernetes-preserve-unknown-fields", False)
    # Sorted: the fields of a protobuf message have no order.
    for name in sorted(value):
        item = value[name]
        if name in properties:
            yield from _faults(item, properties[name], schema, (*path, name))
        elif isinstance(others, Mapping):
            yield from _faults(item, cast("Mapping[str, Json]", others), schema, (*path, name))
        elif not is_open:
            yield f"{nesting.text((*path, name))}: there is no such field{spelling.hint(name, properties)}"
    for name in given.get("required") or ():
        if value.get(name) is None:
            yield f"{nesting.text((*path, name))}: is missing"


def _fits(value: Json, given: Mapping[str, Json]) -> bool:
    if _int_or_string(given):
        return _type(value) in {"integer", "string"}
    wanted = given.get("type")
    found = _type(value)
    return wanted in {None, found} or (wanted == "number" and found == "integer")


def _int_or_string(given: Mapping[str, Json]) -> bool:
    return given.get("format") == "int-or-string" or given.get("x-kubernetes-int-or-string", False)


def _type(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) or cast("float", value).is_integer() else "number"
