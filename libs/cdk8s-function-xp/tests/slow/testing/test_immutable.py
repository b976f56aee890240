"""Which changes the API server refuses, as its validation does."""

from typing import Any

import pytest
from cdk8s_function.testing import immutable

APPS, RBAC, STORAGE = "apps/v1", "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1"


def size(storage: str, **more: Any) -> dict[str, Any]:
    return {"spec": {"resources": {"requests": {"storage": storage}}, **more}}


Object = dict[str, Any]

CASES: list[tuple[str, Object, Object, list[str]]] = [
    (
        f"{APPS}/Deployment",
        {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
        {"spec": {"selector": {"matchLabels": {"a": "c"}}}},
        ["spec.selector.matchLabels.a"],
    ),
    (f"{APPS}/Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, []),
    (
        f"{APPS}/DaemonSet",
        {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
        {"spec": {"selector": {"matchLabels": {"a": "b", "c": "d"}}}},
        ["spec.selector.matchLabels.c"],
    ),
    (
        f"{APPS}/StatefulSet",
        {"spec": {"serviceName": "a", "replicas": 1}},
        {"spec": {"serviceName": "b", "replicas": 2}},
        ["spec.serviceName"],
    ),
    (
        f"{APPS}/StatefulSet",
        {"spec": {"volumeClaimTemplates": [size("1Gi")]}},
        {"spec": {"volumeClaimTemplates": [size("2Gi")]}},
        ["spec.volumeClaimTemplates[0].spec.resources.requests.storage"],
    ),
    (
        f"{APPS}/StatefulSet",
        {"spec": {"template": {"a": 1}}},
        {"spec": {"template": {"a": 2}, "ordinals": {"start": 1}}},
        [],
    ),
    ("v1/PersistentVolumeClaim", size("1Gi"), size("2Gi"), []),
    ("v1/PersistentVolumeClaim", size("1Gi"), size("1024Mi"), []),
    ("v1/PersistentVolumeClaim", size("2Gi"), size("1.5G"), ["spec.resources.requests.storage"]),
    (
        "v1/PersistentVolumeClaim",
        size("1Gi", accessModes=["ReadWriteOnce"]),
        size("1Gi", accessModes=["ReadWriteMany"]),
        ["spec.accessModes[0]"],
    ),
    ("v1/PersistentVolumeClaim", size("1Gi"), size("1Gi", storageClassName="fast"), []),
    (
        "v1/PersistentVolumeClaim",
        size("1Gi", storageClassName="slow"),
        size("1Gi", storageClassName="fast"),
        ["spec.storageClassName"],
    ),
    ("v1/Service", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {"clusterIP": "None"}}, ["spec.clusterIP"]),
    ("v1/Service", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {}}, []),
    ("v1/Service", {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "LoadBalancer"}}, []),
    ("v1/Secret", {"type": "Opaque"}, {"type": "kubernetes.io/tls"}, ["type"]),
    ("v1/Secret", {"immutable": True, "data": {"a": "MQ=="}}, {"immutable": True, "data": {"a": "Mg=="}}, ["data"]),
    ("v1/ConfigMap", {"immutable": True, "data": {"a": "1"}}, {"data": {"a": "2"}}, ["immutable", "data"]),
    ("v1/ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}, "immutable": True}, []),
    (
        "batch/v1/Job",
        {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}},
        {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}},
        ["spec.template.spec.restartPolicy"],
    ),
    ("batch/v1/Job", {"spec": {"parallelism": 1}}, {"spec": {"parallelism": 2, "suspend": True}}, []),
    (f"{RBAC}/RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, ["roleRef.name"]),
    (
        f"{RBAC}/ClusterRoleBinding",
        {"roleRef": {"name": "a"}, "subjects": []},
        {"roleRef": {"name": "a"}, "subjects": [{}]},
        [],
    ),
    (
        f"{STORAGE}/StorageClass",
        {"provisioner": "a", "parameters": {"a": "b"}},
        {"provisioner": "b", "parameters": {}},
        ["parameters.a", "provisioner"],
    ),
    ("scheduling.k8s.io/v1/PriorityClass", {"value": 1}, {"value": 2}, ["value"]),
    ("example.org/v1/Bucket", {"spec": {"a": 1}}, {"spec": {"a": 2}}, []),
]


@pytest.mark.parametrize(("kind", "old", "new", "paths"), CASES)
def test_a_change_that_is_refused_is_told(
    kind: str, old: dict[str, Any], new: dict[str, Any], paths: list[str]
) -> None:
    api_version, _, name = kind.rpartition("/")
    was, now = ({"apiVersion": api_version, "kind": name, **each} for each in (old, new))

    lines = list(immutable.changes(was, was, now))

    assert [line.partition(": ")[0] for line in lines] == paths
    assert all("(Validate" in line for line in lines)


def test_what_the_cluster_filled_in_is_not_to_change_either() -> None:
    applied: Object = {"apiVersion": "v1", "kind": "Service", "spec": {}}
    there = {**applied, "spec": {"clusterIP": "10.96.0.1"}}

    [line] = immutable.changes(there, applied, {**applied, "spec": {"clusterIP": "10.96.0.2"}})

    assert line == 'spec.clusterIP: "10.96.0.1" -> "10.96.0.2" (ValidateServiceUpdate)'


def test_the_data_of_a_secret_is_not_shown() -> None:
    old = {"apiVersion": "v1", "kind": "Secret", "immutable": True, "data": {"a": "c2VjcmV0"}}

    [line] = immutable.changes(old, old, {**old, "data": {"a": "b3RoZXI="}})

    assert line == "data: changes, and the object is immutable (ValidateSecretUpdate)"
