"""Fill in the defaults of a CompositeResourceDefinition's schema, as the API server does for an XR.

Nothing is pruned or validated, as with `crossplane composition render --xrd`
(crossplane CLI v2.5, pkg/xr/xrd.go; apiextensions-apiserver,
pkg/apiserver/schema/defaulting).
"""

import copy
from collections.abc import Mapping
from typing import Any, cast

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError

LEGACY_SCOPE = "LegacyCluster"
"""Scope of XRs from before Crossplane v2, whose Crossplane fields are directly in `spec`."""

_API_VERSIONS = ("apiextensions.crossplane.io/v1", "apiextensions.crossplane.io/v2")


def apply(xr: dict[str, Json], definition: Mapping[str, Json]) -> None:
    """Fill in an XR's defaults.

    Raises:
        RenderError: If the definition is none, or not of the XR's kind and version.
    """
    _check(xr, definition)
    version = xr["apiVersion"].rpartition("/")[2]
    found = [item for item in fields.sequence(definition, "spec", "versions") if fields.at(item, "name") == version]
    if not found:
        msg = f"spec.versions has no {version}, the version of the XR"
        raise RenderError(msg)
    schema = fields.mapping(found[-1], "schema", "openAPIV3Schema")
    if not schema:
        msg = f"spec.versions: {version} has no schema.openAPIV3Schema"
        raise RenderError(msg)
    _fill(xr, _crd_schema(schema, definition))


def is_legacy(definition: Mapping[str, Json] | None) -> bool:
    """Return whether XRs of a definition are as they were before Crossplane v2 (render.go, selectSchema)."""
    if definition is None:
        return False
    scope = fields.at(definition, "spec", "scope")
    return scope == LEGACY_SCOPE or (scope is None and definition["apiVersion"] == _API_VERSIONS[0])


def _check(xr: Mapping[str, Json], definition: Mapping[str, Json]) -> None:
    if definition["apiVersion"] not in _API_VERSIONS:
        msg = f"apiVersion {definition['apiVersion']!r} is not one of {', '.join(_API_VERSIONS)}"
        raise RenderError(msg)
    group = objects.group_of(xr["apiVersion"])
    defined = (fields.at(definition, "spec", "group"), fields.at(definition, "spec", "names", "kind"))
    if defined != (group, xr["kind"]):
        msg = f"it defines {defined[1]}.{defined[0]}, not the XR's {xr['kind']}.{group}"
        raise RenderError(msg)


def _crd_schema(schema: Mapping[str, Json], definition: Mapping[str, Json]) -> dict[str, Json]:
    """Return a definition's schema as it is in the CustomResourceDefinition (xcrd.genCrdVersion)."""
    machinery: dict[str, Json] = {}
    policy = fields.at(definition, "spec", "defaultCompositionUpdatePolicy")
    if policy is not None:
        machinery["compositionUpdatePolicy"] = {"default": policy}
    # The CLI reads every definition as a v1 one, where no scope means the legacy one.
    if fields.at(definition, "spec", "scope") not in {None, LEGACY_SCOPE}:
        machinery = {"crossplane": {"properties": machinery}}
    spec = {**fields.mapping(schema, "properties", "spec", "properties"), **machinery}
    status: dict[str, Json] = {**fields.mapping(schema, "properties", "status", "properties"), "conditions": {}}
    return {"properties": {"spec": {"properties": spec}, "status": {"properties": status}}}


def _fill(value: Json, schema: Mapping[str, Json]) -> None:
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            _fill_list(cast("list[Json]", value), cast("dict[str, Json]", items))
    elif isinstance(value, dict):
        _fill_map(cast("dict[str, Any]", value), schema)


def _fill_list(value: list[Json], items: Mapping[str, Json]) -> None:
    for index, item in enumerate(value):
        if _is_wrong_null(item, items):
            value[index] = copy.deepcopy(items.get("default"))
        _fill(value[index], items)


def _fill_map(value: dict[str, Any], schema: Mapping[str, Json]) -> None:
    properties = fields.mapping(schema, "properties")
    for name, below in properties.items():
        default = below.get("default")
        if default is not None and (name not in value or _is_wrong_null(value[name], below)):
            value[name] = copy.deepcopy(default)
    others = fields.mapping(schema, "additionalProperties")
    for name, item in value.items():
        below: Mapping[str, Json] = properties.get(name) or others
        if not below:
            continue
        if name not in properties and _is_wrong_null(item, below):
            value[name] = copy.deepcopy(below.get("default"))
        _fill(value[name], below)


def _is_wrong_null(value: Json, schema: Mapping[str, Json]) -> bool:
    return value is None and not schema.get("nullable")
