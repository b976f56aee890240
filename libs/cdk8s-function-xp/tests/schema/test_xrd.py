"""XRDs: the whole definition of one kind, what Crossplane and Kubernetes would refuse, and the structural rules.

That a real API server takes such a definition is checked where one runs: in the e2e suites.
"""

import dataclasses
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pydantic
import pytest
from cdk8s_function import ApiModel, CompositeType, PrinterColumn
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError
from pydantic import Field
from syrupy.assertion import SnapshotAssertion


class Storage(ApiModel):
    """Where records are kept."""

    size: Annotated[str, Field(pattern=r"^[1-9][0-9]*(Mi|Gi)$")] = "1Gi"
    """How much is asked for."""

    class_name: str | None = None
    """Storage class; the cluster's default without one."""


class Listener(ApiModel):
    """A port that answers."""

    name: Annotated[str, Field(max_length=15)]
    port: Annotated[int, Field(gt=0, lt=65536)]
    protocol: Literal["UDP", "TCP"] = "UDP"


class NameServerSpec(ApiModel):
    """What a NameServer asks for."""

    zones: Annotated[set[Annotated[str, Field(json_schema_extra={"format": "hostname"})]], Field(min_length=1)]
    """Zones it answers for."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 1
    """How many pods answer."""

    storage: Storage = Storage()

    listeners: Annotated[
        list[Listener],
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}),
    ] = Field(default=[])

    max_unavailable: int | str = "25%"
    """How many pods may be away at a time."""

    labels: dict[str, str] = Field(default={})
    extra_settings: dict[str, Any] = Field(default={})


class NameServerStatus(ApiModel):
    """What a NameServer reports."""

    address: str
    """Where it answers."""

    zones: int = 0
    """How many zones it answers for."""


NAME_SERVER = CompositeType(
    group="dns.example.org",
    version="v1alpha1",
    kind="NameServer",
    spec=NameServerSpec,
    status=NameServerStatus,
    description="Where names are served.",
    short_names=["ns"],
    categories=["crossplane", "dns"],
    printer_columns=[
        PrinterColumn(name="ADDRESS", type="string", json_path=".status.address"),
        PrinterColumn(
            name="ZONES", type="integer", json_path=".status.zones", description="How many zones.", priority=1
        ),
    ],
    validations=[{"rule": "size(self.metadata.name) <= 40", "message": "a name has at most 40 letters"}],
)


class Small(ApiModel):
    """A small spec."""

    size: int = 1


SMALL = CompositeType(group="example.org", version="v1", kind="Small", spec=Small)


def model(fields: dict[str, Any]) -> type[pydantic.BaseModel]:
    """Return a model with the fields."""
    return pydantic.create_model("Model", __base__=ApiModel, **fields)


def test_a_small_kind() -> None:
    assert xrd.of(SMALL) == {
        "apiVersion": "apiextensions.crossplane.io/v2",
        "kind": "CompositeResourceDefinition",
        "metadata": {"name": "smalls.example.org"},
        "spec": {
            "scope": "Namespaced",
            "group": "example.org",
            "names": {"kind": "Small", "plural": "smalls", "categories": ["crossplane"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "referenceable": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "required": ["spec"],
                            "properties": {
                                "spec": {
                                    "description": "A small spec.",
                                    "type": "object",
                                    "properties": {"size": {"type": "integer", "default": 1}},
                                },
                            },
                        },
                    },
                },
            ],
        },
    }


def test_a_kind_of_the_whole_cluster_under_names_of_its_own() -> None:
    kind = dataclasses.replace(SMALL, scope="Cluster", plural="smallish", categories=[])

    definition = xrd.of(kind)

    assert definition["metadata"] == {"name": "smallish.example.org"}
    assert definition["spec"]["scope"] == "Cluster"
    assert definition["spec"]["names"] == {"kind": "Small", "plural": "smallish"}


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("WebService", "webservices"),
        ("WebCache", "webcaches"),
        ("Proxy", "proxies"),
        ("Gateway", "gateways"),
        ("Class", "classes"),
        ("Mesh", "meshes"),
        ("Mailbox", "mailboxes"),
    ],
)
def test_the_plural_of_a_kind_is_that_of_english(kind: str, plural: str) -> None:
    assert CompositeType(group="example.org", version="v1", kind=kind, spec=ApiModel).plural == plural


def test_a_kind_with_everything(snapshot: SnapshotAssertion) -> None:
    definition = xrd.of(NAME_SERVER)

    assert json.dumps(definition, indent=2) == snapshot
    assert definition["metadata"] == {"name": "nameservers.dns.example.org"}
    version = definition["spec"]["versions"][0]
    assert version["additionalPrinterColumns"] == [
        {"name": "ADDRESS", "type": "string", "jsonPath": ".status.address"},
        {
            "name": "ZONES",
            "type": "integer",
            "jsonPath": ".status.zones",
            "description": "How many zones.",
            "priority": 1,
        },
    ]
    schema = version["schema"]["openAPIV3Schema"]
    assert schema["x-kubernetes-validations"] == list(NAME_SERVER.validations)
    assert schema["properties"]["spec"]["required"] == ["zones"]


def test_nothing_in_the_status_is_required_or_has_a_default() -> None:
    status = xrd.of(NAME_SERVER)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]

    assert status == {
        "description": "What a NameServer reports.",
        "type": "object",
        "properties": {
            "address": {"description": "Where it answers.", "type": "string"},
            "zones": {"description": "How many zones it answers for.", "type": "integer"},
        },
    }


def test_a_definition_comes_out_the_same_each_time_and_is_nobody_elses() -> None:
    first = xrd.of(NAME_SERVER)
    first["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-validations"][0]["rule"] = "false"

    assert json.dumps(xrd.of(NAME_SERVER)) == json.dumps(xrd.of(NAME_SERVER))
    assert NAME_SERVER.validations[0]["rule"] == "size(self.metadata.name) <= 40"


@dataclasses.dataclass(frozen=True)
class Refused:
    """A kind that is `SMALL` but for some fields, and the error it gives."""

    name: str
    fields: dict[str, Any]
    want: str


LONG = "a" * 64
LABEL = "is no DNS label: a-z, 0-9 and '-', a letter first, at most 63"

REFUSED = [
    Refused(
        "a group in one word", {"group": "example"}, "group: 'example' is no DNS name with a dot, like 'example.org'"
    ),
    Refused(
        "a group with a capital",
        {"group": "Example.org"},
        "group: 'Example.org' is no DNS name with a dot, like 'example.org'",
    ),
    Refused(
        "a group of Kubernetes",
        {"group": "dns.k8s.io"},
        "group: 'dns.k8s.io' is Kubernetes' own; use a domain of yours",
    ),
    Refused(
        "a group so long that the name is",
        {"group": f"{'a.' * 123}org"},
        f"group: 'smalls.{'a.' * 123}org' is longer than 253 letters",
    ),
    Refused("a version without v", {"version": "1"}, "version: '1' is no API version, like 'v1alpha1' or 'v1'"),
    Refused("a version zero", {"version": "v0"}, "version: 'v0' is no API version, like 'v1alpha1' or 'v1'"),
    Refused("a semantic version", {"version": "v1.2"}, "version: 'v1.2' is no API version, like 'v1alpha1' or 'v1'"),
    Refused("a kind in lower case", {"kind": "small"}, "kind: 'small' is not in CamelCase, like 'WebService'"),
    Refused("a kind with a dash", {"kind": "My-Kind"}, "kind: 'My-Kind' is not in CamelCase, like 'WebService'"),
    Refused(
        "a kind too long for the kind of its list",
        {"kind": f"A{'b' * 59}"},
        f"kind: 'A{'b' * 59}' is longer than 59 letters",
    ),
    Refused("a plural with a dot", {"plural": "small.things"}, f"plural: 'small.things' {LABEL}"),
    Refused("a plural too long", {"plural": LONG}, f"plural: '{LONG}' {LABEL}"),
    Refused("a short name in capitals", {"short_names": ["sm", "SM"]}, f"short_names: 'SM' {LABEL}"),
    Refused("a category with a space", {"categories": ["my own"]}, f"categories: 'my own' {LABEL}"),
    Refused(
        "a column whose path starts anywhere",
        {"printer_columns": [PrinterColumn(name="SIZE", type="integer", json_path="spec.size")]},
        "printer_columns.SIZE: json_path 'spec.size' has to start with a dot",
    ),
    Refused(
        "Crossplane's part of the spec",
        {"spec": model({"crossplane": (str, "")})},
        "spec.crossplane: is Crossplane's own, for how it reconciles the XR; choose another name",
    ),
    Refused(
        "Crossplane's part of the status",
        {"status": model({"crossplane": (str, "")})},
        "status.crossplane: is Crossplane's own, for its own state; choose another name",
    ),
    Refused(
        "conditions in the status",
        {"status": model({"conditions": (list[str], [])})},
        "status.conditions: is Crossplane's own, for the XR's conditions; choose another name",
    ),
    Refused("a spec that is text", {"spec": pydantic.RootModel[str]}, "spec: has to be a model with fields"),
    Refused(
        "a spec that is a map",
        {"spec": pydantic.RootModel[dict[str, int]]},
        "spec: Crossplane does not carry 'additionalProperties' over from here; put it on a field below",
    ),
    Refused(
        "a status open to extra fields",
        {"status": pydantic.create_model("Model", __config__=pydantic.ConfigDict(extra="allow"))},
        "status: Crossplane does not carry 'x-kubernetes-preserve-unknown-fields' over from here; "
        "put it on a field below",
    ),
    Refused(
        "a field without structural form, by its path",
        {"spec": model({"servers": (list[tuple[int, str]], [])})},
        "spec.servers[]: items cannot each have a type; use list[X], or a model with a field each",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused) -> None:
    with pytest.raises(SchemaError) as refused:
        xrd.of(dataclasses.replace(SMALL, **case.fields))

    assert str(refused.value) == case.want


def test_fields_that_only_legacy_xrs_reserve_are_free() -> None:
    spec = model({"resourceRefs": (list[str], []), "compositionRef": (str, "")})

    assert xrd.of(dataclasses.replace(SMALL, spec=spec))


def faults(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield where a schema breaks a rule of structural schemas, as the Kubernetes documentation states them."""
    own_type = schema.get("type")
    free = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string")
    if own_type not in {"object", "array", "string", "integer", "number", "boolean"} and not (
        own_type is None and free
    ):
        yield f"{path}: type {own_type}"
    for keyword in {
        "$ref",
        "$defs",
        "const",
        "anyOf",
        "oneOf",
        "uniqueItems",
        "title",
        "discriminator",
    } & schema.keys():
        yield f"{path}: {keyword}"
    if "properties" in schema and "additionalProperties" in schema:
        yield f"{path}: both properties and additionalProperties"
    if (own_type == "array") != ("items" in schema):
        yield f"{path}: items"
    if any(
        type(schema.get(bound)) is not bool for bound in ("exclusiveMinimum", "exclusiveMaximum") if bound in schema
    ):
        yield f"{path}: a bound of JSON schema"
    if not set(schema.get("required", [])) <= schema.get("properties", {}).keys():
        yield f"{path}: requires a field it has not"
    for name, child in schema.get("properties", {}).items():
        yield from faults(child, f"{path}.{name}")
    for keyword in {"items", "additionalProperties"} & schema.keys():
        yield from faults(schema[keyword], f"{path}.{keyword}")


@pytest.mark.parametrize("kind", [SMALL, NAME_SERVER], ids=lambda kind: kind.kind)
def test_the_schema_is_structural(kind: CompositeType[Any]) -> None:
    schema = xrd.of(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    assert list(faults(schema)) == []
