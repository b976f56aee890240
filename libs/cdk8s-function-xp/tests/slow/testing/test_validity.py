"""Objects that do not fit the schemas of their kinds are found by `valid()`."""

from typing import Any

import pytest
from cdk8s_function.testing import Scenario, scenario
from fixture_charts.unsteady import Unsteady

CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.org",
        "names": {"kind": "Gauge"},
        "versions": [
            {
                "name": "v1",
                "schema": {
                    "openAPIV3Schema": {
                        "properties": {"spec": {"type": "object", "properties": {"unit": {"type": "string"}}}}
                    }
                },
            }
        ],
    },
}
BEGINNING = 'Unsteady "team-a/demo" composes what a cluster would refuse or drop:'
TYPO = '"deployment" (Deployment): spec.replica: there is no such field (did you mean "replicas"?)'
PORT = (
    '"deployment" (Deployment): spec.template.spec.containers[0].ports[0].containerPort: '
    "must be a whole number, not text"
)
UNKNOWN = (
    '"gauge" (Gauge): not checked, as there is no schema of example.org/v1 Gauge; '
    'give its definition in crds, or name it in unchecked=["Gauge"]'
)
STATUS = 'the XR (Unsteady): status.phaze: there is no such field (did you mean "phase"?)'
UNIT = '"gauge" (Gauge): spec.unit: must be text, not a whole number'


def unsteady(mode: str) -> Scenario:
    return scenario(Unsteady, {"mode": mode}).step()


def test_a_clean_chart_is_valid() -> None:
    unsteady("clean").valid().valid(kubernetes="v1.36")


@pytest.mark.parametrize(
    ("mode", "options", "line"),
    [
        pytest.param("typo", {}, TYPO, id="a field that does not exist"),
        pytest.param("port", {}, PORT, id="a text port"),
        pytest.param("pruned", {}, STATUS, id="a field of the status that the XRD does not have"),
        pytest.param("custom", {}, UNKNOWN, id="a kind without a schema"),
        pytest.param("custom", {"crds": [CRD]}, UNIT, id="a custom resource"),
    ],
)
def test_what_does_not_fit_is_named(mode: str, options: Any, line: str) -> None:
    with pytest.raises(AssertionError) as failed:
        unsteady(mode).valid(**options)

    first, *lines = str(failed.value).splitlines()
    assert (first, [each.strip().removeprefix("- ") for each in lines]) == (BEGINNING, [line])


def test_a_kind_may_be_left_unchecked() -> None:
    unsteady("custom").valid(unchecked=["Gauge"])


def test_an_unknown_version_of_kubernetes_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no schemas of Kubernetes v1\.1; there are those of"):
        unsteady("clean").valid(kubernetes="v1.1")
