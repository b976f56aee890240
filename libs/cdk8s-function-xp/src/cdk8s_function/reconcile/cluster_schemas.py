"""Find the schema of a kind among OpenAPI v3 documents, as Crossplane does for a function that asks for it.

What a schema refers to is put in place of the reference (crossplane v2.3, internal/xfn/required_schemas.go).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError

_PREFIX = "#/components/schemas/"
_KINDS = "x-kubernetes-group-version-kind"


def fetch(documents: Sequence[Mapping[str, Json]], selector: fnv1.SchemaSelector) -> fnv1.Schema:
    """Return a kind's schema, an empty one where the documents have none.

    Raises:
        RenderError: If the schema refers to one that is not there.
    """
    group, _, version = selector.api_version.rpartition("/")
    wanted = {"group": group, "version": version, "kind": selector.kind}
    found = fnv1.Schema()
    # Only the first document of a group and version counts.
    document = next((document for document in documents if (group, version) in set(_versions(document))), None)
    schemas = _schemas(document or {})
    for name, schema in schemas.items():
        kinds = fields.at(schema, _KINDS)
        if isinstance(kinds, list) and len(cast("list[Json]", kinds)) == 1 and _kind(kinds[0]) == wanted:
            found.openapi_v3.update(_inlined(schema, schemas, (name,)))
            return found
    return found


def _schemas(document: Mapping[str, Json]) -> Mapping[str, Mapping[str, Json]]:
    return fields.mapping(document, "components", "schemas")


def _versions(document: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for schema in _schemas(document).values():
        for kind in fields.sequence(schema, _KINDS):
            found = _kind(kind)
            yield found["group"], found["version"]


def _kind(entry: Json) -> dict[str, str]:
    return {part: fields.at(entry, part) or "" for part in ("group", "version", "kind")}


def _inlined(schema: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]], above: tuple[str, ...]) -> Json:
    """Return a schema with what it refers to in place (k8s.io/apiserver, pkg/cel/openapi/resolver/refs.go)."""
    if name := _reference(schema):
        if name in above:
            return {"type": "object"}
        if name not in schemas:
            msg = f"schema {name} is referred to, but not in its document"
            raise RenderError(msg)
        schema, above = schemas[name], (*above, name)
    result = dict(schema)
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            result[keyword] = _inlined(schema[keyword], schemas, above)
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {key: _inlined(below, schemas, above) for key, below in schema["properties"].items()}
    return result


def _reference(schema: Mapping[str, Json]) -> str:
    if isinstance(schema.get("$ref"), str):
        return schema["$ref"].removeprefix(_PREFIX)
    wrapped = (_reference(part) for part in fields.maps(schema, "allOf"))
    return next(filter(None, wrapped), "")
