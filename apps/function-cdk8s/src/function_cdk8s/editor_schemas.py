"""JSON schemas for editors: of the XRs of a chart, and of Compositions that call the function.

    nx run function-cdk8s:generate    # writes the schema of Compositions into the template

Editors complete and check YAML by JSON Schema draft-07. Keywords that only
Kubernetes knows are translated to JSON Schema or left out.
"""

import json
from collections.abc import Mapping
from typing import Any

import click
from cdk8s_function import CompositeType
from cdk8s_function.schema import xrd
from cdk8s_function.server import chart_input

from function_cdk8s import input_schema

_DRAFT = "http://json-schema.org/draft-07/schema#"
_ANY_FIELDS = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_SCHEMAS = ("items", "additionalProperties")
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")

Schema = dict[str, Any]


def of_xr(composite_type: CompositeType[Any]) -> Schema:
    """Return the schema of the XRs of a kind, as its users write them.

    Args:
        composite_type: The kind and its models.

    Raises:
        SchemaError: If no XRD can be made of it.
    """
    return of_definition(xrd.of(composite_type))


def of_definition(definition: Mapping[str, Any]) -> Schema:
    """Return the schema of the XRs of an XRD of one version, which `xrd.of` makes."""
    group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"]
    (version,) = definition["spec"]["versions"]
    made = version["schema"]["openAPIV3Schema"]
    spec = _converted(made["properties"]["spec"])
    spec.setdefault("properties", {})["crossplane"] = {
        "description": "How Crossplane reconciles the XR.",
        "type": "object",
    }
    return {
        "$schema": _DRAFT,
        "description": made.get("description", f"A {kind}."),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", *made.get("required", [])],
        "properties": {
            "apiVersion": {"const": f"{group}/{version['name']}"},
            "kind": {"const": kind},
            "metadata": {"type": "object", "required": ["name"]},
            "spec": spec,
            "status": {"description": "What the chart and Crossplane report.", "type": "object"},
        },
        "additionalProperties": False,
    }


def of_input() -> Schema:
    """Return the schema of ChartInput, the function's input."""
    made = _converted(input_schema.crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    made["properties"]["apiVersion"] = {"const": f"{chart_input.GROUP}/{chart_input.VERSION}"}
    made["properties"]["kind"] = {"const": chart_input.KIND}
    return {"$schema": _DRAFT, **made}


def of_composition() -> Schema:
    """Return the schema of a Composition, of which it knows the function's own input."""
    made = of_input()
    del made["$schema"]
    of_function = {
        "required": ["apiVersion"],
        "properties": {"apiVersion": {"pattern": f"^{chart_input.GROUP.replace('.', '[.]')}/"}},
    }
    step = {"type": "object", "properties": {"input": {"if": of_function, "then": made}}}
    return {
        "$schema": _DRAFT,
        "description": "A Composition whose steps are checked where they call function-cdk8s.",
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"pipeline": {"type": "array", "items": step}}},
        },
    }


def text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _converted(schema: Mapping[str, Any], *, closed: bool = True) -> Schema:
    made = {key: value for key, value in schema.items() if not key.startswith("x-") and key != "nullable"}
    if "properties" in schema:
        made["properties"] = {name: _converted(each) for name, each in schema["properties"].items()}
    for key in _SCHEMAS:
        if isinstance(schema.get(key), Mapping):
            made[key] = _converted(schema[key])
    for key in _ALTERNATIVES:
        if key in schema:
            made[key] = [_converted(each, closed=False) for each in schema[key]]
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    if schema.get(_INT_OR_STRING):
        made["type"] = ["integer", "string", *(["null"] if schema.get("nullable") else [])]
    # Kubernetes drops fields that a structural schema does not name; an editor should say so.
    if closed and "properties" in made and not schema.get(_ANY_FIELDS):
        made.setdefault("additionalProperties", False)
    return made


if __name__ == "__main__":
    click.echo(text(of_composition()), nl=False)
