"""What each replica can do, and what keeps it from that, from the objects of the cluster.

A Deployment only tells that its pod is not available. Why is in the pod's status, so
the chart asks for the pods of an InternalDNS with such a Deployment, and for none
otherwise. The containers' own readiness tells what the pod knows of itself: the
sidecar is ready while the server answers and its sync gate is open, external-dns while
what it does reaches clients.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from cdk8s_function import Composite

from internal_dns import access
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.replica import APP_LABEL, INSTANCE_LABEL, Replica

_NOT_READ = "failed to sync"
"""Of external-dns' last words, when it could not list its sources within a minute (v0.21, source/informers)."""

_TROUBLE = ("BackOff", "Err", "Invalid")
"""Parts of the reasons with which the kubelet says why a container does not start (pkg/kubelet: images, container)."""

_NOT_FETCHED = "fetching resources for pods"
"""Of the condition Synced, where Crossplane could not read the pods (v2.3, internal/xfn/required_resources.go)."""

_AGAIN_SECONDS = 600
"""Seconds until the pods are asked for again: Crossplane tries for two minutes, and composes nothing meanwhile."""

_MOST_LETTERS = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class Readiness:
    """What one replica can do.

    Attributes:
        is_serving: Whether its answers are complete; None if that is unknown.
        is_fresh: Whether changes reach its clients; None if that is unknown.
        reason: What keeps it from serving; "" if it serves.
        volume: Name of its PersistentVolumeClaim.
    """

    is_serving: bool | None
    is_fresh: bool | None
    reason: str
    volume: str


def of_each(composite: Composite[InternalDnsSpec], replicas: Sequence[Replica]) -> list[Readiness]:
    """Return the readiness of each replica.

    Args:
        composite: The XR.
        replicas: Its replicas.
    """
    deployments = [composite.observed.get(each.key("deployment")) for each in replicas]
    available = [each.condition("Available") if each else "Unknown" for each in deployments]
    volumes = [composite.observed_name(each.key("data")) or "" for each in replicas]
    pods: Sequence[Mapping[str, Any]] | None = None
    is_asked = any(each != "True" for each in available) and any(deployments)
    # While Crossplane is refused what a chart asks for, it composes nothing: every second reconcile does without.
    is_refused = is_asked and _could_not_fetch(composite)
    if is_refused:
        composite.set_ttl(_AGAIN_SECONDS)
    elif is_asked:
        pods = composite.require(
            "pods", "v1", "Pod", match_labels={INSTANCE_LABEL: composite.name}, namespace=composite.namespace
        )
    found: list[Readiness] = []
    for replica, status, volume in zip(replicas, available, volumes, strict=True):
        if status == "True":
            found.append(Readiness(is_serving=True, is_fresh=True, reason="", volume=volume))
            continue
        pod = _newest(pods or (), replica)
        ready = _ready_containers(pod)
        is_known = pod is not None or status == "False"
        found.append(
            Readiness(
                is_serving="sidecar" in ready if is_known else None,
                is_fresh="external-dns" in ready if pod is not None else None,
                reason="" if "sidecar" in ready else _reason(composite, replica, pod, is_refused=is_refused),
                volume=volume,
            )
        )
    return found


def _could_not_fetch(composite: Composite[InternalDnsSpec]) -> bool:
    """Return whether the reconcile before this one failed since Crossplane could not read the pods."""
    conditions = composite.status.get("conditions") or ()
    return any(
        each.get("type") == "Synced" and each.get("status") == "False" and _NOT_FETCHED in each.get("message", "")
        for each in conditions
    )


def _newest(pods: Sequence[Mapping[str, Any]], replica: Replica) -> Mapping[str, Any] | None:
    """Return the newest pod of a replica."""
    own = [each for each in pods if each["metadata"]["labels"].get(APP_LABEL) == replica.labels[APP_LABEL]]
    return max(own, key=lambda each: each["metadata"].get("creationTimestamp", ""), default=None)


def _containers(pod: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return (pod or {}).get("status", {}).get("containerStatuses") or ()


def _ready_containers(pod: Mapping[str, Any] | None) -> set[str]:
    return {each["name"] for each in _containers(pod) if each.get("ready")}


def _reason(
    composite: Composite[InternalDnsSpec], replica: Replica, pod: Mapping[str, Any] | None, *, is_refused: bool
) -> str:
    claim = composite.observed.get(replica.key("data"))
    if claim and claim.field("status", "phase") == "Pending":
        name = claim.field("metadata", "name")
        return f"PersistentVolumeClaim {name!r} is pending: kubectl describe it for the reason"
    if is_refused:
        return (
            "its pod is not ready, and Crossplane may not read pods to tell why: "
            "apply access/crossplane.yaml of this version"
        )
    if pod is None:
        return _not_compared(composite)
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"its pod has no node: {_short(condition)}"
    statuses = {each["name"]: each for each in _containers(pod)}
    if _NOT_READ in _last_words(statuses.get("external-dns", {})):
        # The chart's own Role is enough for one namespace; another one needs an administrator.
        if access.is_local(composite.spec, composite.namespace):
            grant = "its Role or RoleBinding is missing"
        else:
            account = access.account_name(composite.name)
            grant = f"service account {account!r} needs a ClusterRoleBinding, if it has none"
        return (
            f"external-dns could not read the sources within a minute: {grant}, "
            "or spec.networkPolicy.apiServerPorts lacks the API server's port"
        )
    for name, status in statuses.items():
        reason = str(_field(status, "state", "waiting", "reason"))
        if any(part in reason for part in _TROUBLE):
            return f"container {name!r} does not start: {reason}: {_short(_field(status, 'state', 'waiting'))}"
    return _not_compared(composite)


def _not_compared(composite: Composite[InternalDnsSpec]) -> str:
    logs = f"kubectl logs -n {composite.namespace} -l {INSTANCE_LABEL}={composite.name} -c external-dns"
    return f"the zone has not been compared with the sources yet; if it stays so, {logs} shows why"


def _last_words(status: Mapping[str, Any]) -> str:
    """Return what a container said when it last ended."""
    return " ".join(str(_field(status, state, "terminated", "message")) for state in ("state", "lastState"))


def _field(status: Mapping[str, Any], *path: str) -> Any:  # noqa: ANN401  # A field can hold any JSON.
    """Return a field of a container's status; "" if it has none."""
    found: Any = status
    for key in path:
        found = found.get(key) or {}
    return found or ""


def _short(told: Mapping[str, Any]) -> str:
    return " ".join(str(told.get("message", "no message")).split())[:_MOST_LETTERS]
