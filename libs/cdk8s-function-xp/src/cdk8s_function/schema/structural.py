"""The Kubernetes structural schema of a pydantic model.

The schema of a custom resource has to be *structural*: each value has one type,
known without looking at the value, and there are no references. A pydantic
model can express more than that. What has an equivalent structural form is
translated; anything else is refused with the field's path and what to write
instead, because the API server would either reject the whole definition or
silently check less than the model.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pydantic
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from cdk8s_function.chart import validation_errors
from cdk8s_function.errors import FunctionError
from cdk8s_function.objects import Json
from cdk8s_function.schema import default_values, keywords, re2

Direction = Literal["input", "output"]

Node = dict[str, Any]
"""A JSON schema or a part of one."""

_NULL: Node = {"type": "null"}
_UNREPRESENTABLE = "unrepresentable"

_RULES_OF_ONE_SIDE = frozenset(
    {
        "description",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "multipleOf",
        "pattern",
        "type",
    }
)
"""Keywords that a side of `int | str` may have: none of them constrains values of the other side."""


class SchemaError(FunctionError, TypeError):
    """A part of a composite type that its definition in the cluster cannot have.

    Args:
        path: The field, for example `spec.backends[].port`.
        reason: What is wrong and what is accepted.
    """

    def __init__(self, path: str, reason: str) -> None:
        """Make the error's line of path and reason."""
        super().__init__(f"{path}: {reason}")


def of(model: type[pydantic.BaseModel], path: str, direction: Direction = "input") -> dict[str, Json]:
    """Return the structural schema of a model.

    A field's or model's `json_schema_extra` goes into the schema unchanged: CEL
    rules (`x-kubernetes-validations`), list and map types, `nullable`.

    Args:
        model: The model.
        path: Where the model stands, for errors.
        direction: Who writes the object: people (input), or the chart (output).
            An output has no defaults: they would show values that no chart has set.

    Raises:
        SchemaError: If a field has no structural form, or a default that the schema cannot have.
    """
    mode = "validation" if direction == "input" else "serialization"
    schema = model.model_json_schema(mode=mode, schema_generator=_Generator)
    made = _Translation(schema.get("$defs", {}), direction).of(schema, path)
    if direction == "input" and (fault := default_values.first_misfit(model, path)):
        raise SchemaError(*fault)
    return made


class _Generator(GenerateJsonSchema):
    def handle_invalid_for_json_schema(self, schema: Mapping[str, object], error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        # The translation raises it, since it knows the field.
        return {_UNREPRESENTABLE: schema["type"]}


class _Translation:
    """The translation of one model.

    Each method's `within` names the definitions around a node, to notice a model
    that holds itself.
    """

    def __init__(self, definitions: Mapping[str, Node], direction: Direction) -> None:
        self._definitions = definitions
        self._direction = direction
        self._secrets: set[str] = set()
        """The paths of the sensitive fields so far. A node keeps no `writeOnly` to tell them by."""

    def of(self, node: Node, path: str, within: tuple[str, ...] = ()) -> dict[str, Json]:
        node, within = self._resolved(node, path, within)
        if _UNREPRESENTABLE in node:
            reason = f"a {node[_UNREPRESENTABLE]!r} has no form in JSON; use text, a number or a model"
            raise SchemaError(path, reason)
        if validation_errors.is_sensitive(node):
            self._secrets.add(path)
        if "type" not in node and ("anyOf" in node or "oneOf" in node):
            node = self._union(node, path, within)
        node = _bounds(_enum(node, path))
        default = node.pop("default", None)
        if default is not None and self._direction == "input":
            node["default"] = _without_none(default)
        match node.get("type"):
            case "object":
                node = self._object(node, path, within)
            case "array":
                node = self._array(node, path, within)
            case "string":
                node = _string(node, path)
            case "null":
                raise SchemaError(path, "can only be None, and Kubernetes drops a field of no value; remove it")
            case None if "x-kubernetes-int-or-string" not in node:
                node["x-kubernetes-preserve-unknown-fields"] = True
            case _:
                pass
        if "default" in node and (fault := default_values.first_fault(node["default"], node, path, self._secrets)):
            raise SchemaError(*fault)
        return _ordered(node, path)

    def _resolved(self, node: Node, path: str, within: tuple[str, ...]) -> tuple[Node, tuple[str, ...]]:
        """Return a copy of a node with its definition in place of a reference, and X in place of X | None."""
        if "$ref" in node:
            name = node["$ref"].removeprefix("#/$defs/")
            if name in within:
                reason = "a model cannot hold itself; spell out the levels, or take dict[str, Any] below some level"
                raise SchemaError(path, reason)
            return self._resolved(_in_place_of("$ref", node, self._definitions[name]), path, (*within, name))
        alternatives = [each for each in node.get("anyOf", ()) if each != _NULL]
        if "type" not in node and len(alternatives) == 1:
            return self._resolved(_in_place_of("anyOf", node, alternatives[0]), path, within)
        return dict(node), within

    def _union(self, node: Node, path: str, within: tuple[str, ...]) -> Node:
        alternatives = [each for each in node.get("anyOf") or node["oneOf"] if each != _NULL]
        sides = [self._resolved(each, path, within)[0] for each in alternatives]
        types = [side.get("type", "any") for side in sides]
        if set(types) == {"object"}:
            reason = "models cannot be alternatives; give each an optional field, and a CEL rule that just one is set"
            raise SchemaError(path, reason)
        if sorted(types) != ["integer", "string"] or not all(side.keys() <= _RULES_OF_ONE_SIDE for side in sides):
            reason = f"{' | '.join(types)} has no one type; accepted are X | None, int | str, and Literal"
            raise SchemaError(path, reason)
        rules = {key: value for side in sides for key, value in side.items() if key != "type"}
        own = {key: value for key, value in node.items() if key not in {"anyOf", "oneOf"}}
        return {**rules, **own, "x-kubernetes-int-or-string": True}

    def _object(self, node: Node, path: str, within: tuple[str, ...]) -> Node:
        if "patternProperties" in node or "propertyNames" in node:
            raise SchemaError(path, "keys cannot have rules; use dict[str, X], and a CEL rule over the keys")
        properties: dict[str, Node] = node.pop("properties", {})
        required = [name for name in node.pop("required", ()) if self._is_required(properties[name], f"{path}.{name}")]
        if required:
            node["required"] = required
        if properties:
            node["properties"] = {name: self.of(each, f"{path}.{name}", within) for name, each in properties.items()}
        match node.pop("additionalProperties", False):
            case False:
                pass
            case True:
                node["x-kubernetes-preserve-unknown-fields"] = True
            case _ if properties:
                raise SchemaError(path, "extra fields cannot have a type; give the model a dict field for them")
            case each:
                node["additionalProperties"] = self.of(each, f"{path}.*", within)
        return node

    def _is_required(self, node: Node, path: str) -> bool:
        can_be_none = _NULL in node.get("anyOf", ()) or None in node.get("enum", ())
        if not can_be_none or node.get("nullable"):
            return True
        if self._direction == "input":
            reason = "is required yet may be None, which Kubernetes takes for absent; give it the default None"
            raise SchemaError(path, reason)
        return False

    def _array(self, node: Node, path: str, within: tuple[str, ...]) -> Node:
        if "prefixItems" in node:
            raise SchemaError(path, "items cannot each have a type; use list[X], or a model with a field each")
        node["items"] = self.of(node.get("items", {}), f"{path}[]", within)
        if node.pop("uniqueItems", False):
            node.setdefault("x-kubernetes-list-type", "set")
        if node.get("x-kubernetes-list-type") == "set" and node["items"].get("type") not in keywords.SCALARS:
            raise SchemaError(path, "a set can hold only text, numbers and booleans; use list[X]")
        return node


def _in_place_of(keyword: str, node: Node, other: Node) -> Node:
    """Return `other` in place of a node's keyword; the node's own keywords win, CEL rules add up."""
    own = {key: value for key, value in node.items() if key != keyword}
    rules = [*other.get("x-kubernetes-validations", ()), *own.get("x-kubernetes-validations", ())]
    return {**other, **own, **({"x-kubernetes-validations": rules} if rules else {})}


def _enum(node: Node, path: str) -> Node:
    if "const" not in node and "enum" not in node:
        return node
    values = [value for value in _fixed_values(node) if value is not None]
    types = sorted({_json_type(value) for value in values})
    if len(types) != 1:
        raise SchemaError(path, f"fixed values have to be of one type, not {' and '.join(types) or 'null'}")
    if node.get("nullable"):
        raise SchemaError(path, "fixed values cannot be nullable; let the field be absent for None")
    return {**{key: value for key, value in node.items() if key != "const"}, "type": types[0], "enum": values}


def _fixed_values(node: Node) -> Sequence[object]:
    return node["enum"] if "enum" in node else [node["const"]]


def _json_type(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"


def _bounds(node: Node) -> Node:
    """Return a node with JSON schema's `exclusiveMinimum: 0` as OpenAPI v3.0's `minimum: 0, exclusiveMinimum: true`."""
    for bound, exclusive, tighter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        limit = node.get(exclusive)
        if limit is None or isinstance(limit, bool):
            continue
        node = {key: value for key, value in node.items() if key != exclusive}
        if bound not in node or tighter(limit, node[bound]) == limit:
            node |= {bound: limit, exclusive: True}
    return node


def _string(node: Node, path: str) -> Node:
    lacking = re2.lacks(node.get("pattern", ""))
    if lacking:
        reason = f"the pattern has {lacking}, which Kubernetes (RE2) lacks; use a validator of the model or a CEL rule"
        raise SchemaError(path, reason)
    known = node.get("format") in keywords.STRING_FORMATS
    return node if known else {key: value for key, value in node.items() if key != "format"}


def _without_none(default: Json) -> Json:
    match default:
        case dict():
            return {key: _without_none(value) for key, value in default.items() if value is not None}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_without_none(item) for item in default]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return default


def _ordered(node: Node, path: str) -> dict[str, Json]:
    for keyword in node:
        if keyword not in keywords.KEYWORDS and keyword not in keywords.MEANINGLESS:
            raise SchemaError(path, f"{keyword!r} is not a keyword of structural schemas; correct json_schema_extra")
    return {keyword: node[keyword] for keyword in keywords.KEYWORDS if keyword in node}
