"""What controllers of a cluster write into objects, kind by kind, once they have acted on them.

Each status is one by which the kind is ready for this library's rules of
readiness (`cdk8s_function.server.readiness`, which names their sources), with
the fields that charts usually read.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields

TIME = "2024-01-01T00:00:00Z"
"""The time at which everything in a simulated cluster happens."""

_Fields = dict[str, Any]
_Act = Callable[[Mapping[str, Json]], _Fields]


def settled(manifest: Mapping[str, Json]) -> _Fields:
    """Return what controllers add to an object: its status, and what they put into its spec.

    Args:
        manifest: The object as it was applied, with its generation.
    """
    group = objects.group_of(manifest["apiVersion"])
    act = _KINDS.get((group, manifest["kind"]))
    if act:
        return act(manifest)
    # Kinds without a status, such as ConfigMap and Role.
    if objects.namespaced(manifest["apiVersion"], manifest["kind"]) is not None or group.endswith(".k8s.io"):
        return {}
    # Managed and composite resources of Crossplane; most other custom resources have Ready too.
    return _conditions("Ready", "Synced")(manifest)


def allocated(manifest: Mapping[str, Json]) -> _Fields:
    """Return what the API server itself puts into a new object.

    Args:
        manifest: The object.
    """
    if (manifest["apiVersion"], manifest["kind"]) != ("v1", "Service"):
        return {}
    spec = fields.mapping(manifest, "spec")
    if spec.get("type") == "ExternalName":
        return {}
    address = spec.get("clusterIP") or f"10.96.{_number(manifest, 'third')}.{_number(manifest, 'fourth')}"
    return {"spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"]}}


def _conditions(*names: str) -> _Act:
    def act(manifest: Mapping[str, Json]) -> _Fields:
        return {"status": {"conditions": [_condition(name) for name in names], **_seen(manifest)}}

    return act


def _condition(name: str, reason: str = "Available") -> _Fields:
    return {"type": name, "status": "True", "reason": reason, "message": "", "lastTransitionTime": TIME}


def _seen(manifest: Mapping[str, Json]) -> _Fields:
    return {"observedGeneration": objects.metadata(manifest).get("generation", 1)}


def _status(**status: Json) -> _Act:
    def act(_: Mapping[str, Json]) -> _Fields:
        return {"status": status}

    return act


def _replicas(manifest: Mapping[str, Json]) -> int:
    asked = fields.at(manifest, "spec", "replicas")
    return 1 if asked is None else int(asked)


def _deployment(manifest: Mapping[str, Json]) -> _Fields:
    count = _replicas(manifest)
    return {
        "status": {
            **_seen(manifest),
            **dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count),
            "conditions": [
                _condition("Available", "MinimumReplicasAvailable"),
                _condition("Progressing", "NewReplicaSetAvailable"),
            ],
        }
    }


def _stateful_set(manifest: Mapping[str, Json]) -> _Fields:
    count, revision = _replicas(manifest), f"{objects.name(manifest)}-{_number(manifest, 'revision')}"
    names = ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    return {
        "status": {
            **_seen(manifest),
            **dict.fromkeys(names, count),
            "currentRevision": revision,
            "updateRevision": revision,
        }
    }


def _daemon_set(manifest: Mapping[str, Json]) -> _Fields:
    names = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady")
    return {"status": {**_seen(manifest), **dict.fromkeys((*names, "numberAvailable"), 1), "numberMisscheduled": 0}}


def _replica_set(manifest: Mapping[str, Json]) -> _Fields:
    names = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    return {"status": {**_seen(manifest), **dict.fromkeys(names, _replicas(manifest))}}


def _pod(manifest: Mapping[str, Json]) -> _Fields:
    names = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    address = f"10.244.0.{_number(manifest, 'pod')}"
    return {"status": {"phase": "Running", "podIP": address, "conditions": [_condition(name) for name in names]}}


def _job(manifest: Mapping[str, Json]) -> _Fields:
    count = fields.at(manifest, "spec", "completions")
    status = {"startTime": TIME, "completionTime": TIME, "succeeded": 1 if count is None else int(count)}
    return {"status": {**status, "conditions": [_condition("SuccessCriteriaMet"), _condition("Complete")]}}


def _claim(manifest: Mapping[str, Json]) -> _Fields:
    volume = fields.at(manifest, "spec", "volumeName") or f"pvc-{objects.metadata(manifest).get('uid')}"
    return {
        "spec": {"volumeName": volume},
        "status": {
            "phase": "Bound",
            "accessModes": fields.sequence(manifest, "spec", "accessModes"),
            "capacity": dict(fields.mapping(manifest, "spec", "resources", "requests")),
        },
    }


def _service(manifest: Mapping[str, Json]) -> _Fields:
    if fields.at(manifest, "spec", "type") != "LoadBalancer":
        return {"status": {"loadBalancer": {}}}
    return {"status": {"loadBalancer": {"ingress": [{"ip": f"192.0.2.{_number(manifest, 'balancer')}"}]}}}


def _ingress(manifest: Mapping[str, Json]) -> _Fields:
    return {"status": {"loadBalancer": {"ingress": [{"ip": f"192.0.2.{_number(manifest, 'balancer')}"}]}}}


def _gateway(manifest: Mapping[str, Json]) -> _Fields:
    address = {"type": "IPAddress", "value": f"192.0.2.{_number(manifest, 'balancer')}"}
    conditions = [{**_condition(name), **_seen(manifest)} for name in ("Accepted", "Programmed")]
    return {"status": {"addresses": [address], "conditions": conditions}}


def _route(manifest: Mapping[str, Json]) -> _Fields:
    conditions = [{**_condition(name), **_seen(manifest)} for name in ("Accepted", "ResolvedRefs")]
    parents = fields.sequence(manifest, "spec", "parentRefs") or [{}]
    controller = "example.org/controller"
    made = [{"parentRef": each, "controllerName": controller, "conditions": conditions} for each in parents]
    return {"status": {"parents": made}}


def _autoscaler(manifest: Mapping[str, Json]) -> _Fields:
    count = int(fields.at(manifest, "spec", "minReplicas") or 1)
    made: _Fields = {"currentReplicas": count, "desiredReplicas": count}
    if manifest["apiVersion"] != "autoscaling/v1":
        made["conditions"] = [_condition("AbleToScale", "ReadyForNewScale"), _condition("ScalingActive")]
    return {"status": made}


def _budget(manifest: Mapping[str, Json]) -> _Fields:
    counts = {"currentHealthy": 1, "desiredHealthy": 1, "disruptionsAllowed": 0, "expectedPods": 1}
    return {"status": {**_seen(manifest), **counts}}


def _number(manifest: Mapping[str, Json], purpose: str) -> int:
    """Return a number from 1 to 254 that is the same for an object in each run."""
    named = f"{purpose}/{manifest['kind']}/{objects.full_name(manifest)}"
    return hashlib.sha256(named.encode()).digest()[0] % 254 + 1


_INSTALLED = _conditions("Installed", "Healthy")

_KINDS: Mapping[tuple[str, str], _Act] = {
    ("", "Namespace"): _status(phase="Active"),
    ("", "PersistentVolume"): _status(phase="Bound"),
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replica_set,
    ("", "Service"): _service,
    ("apiextensions.crossplane.io", "CompositeResourceDefinition"): _conditions("Established", "Offered"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _conditions("NamesAccepted", "Established"),
    ("apiregistration.k8s.io", "APIService"): _conditions("Available"),
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("batch", "CronJob"): _status(lastScheduleTime=TIME),
    ("batch", "Job"): _job,
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    ("gateway.networking.k8s.io", "GatewayClass"): _conditions("Accepted"),
    ("gateway.networking.k8s.io", "GRPCRoute"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _route,
    ("gateway.networking.k8s.io", "TCPRoute"): _route,
    ("gateway.networking.k8s.io", "TLSRoute"): _route,
    ("gateway.networking.k8s.io", "UDPRoute"): _route,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("pkg.crossplane.io", "Configuration"): _INSTALLED,
    ("pkg.crossplane.io", "Function"): _INSTALLED,
    ("pkg.crossplane.io", "Provider"): _INSTALLED,
    ("policy", "PodDisruptionBudget"): _budget,
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): _status(readyToUse=True),
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): _status(readyToUse=True),
}
