"""Whether an observed composed resource is ready, by the usual signs of its kind.

Crossplane reports an XR ready once its functions call each composed resource
ready. For most kinds that can be read from the object. If the chart sets no
readiness for an object, these rules decide: those of `kubectl rollout status` for
workloads, otherwise those of kstatus or the kind's API reference. Where the
sources disagree, the rule names the one it follows and why.

An object is not ready while its controller has not seen its latest generation, or
while it is being deleted. The result depends on the object alone, so it never
flaps by itself. A value of the wrong type counts as absent, so that any JSON has
a result.

kstatus: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
kubectl: https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from cdk8s_function.objects import Json, mapping

_SUMMARIES = ("Ready", "Succeeded")
"""Conditions that sum up an object, a lasting one and one that comes to an end.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
"""

_HINDRANCES = ("Reconciling", "Stalled")
"""Conditions that say, when true, that an object is not there yet or cannot get there (kstatus)."""

_CROSSPLANE_FIELDS = frozenset(
    {
        "claimRef",
        "compositeDeletePolicy",
        "compositionRef",
        "compositionRevisionRef",
        "compositionRevisionSelector",
        "compositionSelector",
        "compositionUpdatePolicy",
        "crossplane",
        "forProvider",
        "initProvider",
        "managementPolicies",
        "providerConfigRef",
    }
)
"""Spec fields by which composite and managed resources and claims of Crossplane are known.

The API server gives each new claim `compositeDeletePolicy`, and each new legacy
XR `compositionUpdatePolicy`, for their XRDs have a default for it. A new XR of
Crossplane v2 has `crossplane` only if whoever made it gave it that
(crossplane-runtime v2.3.3, pkg/xcrd/schemas.go).
"""

_CROSSPLANE_FINALIZERS = (
    "composite.apiextensions.crossplane.io",
    "finalizer.apiextensions.crossplane.io",
    "finalizer.managedresource.crossplane.io",
)
"""Of XRs, claims and managed resources: the first thing that their controllers write."""

_LEGACY_KIND = re.compile(r"X[A-Z]\w*")
"""Kinds of XRs by the convention of Crossplane v1, kept by many in v2.

https://docs.crossplane.io/v1.20/concepts/composite-resource-definitions/
"""


def of(manifest_observed: Mapping[str, Json]) -> bool:
    """Return whether an object is ready.

    Args:
        manifest_observed: The object as it is in the cluster.
    """
    resource = _Resource(manifest_observed)
    if resource.is_leaving or 0 <= resource.generation_seen < resource.generation:
        return False
    is_ready = _RULES.get((resource.group, resource.kind), _any)
    return is_ready(resource)


class _Resource:
    """An object whose fields may have any JSON type."""

    __slots__ = ("_manifest", "conditions", "generation", "generation_seen", "group", "is_leaving", "kind", "version")

    def __init__(self, manifest: Mapping[str, Json]) -> None:
        self._manifest = manifest
        self.group, _, self.version = _text(manifest.get("apiVersion")).rpartition("/")
        self.kind = _text(manifest.get("kind"))
        metadata = mapping(manifest.get("metadata"))
        self.is_leaving = metadata.get("deletionTimestamp") is not None
        self.generation = _count(metadata.get("generation"), 0)
        status = mapping(manifest.get("status"))
        self.generation_seen = _count(status.get("observedGeneration"), -1) if status else -1
        self.conditions = _sequence(status.get("conditions")) if status else ()

    def at(self, *path: str) -> Json:
        value: Json = self._manifest
        for key in path:
            if value is None:
                return None
            try:
                value = value.get(key)
            except AttributeError:
                return None
        return value

    def count(self, *path: str, default: int = 0) -> int:
        return _count(self.at(*path), default)

    def is_seen(self) -> bool:
        """Return whether a controller has reported the generation it acted on."""
        return self.generation_seen >= 0

    def condition(self, name: str) -> str:
        return _condition(self.conditions, name, self.generation)

    def is_true(self, *names: str) -> bool:
        return all(self.condition(name) == "True" for name in names)


_Rule = Callable[[_Resource], bool]


def _condition(conditions: Json, name: str, generation: int) -> str:
    """Return a condition's status: "" if there is none such, "Unknown" if it is of an earlier generation."""
    for each in map(mapping, _sequence(conditions)):
        if each.get("type") == name:
            is_stale = _count(each.get("observedGeneration"), generation) < generation
            return "Unknown" if is_stale else _text(each.get("status")) or "Unknown"
    return ""


def _sequence(value: Json) -> Sequence[Json]:
    return cast("Sequence[Json]", value) if isinstance(value, list) else ()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Json, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _any(resource: _Resource) -> bool:
    """Its summary condition is true; without one it is enough to exist (kstatus).

    ConfigMaps, Secrets, RBAC, NetworkPolicies and many custom resources never
    get a condition, and an XR that waits for one would never be ready. Managed
    and composite resources of Crossplane and claims always get Ready, so they
    wait for it. One that is just made and has nothing by which it is known
    counts as ready until its controller has seen it: labels don't help, as
    Crossplane gives all composed resources the same.
    """
    if resource.conditions:
        for name in _HINDRANCES:
            if resource.condition(name) == "True":
                return False
        for name in _SUMMARIES:
            if status := resource.condition(name):
                return status == "True"
    return not _is_of_crossplane(resource)


def _is_of_crossplane(resource: _Resource) -> bool:
    if "." not in resource.group:
        return False
    if not _CROSSPLANE_FIELDS.isdisjoint(mapping(resource.at("spec"))):
        return True
    if any(name in _sequence(resource.at("metadata", "finalizers")) for name in _CROSSPLANE_FINALIZERS):
        return True
    # Gateway API names what it tries out so too, and some of that never gets a status.
    if not resource.group.endswith("k8s.io") and _LEGACY_KIND.fullmatch(resource.kind):
        return bool(resource.conditions) or not mapping(resource.at("status"))
    # Others have a Synced too, SealedSecrets for one, and it is all they have.
    return any(
        each.get("type") == "Synced" and _text(each.get("reason")).startswith("Reconcile")
        for each in map(mapping, resource.conditions)
    )


def _has_conditions(*names: str) -> _Rule:
    def is_ready(resource: _Resource) -> bool:
        return resource.is_true(*names)

    return is_ready


def _has_phase(*phases: str) -> _Rule:
    def is_ready(resource: _Resource) -> bool:
        return resource.at("status", "phase") in phases

    return is_ready


def _exists(_: _Resource) -> bool:
    return True


def _deployment(resource: _Resource) -> bool:
    """All replicas are updated and available and no old ones are left (kubectl)."""
    updated = resource.count("status", "updatedReplicas")
    return (
        resource.is_seen()
        and updated >= resource.count("spec", "replicas", default=1)
        and updated >= resource.count("status", "replicas")
        and updated <= resource.count("status", "availableReplicas")
    )


def _stateful_set(resource: _Resource) -> bool:
    """All replicas are ready, and those above the partition updated (kubectl).

    With the strategy OnDelete people update pods when they like, so that the
    old revision is as good as the new one (kstatus).
    """
    replicas = resource.count("spec", "replicas", default=1)
    if not resource.is_seen() or resource.count("status", "readyReplicas") < replicas:
        return False
    if resource.at("spec", "updateStrategy", "type") == "OnDelete":
        return True
    partition = resource.count("spec", "updateStrategy", "rollingUpdate", "partition")
    return resource.count("status", "updatedReplicas") >= replicas - partition


def _daemon_set(resource: _Resource) -> bool:
    """Pods are available on all nodes that should have one, updated unless people do that (kubectl)."""
    desired = resource.count("status", "desiredNumberScheduled")
    if not resource.is_seen() or resource.count("status", "numberAvailable") < desired:
        return False
    on_delete = resource.at("spec", "updateStrategy", "type") == "OnDelete"
    return on_delete or resource.count("status", "updatedNumberScheduled") >= desired


def _replica_set(resource: _Resource) -> bool:
    """All replicas are available, and none failed to be made (kstatus)."""
    available = resource.count("status", "availableReplicas")
    return (
        resource.is_seen()
        and not resource.is_true("ReplicaFailure")
        and available >= resource.count("spec", "replicas", default=1)
    )


def _pod(resource: _Resource) -> bool:
    """Its containers are ready, or have done their work (kstatus, which takes a failed pod for done too)."""
    return resource.at("status", "phase") == "Succeeded" or resource.is_true("Ready")


def _service(resource: _Resource) -> bool:
    """A load balancer has an address; a Service of another type needs nothing.

    kstatus asks a load balancer for its cluster IP only, with which nobody
    outside can reach it.
    """
    if resource.at("spec", "type") != "LoadBalancer":
        return True
    addresses = map(mapping, _sequence(resource.at("status", "loadBalancer", "ingress")))
    return any(address.get("ip") or address.get("hostname") for address in addresses)


def _horizontal_pod_autoscaler(resource: _Resource) -> bool:
    """It can read its metrics and set the scale, or is switched off by zero replicas.

    autoscaling/v1 shows no conditions.
    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/#appendix-horizontal-pod-autoscaler-status-conditions
    """
    if resource.version == "v1":
        return True
    conditions = map(mapping, _sequence(resource.at("status", "conditions")))
    is_off = any(each.get("type") == "ScalingActive" and each.get("reason") == "ScalingDisabled" for each in conditions)
    return resource.is_true("AbleToScale") and (is_off or resource.is_true("ScalingActive"))


def _route(resource: _Resource) -> bool:
    """Each parent has accepted it, and found what it refers to.

    https://gateway-api.sigs.k8s.io/geps/gep-1364/
    """
    parents = [mapping(parent).get("conditions") for parent in _sequence(resource.at("status", "parents"))]
    parent_count = max(1, len(_sequence(resource.at("spec", "parentRefs"))))
    return len(parents) >= parent_count and all(
        _condition(conditions, "Accepted", resource.generation) == "True"
        and _condition(conditions, "ResolvedRefs", resource.generation) in {"", "True"}
        for conditions in parents
    )


def _volume_snapshot(resource: _Resource) -> bool:
    """A volume can be restored from it (https://kubernetes.io/docs/concepts/storage/volume-snapshots/)."""
    return resource.at("status", "readyToUse") is True


_RULES: Mapping[tuple[str, str], _Rule] = {
    ("", "Namespace"): _has_phase("Active"),
    # Available and not yet bound is all a volume can be before there is a claim.
    ("", "PersistentVolume"): _has_phase("Available", "Bound"),
    # Of a storage class with WaitForFirstConsumer a claim stays Pending until a pod uses it: where the chart composes
    # that pod the claim binds in time; where it does not, the claim holds no storage, and the chart decides.
    ("", "PersistentVolumeClaim"): _has_phase("Bound"),
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replica_set,
    ("", "Service"): _service,
    # https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _has_conditions("Established", "NamesAccepted"),
    ("apiextensions.crossplane.io", "CompositeResourceDefinition"): _has_conditions("Established"),
    ("apiregistration.k8s.io", "APIService"): _has_conditions("Available"),
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _horizontal_pod_autoscaler,
    # A CronJob has done its part with its first schedule, which may be a year away (kstatus).
    ("batch", "CronJob"): _exists,
    # A suspended or running Job is fine for kstatus; what comes after it in an XR needs it complete.
    ("batch", "Job"): _has_conditions("Complete"),
    ("gateway.networking.k8s.io", "Gateway"): _has_conditions("Accepted", "Programmed"),
    ("gateway.networking.k8s.io", "GatewayClass"): _has_conditions("Accepted"),
    ("gateway.networking.k8s.io", "GRPCRoute"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _route,
    ("gateway.networking.k8s.io", "TCPRoute"): _route,
    ("gateway.networking.k8s.io", "TLSRoute"): _route,
    ("gateway.networking.k8s.io", "UDPRoute"): _route,
    # Many ingress controllers never write an address, so none can be required (kstatus).
    ("networking.k8s.io", "Ingress"): _exists,
    ("pkg.crossplane.io", "Configuration"): _has_conditions("Installed", "Healthy"),
    ("pkg.crossplane.io", "Function"): _has_conditions("Installed", "Healthy"),
    ("pkg.crossplane.io", "Provider"): _has_conditions("Installed", "Healthy"),
    # A budget that allows no disruption works as well as one that does (kstatus).
    ("policy", "PodDisruptionBudget"): _Resource.is_seen,
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): _volume_snapshot,
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): _volume_snapshot,
}
"""Kinds with a rule; `_any` decides on all others."""
