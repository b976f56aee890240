"""Whether an XR's status fits its CompositeResourceDefinition: the API server drops unknown fields silently."""

from collections.abc import Mapping
from typing import Any

from cdk8s_function.object_schemas import faults as schema_faults
from cdk8s_function.object_schemas.catalog import Schema
from cdk8s_function.objects import Json, mapping

_CROSSPLANES = ("claimConditionTypes", "conditions", "connectionDetails", "crossplane", "lastHandledReconcileAt")
"""Fields that Crossplane adds to the schema of each XR's status (internal/xcrd/schemas.go)."""


def faults(xr: Mapping[str, Json], definition: Mapping[str, Json]) -> list[str]:
    """Return where the status of an XR does not fit, a line each that begins with the field, without any of its values.

    Args:
        xr: The XR, with its apiVersion and status.
        definition: Its CompositeResourceDefinition; of one without this version nothing is checked.
    """
    version = str(xr.get("apiVersion") or "").rpartition("/")[2]
    for each in mapping(definition.get("spec")).get("versions") or ():
        if each.get("name") == version:
            root = mapping(mapping(each.get("schema")).get("openAPIV3Schema"))
            declared = mapping(mapping(root.get("properties")).get("status"))
            properties: dict[str, Any] = {
                **{name: {} for name in _CROSSPLANES},
                **mapping(declared.get("properties")),
            }
            # Crossplane carries nothing else over that bears on this (xcrd.genCrdVersion, v2.3).
            status = {"type": "object", "required": declared.get("required"), "properties": properties}
            schema = Schema(root={"type": "object", "properties": {"status": status}}, definitions={})
            return schema_faults.faults({"status": xr.get("status")}, schema)
    return []
