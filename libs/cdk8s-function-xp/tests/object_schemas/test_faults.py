"""Composed objects are checked against the schemas of their kinds."""

from typing import Any

import pytest
from cdk8s_function.object_schemas import catalog
from cdk8s_function.object_schemas.faults import faults

CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gauges.example.org"},
    "spec": {
        "group": "example.org",
        "names": {"kind": "Gauge", "plural": "gauges"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["unit"],
                                "properties": {
                                    "unit": {"type": "string", "enum": ["bar", "pascal"]},
                                    "limit": {"x-kubernetes-int-or-string": True},
                                    "ratio": {"type": "number"},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def deployment(**spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}
    whole = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {**whole, **spec}}


def pod(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def gauge(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.org/v1", "kind": "Gauge", "metadata": {"name": "a"}, "spec": {"unit": "bar", **spec}}


def xr(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.org/v1", "kind": "XGauge", "metadata": {"name": "a"}, "spec": spec}


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a Deployment": (deployment(), []),
    "a field that does not exist": (
        deployment(replica=2),
        ['spec.replica: there is no such field (did you mean "replicas"?)'],
    ),
    "a field like no other": (deployment(qqq=1), ["spec.qqq: there is no such field"]),
    "text for a number": (deployment(replicas="2"), ["spec.replicas: must be a whole number, not text"]),
    "a broken number": (deployment(replicas=1.5), ["spec.replicas: must be a whole number, not a number"]),
    "a whole double": (deployment(replicas=2.0), []),
    "a missing field": (deployment(selector=None), ["spec.selector: is missing"]),
    "a text port": (
        pod(ports=[{"containerPort": "80"}]),
        ["spec.containers[0].ports[0].containerPort: must be a whole number, not text"],
    ),
    "a port's name or number": (pod(livenessProbe={"httpGet": {"port": "web"}}, ports=[]), []),
    "neither name nor number": (
        pod(livenessProbe={"httpGet": {"port": True}}),
        ["spec.containers[0].livenessProbe.httpGet.port: must be a whole number or text, not true or false"],
    ),
    "quantities": (pod(resources={"limits": {"cpu": 1, "memory": "64Mi"}, "requests": {"cpu": 0.5}}), []),
    "a list for a mapping": (pod(resources=[]), ["spec.containers[0].resources: must be a mapping, not a list"]),
    "a mapping for a list": (pod(ports={}), ["spec.containers[0].ports: must be a list, not a mapping"]),
    "a label that is no text": (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"a": 1}}},
        ["metadata.labels.a: must be text, not a whole number"],
    ),
    "several": (
        deployment(replica=2, paused="yes"),
        [
            "spec.paused: must be true or false, not text",
            'spec.replica: there is no such field (did you mean "replicas"?)',
        ],
    ),
    "a custom resource": (gauge(limit="50%", ratio=2, free={"any": [1]}, labels={"a": "b"}), []),
    "a value of an enumeration": (
        gauge(unit="pascals"),
        ['spec.unit: must be one of bar, pascal (did you mean "pascal"?)'],
    ),
    "a custom resource's label": (gauge(labels={"a": 1}), ["spec.labels.a: must be text, not a whole number"]),
    "a custom resource's metadata": (
        {**gauge(), "metadata": {"name": "a", "lables": {}}},
        ['metadata.lables: there is no such field (did you mean "labels"?)'],
    ),
    "a composite resource": (xr(unit="bar", crossplane={"compositionRef": {"name": "c"}}), []),
    "a composite resource's field": (xr(unit=1), ["spec.unit: must be text, not a whole number"]),
    "no more than twenty": (
        {"apiVersion": "v1", "kind": "ConfigMap", "data": dict.fromkeys(map(str, range(100)), 1)},
        [f"data.{index}: must be text, not a whole number" for index in sorted(map(str, range(100)))[:20]],
    ),
    "a name of any length": (deployment(**{"r" * 300_000: 1}), [f"spec.{'r' * 80}…: there is no such field"]),
}


@pytest.fixture(scope="module")
def schemas() -> catalog.Catalog:
    made = catalog.Catalog()
    xrd: Any = {**CRD, "kind": "CompositeResourceDefinition"}
    made.add([{"kind": "ConfigMap"}, CRD, {**xrd, "spec": {**CRD["spec"], "names": {"kind": "XGauge"}}}])
    return made


@pytest.mark.parametrize("case", CASES)
def test_an_object_is_checked(case: str, schemas: catalog.Catalog) -> None:
    manifest, wanted = CASES[case]

    schema = schemas.find(manifest)

    assert schema is not None
    assert faults(manifest, schema) == wanted


def test_a_kind_without_a_schema_is_not_found(schemas: catalog.Catalog) -> None:
    assert schemas.find({"apiVersion": "example.org/v2", "kind": "Gauge"}) is None


def test_an_unknown_version_of_kubernetes_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no schemas of Kubernetes v1.1; there are those of v1\.\d+"):
        catalog.Catalog("v1.1")
