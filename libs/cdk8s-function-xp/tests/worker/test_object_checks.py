"""Objects are checked against the schemas of their kinds where the function input asks for it."""

import dataclasses
from typing import Any

import pytest
from cdk8s_function.chart.read_log import ReadLog
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import (
    ChartRef,
    ComposedResource,
    Condition,
    Read,
    SchemaRequirement,
    SynthRequest,
    SynthResult,
)
from cdk8s_function.worker import object_checks

CHART = ChartRef(name="web", dist="web", version="1", target="web:Web")
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"ports": [{"port": 80}]},
}
TYPO: dict[str, Any] = {**SERVICE, "spec": {"port": [], "type": 1}}
GAUGE: dict[str, Any] = {
    "apiVersion": "example.org/v1",
    "kind": "Gauge",
    "metadata": {"name": "web"},
    "spec": {"unit": 1},
}
NAME = "cdk8s.fn.crossplane.io/schema/example.org/v1/Gauge"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": "#/components/schemas/ObjectMeta"},
        "spec": {"type": "object", "properties": {"unit": {"type": "string"}}},
    },
}
FAULT = '"web", a Service: spec.port: there is no such field (did you mean "ports"?); and 1 more fault'
UNIT = '"gauge", a Gauge: spec.unit: must be text, not a whole number'


def result(**manifests: dict[str, Any]) -> SynthResult:
    return SynthResult(resources=tuple(ComposedResource(key=key, manifest=each) for key, each in manifests.items()))


def condition(status: Any, reason: str, message: str = "") -> Condition:
    return Condition(type="ObjectsValid", status=status, reason=reason, message=message)


@pytest.mark.parametrize(
    ("manifests", "schemas", "wanted"),
    [
        pytest.param({"web": SERVICE}, {}, condition("True", "Valid"), id="all fit"),
        pytest.param({"web": TYPO}, {}, condition("False", "Invalid", FAULT), id="faults"),
        pytest.param({}, {}, condition("True", "Valid"), id="no objects"),
        pytest.param(
            {"web": SERVICE, "gauge": GAUGE},
            {},
            condition("Unknown", "NotChecked", "no schema of Gauge (example.org/v1)"),
            id="a kind without a schema",
        ),
        pytest.param(
            {"gauge": GAUGE}, {NAME: SCHEMA}, condition("False", "Invalid", UNIT), id="a schema of the cluster"
        ),
        pytest.param(
            {"gauge": GAUGE},
            {NAME: {}},
            condition("Unknown", "NotChecked", "no schema of Gauge (example.org/v1)"),
            id="a kind that the cluster does not have",
        ),
    ],
)
def test_the_condition_says_what_does_not_fit(manifests: Any, schemas: Any, wanted: Condition) -> None:
    request = SynthRequest(chart=CHART, validate="warn", schemas=schemas)

    checked = object_checks.checked(result(**manifests), request, ReadLog())

    assert checked == dataclasses.replace(result(**manifests), conditions=(wanted,))


@pytest.mark.parametrize(
    ("manifests", "schemas", "line"),
    [
        pytest.param({"web": TYPO}, {}, FAULT, id="a kind of Kubernetes"),
        pytest.param({"gauge": GAUGE}, {NAME: SCHEMA}, UNIT, id="a custom resource"),
    ],
)
def test_what_does_not_fit_can_be_refused(manifests: Any, schemas: Any, line: str) -> None:
    request = SynthRequest(chart=CHART, validate="refuse", schemas=schemas)

    with pytest.raises(FatalError) as refused:
        object_checks.checked(result(**manifests), request, ReadLog())

    assert str(refused.value) == line


def test_schemas_are_asked_for_where_crossplane_can_send_them() -> None:
    log = ReadLog()
    request = SynthRequest(chart=CHART, validate="warn", can_require_schemas=True)

    checked = object_checks.checked(result(web=SERVICE, gauge=GAUGE), request, log)

    assert checked.schemas == {NAME: SchemaRequirement(api_version="example.org/v1", kind="Gauge")}
    assert log.reads() == (Read(how="value", path=("schemas", NAME)),)


def test_nothing_is_checked_unless_the_input_asks_for_it() -> None:
    made = result(web=TYPO)

    assert object_checks.checked(made, SynthRequest(chart=CHART), ReadLog()) is made
