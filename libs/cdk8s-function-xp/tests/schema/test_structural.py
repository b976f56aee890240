"""Structural schemas: what each kind of pydantic field becomes, and which have no structural form."""

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import pydantic
import pytest
from cdk8s_function import ApiModel
from cdk8s_function.schema import structural
from pydantic import Field


class Size(enum.StrEnum):
    """How large."""

    SMALL = "small"
    LARGE = "large"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Share(enum.Enum):
    HALF = 0.5
    QUARTER = 0.25


class Backend(ApiModel):
    """Where requests go."""

    host_name: str
    """Its name."""
    port: int = 80
    weight: int | None = None


class Ruled(ApiModel):
    """A range."""

    model_config = pydantic.ConfigDict(
        json_schema_extra={"x-kubernetes-validations": [{"rule": "self.low < self.high"}]}
    )

    low: int
    high: int


class Open(ApiModel):
    model_config = pydantic.ConfigDict(extra="allow")

    name: str


class Typed(ApiModel):
    model_config = pydantic.ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    name: str


class Tree(ApiModel):
    children: list["Tree"] = Field(default=[])


class Login(ApiModel):
    user: str = "admin"
    password: pydantic.SecretStr | None = None


AOrNone: TypeAlias = Literal["a", None]  # noqa: PYI061  # Its JSON schema is another than that of Literal["a"] | None.
PortOrName: TypeAlias = Annotated[int, Field(gt=0)] | Annotated[str, Field(pattern="^[a-z]+$")]


class Cat(ApiModel):
    kind: Literal["cat"]


class Dog(ApiModel):
    kind: Literal["dog"]


RULE: pydantic.JsonValue = {"rule": "self.low > 0", "message": "low is positive"}
BACKEND = {
    "description": "Where requests go.",
    "type": "object",
    "required": ["hostName"],
    "properties": {
        "hostName": {"description": "Its name.", "type": "string"},
        "port": {"type": "integer", "default": 80},
        "weight": {"type": "integer"},
    },
}


@dataclasses.dataclass(frozen=True)
class Case:
    """A field of a model and its schema; `want` is the message where it is refused."""

    name: str
    annotation: Any
    want: Any
    default: Any = ...


def model_of(case: Case) -> type[pydantic.BaseModel]:
    """Return a model with the case's field."""
    return pydantic.create_model("Model", __base__=ApiModel, field=(case.annotation, case.default))


EACH_TIME = Field(default_factory=list[str])

CASES = [
    Case("text", str, {"type": "string"}),
    Case("a whole number", int, {"type": "integer"}),
    Case("a number", float, {"type": "number"}),
    Case("a boolean", bool, {"type": "boolean"}),
    Case("None is dropped from the type and as a default", int | None, {"type": "integer"}, None),
    Case("a default stays", int, {"type": "integer", "default": 3}, 3),
    Case("a default that is made each time", list[str], {"type": "array", "items": {"type": "string"}}, EACH_TIME),
    Case("a whole number as the default of a number", float, {"type": "number", "default": 3}, 3),
    Case(
        "a default that has a form of its own in JSON",
        datetime.date,
        {"type": "string", "format": "date", "default": "2006-01-02"},
        datetime.date(2006, 1, 2),
    ),
    Case(
        "a model's default has its names in the cluster and no None",
        Backend,
        {**BACKEND, "default": {"hostName": "a", "port": 80}},
        Backend(host_name="a"),
    ),
    Case(
        "null is kept where the author asks for it",
        Annotated[str | None, Field(json_schema_extra={"nullable": True})],
        {"type": "string", "nullable": True},
    ),
    Case("a literal is an enum", Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    Case("one literal value is an enum too", Literal[1], {"type": "integer", "enum": [1]}),
    Case("a literal boolean is no number", Literal[True], {"type": "boolean", "enum": [True]}),
    Case("None among literals is dropped", AOrNone, {"type": "string", "enum": ["a"]}, None),
    Case(
        "an Enum, its docstring and default",
        Size,
        {"description": "How large.", "type": "string", "default": "small", "enum": ["small", "large"]},
        Size.SMALL,
    ),
    Case("an Enum of numbers", Share, {"type": "number", "enum": [0.5, 0.25]}),
    Case("an IntEnum", Level, {"type": "integer", "enum": [1, 2]}),
    Case(
        "exclusive bounds in the form of OpenAPI 3.0",
        Annotated[int, Field(gt=0, lt=10)],
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 10, "exclusiveMaximum": True},
    ),
    Case("inclusive bounds", Annotated[int, Field(ge=1, le=9)], {"type": "integer", "minimum": 1, "maximum": 9}),
    Case(
        "of two lower bounds the tighter one, inclusive",
        Annotated[int, Field(gt=0, ge=1)],
        {"type": "integer", "minimum": 1},
    ),
    Case(
        "of two lower bounds the tighter one, exclusive",
        Annotated[int, Field(gt=1, ge=1)],
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
    ),
    Case("a multiple", Annotated[int, Field(multiple_of=5)], {"type": "integer", "multipleOf": 5}),
    Case(
        "rules of text",
        Annotated[str, Field(min_length=1, max_length=63, pattern="^[a-z]+$")],
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 1, "maxLength": 63},
    ),
    Case("a format the API server checks", ipaddress.IPv4Address, {"type": "string", "format": "ipv4"}),
    Case("a format it does not know is dropped", ipaddress.IPv4Network, {"type": "string"}),
    Case(
        "a format the author gives",
        Annotated[str, Field(json_schema_extra={"format": "email"})],
        {"type": "string", "format": "email"},
    ),
    Case("int | str", int | str, {"x-kubernetes-int-or-string": True}),
    Case(
        "int | str with rules on either side, or None",
        PortOrName | None,
        {"pattern": "^[a-z]+$", "minimum": 0, "exclusiveMinimum": True, "x-kubernetes-int-or-string": True},
        None,
    ),
    Case("anything", Any, {"x-kubernetes-preserve-unknown-fields": True}),
    Case("any object", dict[str, Any], {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
    Case(
        "an object of JSON",
        dict[str, pydantic.JsonValue],
        {"type": "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": True}},
    ),
    Case(
        "a map with at most so many entries",
        Annotated[dict[str, int], Field(max_length=3)],
        {"type": "object", "maxProperties": 3, "additionalProperties": {"type": "integer"}},
    ),
    Case(
        "a list",
        Annotated[list[str], Field(min_length=1)],
        {"type": "array", "minItems": 1, "items": {"type": "string"}},
    ),
    Case("a list of anything", list[Any], {"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": True}}),
    Case("a tuple of one type and any length", tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    Case(
        "a set, its default in one order",
        set[str],
        {"type": "array", "default": ["a", "b", "c"], "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        {"c", "a", "b"},
    ),
    Case(
        "a set the author wants as a plain list",
        Annotated[set[str], Field(json_schema_extra={"x-kubernetes-list-type": "atomic"})],
        {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "string"}},
    ),
    Case("a model in place", Backend, BACKEND),
    Case("a model or None", Backend | None, BACKEND, None),
    Case(
        "a field's description goes before its model's",
        Annotated[Backend, Field(description="The first.")],
        {**BACKEND, "description": "The first."},
    ),
    Case(
        "a list that is a map by key",
        Annotated[
            list[Backend],
            Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["hostName"]}),
        ],
        {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["hostName"],
            "items": BACKEND,
        },
    ),
    Case(
        "CEL rules of a field after those of its model",
        Annotated[Ruled, Field(json_schema_extra={"x-kubernetes-validations": [RULE]})],
        {
            "description": "A range.",
            "type": "object",
            "x-kubernetes-validations": [{"rule": "self.low < self.high"}, RULE],
            "required": ["low", "high"],
            "properties": {"low": {"type": "integer"}, "high": {"type": "integer"}},
        },
    ),
    Case(
        "the author's own oneOf beside a type",
        Annotated[Backend, Field(json_schema_extra={"oneOf": [{"required": ["port"]}, {"required": ["weight"]}]})],
        {**BACKEND, "oneOf": [{"required": ["port"]}, {"required": ["weight"]}]},
    ),
    Case(
        "a model open to extra fields",
        Open,
        {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
        },
    ),
    Case(
        "what a schema has no use for is dropped",
        Annotated[pydantic.SecretStr, Field(title="T", examples=["a"], deprecated=True)],
        {"type": "string", "format": "password"},
    ),
    Case(
        "a secret that need not be there",
        pydantic.SecretStr | None,
        {"type": "string", "format": "password"},
        None,
    ),
    Case(
        "a secret that is empty tells nothing",
        pydantic.SecretStr,
        {"type": "string", "format": "password", "default": ""},
        pydantic.SecretStr(""),
    ),
]


class Wrong(ApiModel):
    replicas: Annotated[int, Field(ge=1)] = 0


NO_SECRET = "a secret cannot have a default: everyone who reads the XRD could read it; leave it out, or make it None"
NO_KEYWORD = "is not a keyword of structural schemas; correct json_schema_extra"

REFUSED = [
    Case(
        "a field that has to be there and may be None",
        int | None,
        "spec.field: is required yet may be None, which Kubernetes takes for absent; give it the default None",
    ),
    Case(
        "a literal that has to be there and may be None",
        AOrNone,
        "spec.field: is required yet may be None, which Kubernetes takes for absent; give it the default None",
    ),
    Case("nothing but None", None, "spec.field: can only be None, and Kubernetes drops a field of no value; remove it"),
    Case(
        "values of two types",
        Literal[1, "a"],
        "spec.field: fixed values have to be of one type, not integer and string",
    ),
    Case(
        "values that may be null",
        Annotated[Literal["a"] | None, Field(json_schema_extra={"nullable": True})],
        "spec.field: fixed values cannot be nullable; let the field be absent for None",
    ),
    Case(
        "a union of scalars",
        bool | str,
        "spec.field: boolean | string has no one type; accepted are X | None, int | str, and Literal",
    ),
    Case(
        "a literal or a number",
        Literal["auto"] | int,
        "spec.field: string | integer has no one type; accepted are X | None, int | str, and Literal",
    ),
    Case(
        "a decimal number, which is a number or text",
        decimal.Decimal,
        "spec.field: number | string has no one type; accepted are X | None, int | str, and Literal",
    ),
    Case(
        "a union of models",
        Cat | Dog,
        "spec.field: models cannot be alternatives; give each an optional field, and a CEL rule that just one is set",
    ),
    Case(
        "a discriminated union in a list",
        list[Annotated[Cat | Dog, Field(discriminator="kind")]],
        "spec.field[]: models cannot be alternatives; give each an optional field, and a CEL rule that just one is set",
    ),
    Case(
        "a tuple of several types",
        dict[str, tuple[int, str]],
        "spec.field.*: items cannot each have a type; use list[X], or a model with a field each",
    ),
    Case(
        "a model that holds itself",
        Tree,
        "spec.field.children[]: a model cannot hold itself; "
        "spell out the levels, or take dict[str, Any] below some level",
    ),
    Case(
        "a set of models",
        set[Annotated[int | str, Field()]],
        "spec.field: a set can hold only text, numbers and booleans; use list[X]",
    ),
    Case(
        "a map whose keys have rules",
        dict[Size, int],
        "spec.field: keys cannot have rules; use dict[str, X], and a CEL rule over the keys",
    ),
    Case(
        "extra fields of a type",
        Typed,
        "spec.field: extra fields cannot have a type; give the model a dict field for them",
    ),
    Case(
        "a type without a form in JSON",
        Callable[[], int],
        "spec.field: a 'callable' has no form in JSON; use text, a number or a model",
    ),
    Case(
        "a pattern with lookahead",
        Annotated[str, Field(json_schema_extra={"pattern": "^(?!kube-)"})],
        "spec.field: the pattern has lookahead '(?!', which Kubernetes (RE2) lacks; "
        "use a validator of the model or a CEL rule",
    ),
    Case(
        "a misspelt keyword",
        Annotated[str, Field(json_schema_extra={"x-kubernetes-validation": [RULE]})],
        f"spec.field: 'x-kubernetes-validation' {NO_KEYWORD}",
    ),
    Case(
        "a default below its bound",
        Annotated[int, Field(ge=1)],
        "spec.field: default: input should be greater than or equal to 1",
        0,
    ),
    Case("a default of no literal", Literal["a", "b"], "spec.field: default: input should be 'a' or 'b'", "c"),
    Case("text for a number", int, "spec.field: default: input should be a valid integer", "5"),
    Case(
        "a default that is no number",
        float,
        "spec.field: default: Out of range float values are not JSON compliant",
        math.inf,
    ),
    Case(
        "a default that is not Unicode",
        str,
        "spec.field: default: 'utf-8' codec can't encode character '\\ud800' in position 1: surrogates not allowed",
        "\ud800",
    ),
    Case(
        "a default with fields that the model lacks",
        Backend,
        "spec.field: default.hostName: required field is missing; default.more: unknown field",
        {"more": "a"},
    ),
    Case(
        "a default in a map",
        dict[str, Backend],
        "spec.field: default.key.port: input should be a valid integer",
        {"key": {"hostName": "a", "port": "http"}},
    ),
    Case(
        "a default in a model of a list in a map",
        dict[str, list[Wrong]],
        "spec.field.*[].replicas: default: input should be greater than or equal to 1",
    ),
    Case("a secret's default", pydantic.SecretStr, f"spec.field: {NO_SECRET}", pydantic.SecretStr("a")),
    Case(
        "the default of a secret or None",
        pydantic.SecretBytes | None,
        f"spec.field: {NO_SECRET}",
        pydantic.SecretBytes(b"a"),
    ),
    Case(
        "the default of what the author says is a password",
        Annotated[str, Field(json_schema_extra={"format": "password"})],
        f"spec.field: {NO_SECRET}",
        "a",
    ),
    Case(
        "the default of what the author says is not to be read",
        Annotated[str, Field(json_schema_extra={"writeOnly": True})],
        f"spec.field: {NO_SECRET}",
        "a",
    ),
    Case(
        "a secret in the default of a model",
        Login,
        f"spec.field.password: {NO_SECRET}",
        Login(password=pydantic.SecretStr("a")),
    ),
    Case(
        "a secret in a default, of what is not to be read in a list in a map",
        dict[str, list[Annotated[str, Field(json_schema_extra={"writeOnly": True})]]],
        f"spec.field.key[1]: {NO_SECRET}",
        {"key": ["", "a"]},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_field_becomes_schema(case: Case) -> None:
    schema = structural.of(model_of(case), "spec")

    assert schema["properties"]["field"] == case.want


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_a_field_without_default_is_required(case: Case) -> None:
    schema = structural.of(model_of(case), "spec")

    assert schema.get("required", []) == (["field"] if case.default is ... else [])


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_field_without_structural_form_is_refused(case: Case) -> None:
    with pytest.raises(structural.SchemaError) as refused:
        structural.of(model_of(case), "spec")

    assert str(refused.value) == case.want


def test_a_refused_field_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        structural.of(Tree, "spec")


def test_keys_stand_in_the_order_people_write_them() -> None:
    class Model(ApiModel):
        """A thing."""

        zone: Annotated[str, Field(max_length=9, pattern="^z")] = "z"
        """Where."""
        area: str

    schema = structural.of(Model, "spec")

    assert list(schema) == ["description", "type", "required", "properties"]
    assert list(schema["properties"]) == ["zone", "area"]
    assert list(schema["properties"]["zone"]) == ["description", "type", "default", "pattern", "maxLength"]


def test_an_output_has_what_a_chart_writes_and_no_defaults() -> None:
    class Model(ApiModel):
        replicas: int = 0
        url: str | None
        phase: str = Field(serialization_alias="currentPhase")

        @pydantic.computed_field
        @property
        def address(self) -> str | None:
            return None

    assert structural.of(Model, "status", "output") == {
        "type": "object",
        "required": ["currentPhase"],
        "properties": {
            "replicas": {"type": "integer"},
            "url": {"type": "string"},
            "currentPhase": {"type": "string"},
            "address": {"type": "string"},
        },
    }
