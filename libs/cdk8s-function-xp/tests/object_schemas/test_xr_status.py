"""The status of an XR is checked against its XRD, of which the API server keeps no other field."""

from typing import Any

import pytest
from cdk8s_function.object_schemas import xr_status

NESTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "url": {"type": "string"},
        "hosts": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}


def definition(status: dict[str, Any] | None) -> dict[str, Any]:
    properties = {"spec": {"type": "object"}} | ({"status": status} if status else {})
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    return {"spec": {"versions": [{"name": "v1", "schema": schema}, {"name": "v2"}]}}


@pytest.mark.parametrize(
    ("declared", "status", "lines"),
    [
        pytest.param(NESTED, None, [], id="no status"),
        pytest.param(NESTED, {"url": "a", "hosts": [{"name": "b"}]}, [], id="what the XRD has"),
        pytest.param(NESTED, {"url": None}, [], id="null"),
        pytest.param(NESTED, {"conditions": [{"type": "Ready"}], "crossplane": {}}, [], id="fields of Crossplane"),
        pytest.param(
            NESTED,
            {"hosts": [{"name": "a"}, {"nmae": "b"}]},
            ['status.hosts[1].nmae: there is no such field (did you mean "name"?)'],
            id="a field in a list",
        ),
        pytest.param(NESTED, {"hosts": {}}, ["status.hosts: must be a list, not a mapping"], id="a type"),
        pytest.param(None, {"url": "a"}, ["status.url: there is no such field"], id="an XRD without a status"),
        pytest.param(
            {"x-kubernetes-preserve-unknown-fields": True},
            {"url": "a"},
            ["status.url: there is no such field"],
            id="a keyword that Crossplane does not carry over from there",
        ),
    ],
)
def test_a_status_fits_its_xrd(
    declared: dict[str, Any] | None, status: dict[str, Any] | None, lines: list[str]
) -> None:
    xr = {"apiVersion": "example.org/v1", "kind": "Shop", **({"status": status} if status is not None else {})}

    assert xr_status.faults(xr, definition(declared)) == lines


def test_a_version_that_the_xrd_does_not_have_is_not_checked() -> None:
    assert xr_status.faults({"apiVersion": "example.org/v3", "status": {"url": "a"}}, definition(NESTED)) == []
