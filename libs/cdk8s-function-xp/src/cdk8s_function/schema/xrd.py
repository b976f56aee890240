"""The CompositeResourceDefinition (XRD) of a chart's kind of XR.

The XRD in a configuration package is generated from the models that validate
each request, so that the two never disagree. Crossplane derives a
CustomResourceDefinition from an XRD, and reports little on the XRD when the API
server refuses it. So what Crossplane would drop, and names that the API server
would refuse, are refused here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from cdk8s_function.chart.composite_type import CompositeType, PrinterColumn
from cdk8s_function.objects import Json
from cdk8s_function.schema import structural
from cdk8s_function.schema.structural import SchemaError

_RESERVED: Mapping[str, Mapping[str, str]] = {
    "spec": {"crossplane": "how it reconciles the XR"},
    "status": {"conditions": "the XR's conditions", "crossplane": "its own state"},
}
"""Fields Crossplane v2 writes itself, each with what it holds.

https://docs.crossplane.io/latest/composition/composite-resource-definitions/#crossplane-reserved-fields
"""

_KEPT: Mapping[str, frozenset[str]] = {
    "spec": frozenset(
        {
            "description",
            "oneOf",
            "properties",
            "required",
            "type",
            "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-validations",
        }
    ),
    "status": frozenset({"description", "oneOf", "properties", "required", "type", "x-kubernetes-validations"}),
}
"""What Crossplane carries over into the CRD from the spec and status schema itself (xcrd.genCrdVersion, v2.3)."""

_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+")
_VERSION = re.compile(r"v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_KUBERNETES_GROUP = re.compile(r"(.*\.)?(k8s|kubernetes)\.io")
_MAX_LABEL = 63
_MAX_KIND = _MAX_LABEL - len("List")
"""The kind of a list of XRs, which ends with `List`, must fit too."""
_MAX_NAME = 253


def of(composite_type: CompositeType[Any]) -> dict[str, Json]:
    """Return the XRD of a kind of XR; the same models give the same XRD, keys in the same order.

    Args:
        composite_type: The kind and its models.

    Raises:
        SchemaError: If a name is not one Kubernetes takes, or a model has a
            field that no custom resource, or no XR, can have.
    """
    _check_names(composite_type)
    return {
        "apiVersion": "apiextensions.crossplane.io/v2",
        "kind": "CompositeResourceDefinition",
        "metadata": {"name": f"{composite_type.plural}.{composite_type.group}"},
        "spec": {
            "scope": composite_type.scope,
            "group": composite_type.group,
            "names": _names(composite_type),
            "versions": [_version(composite_type)],
        },
    }


def _names(composite_type: CompositeType[Any]) -> dict[str, Json]:
    names: dict[str, Json] = {"kind": composite_type.kind, "plural": composite_type.plural}
    if composite_type.short_names:
        names["shortNames"] = list(composite_type.short_names)
    if composite_type.categories:
        names["categories"] = list(composite_type.categories)
    return names


def _version(composite_type: CompositeType[Any]) -> dict[str, Json]:
    version: dict[str, Json] = {"name": composite_type.version, "served": True, "referenceable": True}
    if composite_type.printer_columns:
        version["additionalPrinterColumns"] = [_column(column) for column in composite_type.printer_columns]
    version["schema"] = {"openAPIV3Schema": _schema(composite_type)}
    return version


def _column(column: PrinterColumn) -> dict[str, Json]:
    starts = column.json_path.startswith(".")
    _expect(starts, f"printer_columns.{column.name}", f"json_path {column.json_path!r} has to start with a dot")
    shown: dict[str, Json] = {"name": column.name, "type": column.type, "jsonPath": column.json_path}
    if column.description:
        shown["description"] = column.description
    if column.priority:
        shown["priority"] = column.priority
    return shown


def _schema(composite_type: CompositeType[Any]) -> dict[str, Json]:
    schema: dict[str, Json] = {"description": composite_type.description} if composite_type.description else {}
    schema["type"] = "object"
    if composite_type.validations:
        schema["x-kubernetes-validations"] = [dict(rule) for rule in composite_type.validations]
    schema["required"] = ["spec"]
    schema["properties"] = {"spec": _section(composite_type.spec, "spec", "input")}
    if composite_type.status:
        status = _section(composite_type.status, "status", "output")
        # Crossplane writes conditions into the status before a chart has run: nothing in it can be required.
        status.pop("required", None)
        schema["properties"]["status"] = status
    return schema


def _section(model: type[pydantic.BaseModel], path: str, direction: structural.Direction) -> dict[str, Json]:
    schema = structural.of(model, path, direction)
    _expect(schema.get("type") == "object", path, "has to be a model with fields")
    for keyword in schema:
        kept = keyword in _KEPT[path]
        _expect(kept, path, f"Crossplane does not carry {keyword!r} over from here; put it on a field below")
    for name, content in _RESERVED[path].items():
        free = name not in schema.get("properties", {})
        _expect(free, f"{path}.{name}", f"is Crossplane's own, for {content}; choose another name")
    return schema


def _check_names(composite_type: CompositeType[Any]) -> None:
    group, version, kind = composite_type.group, composite_type.version, composite_type.kind
    _expect(_DNS_SUBDOMAIN.fullmatch(group), "group", f"{group!r} is no DNS name with a dot, like 'example.org'")
    # https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/2337-k8s.io-group-protection
    _expect(not _KUBERNETES_GROUP.fullmatch(group), "group", f"{group!r} is Kubernetes' own; use a domain of yours")
    _expect(_VERSION.fullmatch(version), "version", f"{version!r} is no API version, like 'v1alpha1' or 'v1'")
    _expect(_KIND.fullmatch(kind), "kind", f"{kind!r} is not in CamelCase, like 'WebService'")
    _expect(len(kind) <= _MAX_KIND, "kind", f"{kind!r} is longer than {_MAX_KIND} letters")
    _check_labels("plural", [composite_type.plural])
    _check_labels("short_names", composite_type.short_names)
    _check_labels("categories", composite_type.categories)
    name = f"{composite_type.plural}.{group}"
    _expect(len(name) <= _MAX_NAME, "group", f"{name!r} is longer than {_MAX_NAME} letters")


def _check_labels(path: str, labels: Sequence[str]) -> None:
    for label in labels:
        fits = _DNS_LABEL.fullmatch(label) and len(label) <= _MAX_LABEL
        _expect(fits, path, f"{label!r} is no DNS label: a-z, 0-9 and '-', a letter first, at most {_MAX_LABEL}")


def _expect(met: object, path: str, reason: str) -> None:
    if not met:
        raise SchemaError(path, reason)
