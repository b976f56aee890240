"""Readiness: what each kind of object looks like when it is ready, and when it is not."""

import dataclasses
import json
from typing import Any

import pytest
from cdk8s_function.server import readiness
from hypothesis import given
from hypothesis import strategies as st


@dataclasses.dataclass(frozen=True)
class Case:
    """An object and whether it is ready."""

    name: str
    manifest: dict[str, Any]
    want: bool


def resource(
    api_version: str,
    kind: str,
    *,
    status: dict[str, Any] | None = None,
    spec: dict[str, Any] | None = None,
    generation: int = 2,
) -> dict[str, Any]:
    """Return an object as the API server shows it."""
    manifest: dict[str, Any] = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "demo", "generation": generation},
    }
    return manifest | ({"spec": spec} if spec is not None else {}) | ({"status": status} if status is not None else {})


def conditions(*conditions: str, **fields: object) -> dict[str, Any]:
    """Return a status with conditions, each written as `Ready` or `Ready=False`, and other fields."""
    pairs = [condition.partition("=") for condition in conditions]
    return {"conditions": [{"type": name, "status": status or "True"} for name, _, status in pairs], **fields}


def deployment(*, spec: dict[str, Any] | None = None, **status: object) -> dict[str, Any]:
    """Return a Deployment of three replicas that has rolled out, but for the given status."""
    done = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    return resource("apps/v1", "Deployment", spec=spec or {"replicas": 3}, status=done | status)


def stateful_set(*, spec: dict[str, Any] | None = None, **status: object) -> dict[str, Any]:
    """Return a StatefulSet of three replicas that has rolled out, but for the given spec and status."""
    done = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3}
    return resource("apps/v1", "StatefulSet", spec={"replicas": 3, **(spec or {})}, status=done | status)


def daemon_set(*, spec: dict[str, Any] | None = None, **status: object) -> dict[str, Any]:
    """Return a DaemonSet for two nodes that has rolled out, but for the given status."""
    done = {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
    return resource("apps/v1", "DaemonSet", spec=spec or {}, status=done | status)


def service(type: str, *addresses: dict[str, Any]) -> dict[str, Any]:  # noqa: A002  # The name Kubernetes gives it.
    """Return a Service of a type with addresses of its load balancer."""
    return resource("v1", "Service", spec={"type": type}, status={"loadBalancer": {"ingress": list(addresses)}})


def route(*parents: dict[str, Any], parent_count: int = 1) -> dict[str, Any]:
    """Return an HTTPRoute that asks for so many parents, and what these tell."""
    spec = {"parentRefs": [{"name": f"gateway-{index}"} for index in range(parent_count)]}
    return resource("gateway.networking.k8s.io/v1", "HTTPRoute", spec=spec, status={"parents": list(parents)})


def nested(*, spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an XR whose kind is named as in Crossplane v1."""
    return resource("example.org/v1", "XNested", spec=spec, status=status)


def legacy(field: str, value: object, *, status: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an object with a field of Crossplane's in its spec."""
    return resource("example.org/v1", "Bucket", spec={"size": 3, field: value}, status=status)


def finalized(finalizer: str) -> dict[str, Any]:
    """Return an object with a finalizer."""
    manifest = resource("example.org/v1", "Bucket", spec={"size": 3})
    manifest["metadata"]["finalizers"] = [finalizer]
    return manifest


SYNCED = {"conditions": [{"type": "Synced", "status": "True", "reason": "ReconcileSuccess"}]}
UNUSED = {"phase": "Pending"}
PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
STALE = {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}
FRESH = {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 2}]}
SWITCHED_OFF = {
    "conditions": [
        {"type": "AbleToScale", "status": "True"},
        {"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"},
    ]
}

CASES = [
    Case("a Deployment that has rolled out", deployment(), want=True),
    Case("a Deployment its controller has not seen", deployment(observedGeneration=1), want=False),
    Case("a Deployment without a status", resource("apps/v1", "Deployment", spec={"replicas": 0}), want=False),
    Case(
        "a Deployment scaled to zero",
        deployment(spec={"replicas": 0}, replicas=0, updatedReplicas=0, availableReplicas=0),
        want=True,
    ),
    Case("a Deployment with replicas to update", deployment(updatedReplicas=2), want=False),
    Case("a Deployment with old replicas left", deployment(replicas=4), want=False),
    Case("a Deployment with replicas not available", deployment(availableReplicas=2), want=False),
    Case(
        "a Deployment of one replica by default",
        deployment(spec={"paused": False}, replicas=1, updatedReplicas=1, availableReplicas=1),
        want=True,
    ),
    Case(
        "a Deployment being deleted",
        deployment() | {"metadata": {"deletionTimestamp": "2026-11-24T04:00:00Z"}},
        want=False,
    ),
    Case("a StatefulSet that has rolled out", stateful_set(), want=True),
    Case("a StatefulSet its controller has not seen", stateful_set(observedGeneration=1), want=False),
    Case("a StatefulSet without a status", resource("apps/v1", "StatefulSet"), want=False),
    Case("a StatefulSet with replicas not ready", stateful_set(readyReplicas=2), want=False),
    Case("a StatefulSet with replicas to update", stateful_set(updatedReplicas=2), want=False),
    Case("a StatefulSet updated above its partition", stateful_set(spec=PARTITION, updatedReplicas=1), want=True),
    Case("a StatefulSet not updated above its partition", stateful_set(spec=PARTITION, updatedReplicas=0), want=False),
    Case("a StatefulSet people update", stateful_set(spec=ON_DELETE, updatedReplicas=0), want=True),
    Case("a DaemonSet that has rolled out", daemon_set(), want=True),
    Case("a DaemonSet without a status", resource("apps/v1", "DaemonSet"), want=False),
    Case("a DaemonSet with pods to update", daemon_set(updatedNumberScheduled=1), want=False),
    Case("a DaemonSet with pods not available", daemon_set(numberAvailable=1), want=False),
    Case("a DaemonSet people update", daemon_set(spec=ON_DELETE, updatedNumberScheduled=0), want=True),
    Case(
        "a DaemonSet no node should run",
        daemon_set(desiredNumberScheduled=0, updatedNumberScheduled=0, numberAvailable=0),
        want=True,
    ),
    Case(
        "a ReplicaSet with all replicas",
        resource("apps/v1", "ReplicaSet", status={"observedGeneration": 2, "availableReplicas": 1}),
        want=True,
    ),
    Case(
        "a ReplicaSet with replicas missing",
        resource("apps/v1", "ReplicaSet", status={"observedGeneration": 2}),
        want=False,
    ),
    Case(
        "a ReplicaSet that may not make pods",
        resource(
            "apps/v1", "ReplicaSet", spec={"replicas": 0}, status=conditions("ReplicaFailure", observedGeneration=2)
        ),
        want=False,
    ),
    Case(
        "a ReplicationController with all replicas",
        resource("v1", "ReplicationController", status={"observedGeneration": 2, "availableReplicas": 1}),
        want=True,
    ),
    Case("a Job that is complete", resource("batch/v1", "Job", status=conditions("Complete")), want=True),
    Case("a Job that runs", resource("batch/v1", "Job", status={"active": 1}), want=False),
    Case("a Job that failed", resource("batch/v1", "Job", status=conditions("Failed")), want=False),
    Case("a Job that is suspended", resource("batch/v1", "Job", status=conditions("Suspended")), want=False),
    Case("a CronJob before its first run", resource("batch/v1", "CronJob", status={}), want=True),
    Case("a Pod that is ready", resource("v1", "Pod", status=conditions("Ready", phase="Running")), want=True),
    Case(
        "a Pod that is not ready", resource("v1", "Pod", status=conditions("Ready=False", phase="Running")), want=False
    ),
    Case("a Pod that succeeded", resource("v1", "Pod", status=conditions("Ready=False", phase="Succeeded")), want=True),
    Case("a Pod that failed", resource("v1", "Pod", status=conditions("Ready=False", phase="Failed")), want=False),
    Case("a Pod nobody has seen", resource("v1", "Pod"), want=False),
    Case("a claim that is bound", resource("v1", "PersistentVolumeClaim", status={"phase": "Bound"}), want=True),
    Case(
        "a claim that waits for its first consumer", resource("v1", "PersistentVolumeClaim", status=UNUSED), want=False
    ),
    Case("a claim whose volume is lost", resource("v1", "PersistentVolumeClaim", status={"phase": "Lost"}), want=False),
    Case("a volume nobody claims yet", resource("v1", "PersistentVolume", status={"phase": "Available"}), want=True),
    Case("a volume that is claimed", resource("v1", "PersistentVolume", status={"phase": "Bound"}), want=True),
    Case("a volume given back", resource("v1", "PersistentVolume", status={"phase": "Released"}), want=False),
    Case("a Service inside the cluster", service("ClusterIP"), want=True),
    Case("a Service for a name elsewhere", service("ExternalName"), want=True),
    Case("a Service of no type", resource("v1", "Service"), want=True),
    Case("a load balancer with an IP", service("LoadBalancer", {"ip": "192.0.2.1"}), want=True),
    Case("a load balancer with a host name", service("LoadBalancer", {"hostname": "lb.example.org"}), want=True),
    Case("a load balancer without an address", service("LoadBalancer"), want=False),
    Case("a load balancer with an empty address", service("LoadBalancer", {"ports": []}), want=False),
    Case(
        "an Ingress without an address",
        resource("networking.k8s.io/v1", "Ingress", status={"loadBalancer": {}}),
        want=True,
    ),
    Case(
        "an autoscaler that scales",
        resource("autoscaling/v2", "HorizontalPodAutoscaler", status=conditions("AbleToScale", "ScalingActive")),
        want=True,
    ),
    Case(
        "an autoscaler without metrics",
        resource("autoscaling/v2", "HorizontalPodAutoscaler", status=conditions("AbleToScale", "ScalingActive=False")),
        want=False,
    ),
    Case(
        "an autoscaler of nothing",
        resource("autoscaling/v2", "HorizontalPodAutoscaler", status=conditions("AbleToScale=False")),
        want=False,
    ),
    Case(
        "an autoscaler that zero replicas switch off",
        resource("autoscaling/v2", "HorizontalPodAutoscaler", status=SWITCHED_OFF),
        want=True,
    ),
    Case("an autoscaler nobody has seen", resource("autoscaling/v2", "HorizontalPodAutoscaler"), want=False),
    Case(
        "an autoscaler of v1, which shows no conditions",
        resource("autoscaling/v1", "HorizontalPodAutoscaler"),
        want=True,
    ),
    Case(
        "a budget that allows no disruption",
        resource(
            "policy/v1", "PodDisruptionBudget", status=conditions("DisruptionAllowed=False", observedGeneration=2)
        ),
        want=True,
    ),
    Case("a budget nobody has seen", resource("policy/v1", "PodDisruptionBudget", status={}), want=False),
    Case(
        "a CRD that is established",
        resource(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", status=conditions("NamesAccepted", "Established")
        ),
        want=True,
    ),
    Case(
        "a CRD whose names are taken",
        resource(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            status=conditions("NamesAccepted=False", "Established"),
        ),
        want=False,
    ),
    Case(
        "a CRD being installed",
        resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", status=conditions("NamesAccepted")),
        want=False,
    ),
    Case(
        "an API that is available",
        resource("apiregistration.k8s.io/v1", "APIService", status=conditions("Available")),
        want=True,
    ),
    Case(
        "an API that does not answer",
        resource("apiregistration.k8s.io/v1", "APIService", status=conditions("Available=False")),
        want=False,
    ),
    Case("a namespace in use", resource("v1", "Namespace", status={"phase": "Active"}), want=True),
    Case("a namespace going away", resource("v1", "Namespace", status={"phase": "Terminating"}), want=False),
    Case("a ConfigMap", resource("v1", "ConfigMap"), want=True),
    Case("a Secret", resource("v1", "Secret"), want=True),
    Case("a ServiceAccount", resource("v1", "ServiceAccount"), want=True),
    Case("a ClusterRole", resource("rbac.authorization.k8s.io/v1", "ClusterRole"), want=True),
    Case("a NetworkPolicy", resource("networking.k8s.io/v1", "NetworkPolicy", spec={}), want=True),
    Case(
        "a Gateway that is programmed",
        resource("gateway.networking.k8s.io/v1", "Gateway", status=conditions("Accepted", "Programmed")),
        want=True,
    ),
    Case(
        "a Gateway that is only accepted",
        resource("gateway.networking.k8s.io/v1", "Gateway", status=conditions("Accepted", "Programmed=False")),
        want=False,
    ),
    Case(
        "a GatewayClass that is accepted",
        resource("gateway.networking.k8s.io/v1", "GatewayClass", status=conditions("Accepted")),
        want=True,
    ),
    Case(
        "a GatewayClass nobody has seen",
        resource("gateway.networking.k8s.io/v1", "GatewayClass", status=conditions("Accepted=Unknown")),
        want=False,
    ),
    Case("a route its parent accepts", route(conditions("Accepted", "ResolvedRefs")), want=True),
    Case("a route to a Service that is not there", route(conditions("Accepted", "ResolvedRefs=False")), want=False),
    Case(
        "a route one of two parents refuses",
        route(conditions("Accepted"), conditions("Accepted=False"), parent_count=2),
        want=False,
    ),
    Case("a route one of two parents has not seen", route(conditions("Accepted"), parent_count=2), want=False),
    Case("a route nobody has seen", route(), want=False),
    Case(
        "a snapshot to restore from",
        resource("snapshot.storage.k8s.io/v1", "VolumeSnapshot", status={"readyToUse": True}),
        want=True,
    ),
    Case(
        "a snapshot being taken",
        resource("snapshot.storage.k8s.io/v1", "VolumeSnapshot", status={"readyToUse": False}),
        want=False,
    ),
    Case(
        "a package that is healthy",
        resource("pkg.crossplane.io/v1", "Provider", status=conditions("Installed", "Healthy")),
        want=True,
    ),
    Case(
        "a package that is installed only",
        resource("pkg.crossplane.io/v1", "Function", status=conditions("Installed")),
        want=False,
    ),
    Case(
        "an XRD that is established",
        resource("apiextensions.crossplane.io/v2", "CompositeResourceDefinition", status=conditions("Established")),
        want=True,
    ),
    Case(
        "an XRD nobody has seen", resource("apiextensions.crossplane.io/v2", "CompositeResourceDefinition"), want=False
    ),
    Case(
        "a managed resource that is ready",
        resource(
            "s3.aws.m.upbound.io/v1beta1", "Bucket", spec={"forProvider": {}}, status=conditions("Synced", "Ready")
        ),
        want=True,
    ),
    Case(
        "a managed resource that is synced only",
        resource("s3.aws.m.upbound.io/v1beta1", "Bucket", spec={"forProvider": {}}, status=conditions("Synced")),
        want=False,
    ),
    Case(
        "a managed resource nobody has seen",
        resource("s3.aws.m.upbound.io/v1beta1", "Bucket", spec={"forProvider": {}}),
        want=False,
    ),
    Case(
        "an XR that is ready",
        resource("example.org/v1", "Web", spec={"crossplane": {}}, status=conditions("Synced", "Ready")),
        want=True,
    ),
    Case(
        "an XR that is not",
        resource("example.org/v1", "Web", spec={"crossplane": {}}, status=conditions("Synced", "Ready=False")),
        want=False,
    ),
    Case("an XR nobody has seen", resource("example.org/v1", "Web", spec={"crossplane": {}}), want=False),
    Case("an XR of the old naming nobody has seen", nested(spec={"size": 3}), want=False),
    Case("an XR of the old naming with an empty status", nested(spec={"size": 3}, status={}), want=False),
    Case("an XR of the old naming without Ready yet", nested(status=conditions("Synced")), want=False),
    Case("an XR of the old naming that is ready", nested(status=conditions("Synced", "Ready")), want=True),
    Case("a resource of that naming without conditions", nested(status={"replicas": 1}), want=True),
    Case("what Gateway API tries out", resource("gateway.networking.x-k8s.io/v1alpha1", "XMesh", spec={}), want=True),
    Case("a legacy XR nobody has seen", legacy("compositionUpdatePolicy", "Automatic"), want=False),
    Case("a claim nobody has seen", legacy("compositeDeletePolicy", "Background"), want=False),
    Case("a claim that is bound", legacy("compositeDeletePolicy", "Background", status=conditions("Ready")), want=True),
    Case("an XR with a selector", legacy("compositionSelector", {"matchLabels": {}}), want=False),
    Case("an XR with a claim", legacy("claimRef", {"kind": "Bucket"}), want=False),
    Case("an observed managed resource", legacy("initProvider", {}), want=False),
    Case("an XR with its finalizer only", finalized("composite.apiextensions.crossplane.io"), want=False),
    Case("a claim with its finalizer only", finalized("finalizer.apiextensions.crossplane.io"), want=False),
    Case("a managed resource with its finalizer", finalized("finalizer.managedresource.crossplane.io"), want=False),
    Case("an object with another finalizer", finalized("example.org/keep"), want=True),
    Case("an XR that is synced only", resource("example.org/v1", "Web", status=SYNCED), want=False),
    Case("a SealedSecret", resource("bitnami.com/v1alpha1", "SealedSecret", status=conditions("Synced")), want=True),
    # Nothing tells it from a custom resource that never gets a status: see the README of the library.
    Case("an XR that nothing tells from other objects", resource("example.org/v1", "Web", spec={"size": 3}), want=True),
    Case("any object that says it is ready", resource("example.org/v1", "Any", status=conditions("Ready")), want=True),
    Case(
        "any object that does not know",
        resource("example.org/v1", "Any", status=conditions("Ready=Unknown")),
        want=False,
    ),
    Case("any object that has succeeded", resource("example.org/v1", "Run", status=conditions("Succeeded")), want=True),
    Case(
        "any object that says so of the latest generation", resource("example.org/v1", "Any", status=FRESH), want=True
    ),
    Case("any object that says so of an older generation", resource("example.org/v1", "Any", status=STALE), want=False),
    Case(
        "any object whose status is of an older generation",
        resource("example.org/v1", "Any", status=conditions("Ready", observedGeneration=1)),
        want=False,
    ),
    Case(
        "any object that is stalled",
        resource("example.org/v1", "Any", status=conditions("Ready", "Stalled")),
        want=False,
    ),
    Case("any object that reconciles", resource("example.org/v1", "Any", status=conditions("Reconciling")), want=False),
    Case(
        "any object with conditions of its own only",
        resource("example.org/v1", "Any", status=conditions("Synced=False")),
        want=True,
    ),
    Case("any object without a status", resource("example.org/v1", "Any"), want=True),
    Case(
        "any object being deleted",
        {"apiVersion": "example.org/v1", "kind": "Any", "metadata": {"deletionTimestamp": "2026-11-24T04:00:00Z"}},
        want=False,
    ),
    Case("a kind of the same name in another group", resource("example.org/v1", "Deployment"), want=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_readiness(case: Case) -> None:
    assert readiness.of(case.manifest) is case.want


TEXT = st.text("aZ9./-é", max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
WORDS = st.sampled_from(["Ready", "Complete", "True", "False", "LoadBalancer", "OnDelete", "Bound", "v1"])
KEYS = st.sampled_from(
    [
        "conditions",
        "type",
        "status",
        "observedGeneration",
        "replicas",
        "parents",
        "parentRefs",
        "loadBalancer",
        "ingress",
    ]
)
JSON = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXT, inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from([(case.manifest["apiVersion"], case.manifest["kind"]) for case in CASES])


@given(manifest=st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "spec", "status"]), JSON))
def test_any_json_has_a_result(manifest: dict[str, Any]) -> None:
    assert readiness.of(manifest) in {True, False}


@given(kind=KINDS, metadata=JSON, spec=JSON, status=JSON)
def test_any_object_of_a_known_kind_has_a_result(
    kind: tuple[str, str], metadata: object, spec: object, status: object
) -> None:
    api_version, name = kind
    manifest = {"apiVersion": api_version, "kind": name, "metadata": metadata, "spec": spec, "status": status}

    assert isinstance(readiness.of(manifest), bool)


@given(case=st.sampled_from(CASES), data=st.data())
def test_a_field_of_a_wrong_type_never_raises(case: Case, data: st.DataObject) -> None:
    manifest = json.loads(json.dumps(case.manifest))
    section = manifest[data.draw(st.sampled_from(sorted(manifest.keys() - {"apiVersion", "kind"})))]
    if section:
        section[data.draw(st.sampled_from(sorted(section)))] = data.draw(JSON)

    assert isinstance(readiness.of(manifest), bool)
