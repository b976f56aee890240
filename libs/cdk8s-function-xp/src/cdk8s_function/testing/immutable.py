"""Immutable fields, kind by kind: the API server refuses a change of them.

From the validation of updates in Kubernetes v1.36 (pkg/apis/*/validation/validation.go,
ValidateXUpdate). Rules of admission are left out, and rules for some states of an object
only, such as a suspended Job's. A change of one is refused with each apply, until
someone deletes the object.
"""

import dataclasses
import decimal
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from cdk8s_function import differences, objects
from cdk8s_function.differences import ABSENT
from cdk8s_function.objects import Json
from cdk8s_function.quantities import quantity
from cdk8s_function.reconcile import fields
from cdk8s_function.testing.lines import shown

_Path = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Fields:
    """Immutable fields of a kind.

    Attributes:
        source: The function of Kubernetes that decides.
        paths: The fields.
        but: Fields below them that may change.
        assigned: Fields that the API server or a controller fills in: to leave one out keeps it.
    """

    source: str
    paths: Sequence[_Path]
    but: Sequence[_Path] = ()
    assigned: Sequence[_Path] = ()


def changes(observed: Mapping[str, Json], old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """Return a line for each immutable field that an apply would change.

    Args:
        observed: The object as it is in the cluster.
        old: The object as it was applied last.
        new: The same object as it is to be applied.
    """
    kind = objects.group_of(new["apiVersion"]), new["kind"]
    rules = _KINDS.get(kind)
    if rules:
        for path in rules.paths:
            yield from _changed(rules, path, _value(observed, path), _value(old, path), _value(new, path))
    if special := _SPECIAL.get(kind):
        yield from special(observed, new)


def _changed(rules: _Fields, path: _Path, observed: Json, old: Json, new: Json) -> Iterator[str]:
    base = ".".join(path)
    for where, was, now in differences.between(old, new, base):
        if _is_below(where, rules.but):
            continue
        if _is_below(where, rules.assigned):
            was = _at(observed, path, where) if was is ABSENT else was  # noqa: PLW2901  # What the cluster filled in.
            if now is ABSENT or was is ABSENT or was == now:
                continue
        yield f"{where}: {shown(was)} -> {shown(now)} ({rules.source})"


def _is_below(where: str, paths: Sequence[_Path]) -> bool:
    return any(where == (start := ".".join(path)) or where.startswith((f"{start}.", f"{start}[")) for path in paths)


def _at(value: Json, path: _Path, where: str) -> Json:
    for step in re.findall(r"[^.\[\]]+", where)[len(path) :]:
        if isinstance(value, Mapping):
            value = cast("Mapping[str, Json]", value).get(step, ABSENT)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(cast("list[Json]", value)):
            value = cast("list[Json]", value)[int(step)]
        else:
            return ABSENT
    return value


def _value(manifest: Mapping[str, Json], path: _Path) -> Json:
    found = fields.at(manifest, *path)
    return ABSENT if found is None else found


def _claim(observed: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    path = ("spec", "resources", "requests", "storage")
    was, now = (_number(_value(each, path)) for each in (observed, new))
    if was is not None and now is not None and now < was:
        yield (
            f"{'.'.join(path)}: {shown(_value(observed, path))} -> {shown(_value(new, path))}, and no claim shrinks "
            "(ValidatePersistentVolumeClaimUpdate)"
        )


def _number(size: Json) -> decimal.Decimal | None:
    try:
        return quantity(str(size))
    except ValueError:
        return None


def _sealed(*data: str) -> Callable[[Mapping[str, Json], Mapping[str, Json]], Iterator[str]]:
    def check(observed: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
        if observed.get("immutable") is not True:
            return
        for name in ("immutable", *data):
            was, now = observed.get(name, ABSENT), new.get(name, ABSENT)
            if was != now and not (was in ({}, ABSENT) and now in ({}, ABSENT)):
                hidden = observed["kind"] == "Secret" and name != "immutable"
                change = "changes" if hidden else f"{shown(was)} -> {shown(now)}"
                yield f"{name}: {change}, and the object is immutable (Validate{observed['kind']}Update)"

    return check


_SPECIAL: Mapping[tuple[str, str], Callable[[Mapping[str, Json], Mapping[str, Json]], Iterator[str]]] = {
    ("", "ConfigMap"): _sealed("data", "binaryData"),
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Secret"): _sealed("data"),
}

_SELECTOR = (("spec", "selector"),)
_ROLE = _Fields("ValidateRoleBindingUpdate", (("roleRef",),))

_KINDS: Mapping[tuple[str, str], _Fields] = {
    ("", "PersistentVolume"): _Fields(
        "ValidatePersistentVolumeUpdate",
        (("spec",),),
        but=[
            ("spec", each)
            for each in (
                "accessModes",
                "capacity",
                "claimRef",
                "mountOptions",
                "nodeAffinity",
                "persistentVolumeReclaimPolicy",
                "storageClassName",
                "volumeAttributesClassName",
            )
        ],
        assigned=(("spec", "volumeMode"),),
    ),
    ("", "PersistentVolumeClaim"): _Fields(
        "ValidatePersistentVolumeClaimUpdate",
        (("spec",),),
        but=(("spec", "resources", "requests", "storage"), ("spec", "volumeAttributesClassName")),
        assigned=(("spec", "storageClassName"), ("spec", "volumeMode"), ("spec", "volumeName")),
    ),
    ("", "Pod"): _Fields(
        "ValidatePodUpdate",
        (("spec", "volumes"), ("spec", "serviceAccountName"), ("spec", "restartPolicy"), ("spec", "nodeName")),
        assigned=(("spec", "serviceAccountName"), ("spec", "restartPolicy"), ("spec", "nodeName")),
    ),
    ("", "Secret"): _Fields("ValidateSecretUpdate", (("type",),), assigned=(("type",),)),
    ("", "Service"): _Fields(
        "ValidateServiceUpdate",
        (("spec", "clusterIP"), ("spec", "clusterIPs"), ("spec", "ipFamilies"), ("spec", "loadBalancerClass")),
        assigned=(("spec", "clusterIP"), ("spec", "clusterIPs"), ("spec", "ipFamilies")),
    ),
    ("apps", "DaemonSet"): _Fields("ValidateDaemonSetUpdate", _SELECTOR),
    ("apps", "Deployment"): _Fields("ValidateDeploymentUpdate", _SELECTOR),
    ("apps", "ReplicaSet"): _Fields("ValidateReplicaSetUpdate", _SELECTOR),
    ("apps", "StatefulSet"): _Fields(
        "ValidateStatefulSetUpdate",
        (("spec",),),
        but=[
            ("spec", each)
            for each in (
                "minReadySeconds",
                "ordinals",
                "persistentVolumeClaimRetentionPolicy",
                "replicas",
                "revisionHistoryLimit",
                "template",
                "updateStrategy",
            )
        ],
        assigned=(("spec", "podManagementPolicy"),),
    ),
    ("batch", "Job"): _Fields(
        "ValidateJobSpecUpdate",
        [
            ("spec", each)
            for each in (
                "backoffLimitPerIndex",
                "completionMode",
                "completions",
                "managedBy",
                "podFailurePolicy",
                "selector",
                "successPolicy",
                "template",
            )
        ],
        assigned=(("spec", "completionMode"), ("spec", "selector"), ("spec", "completions")),
    ),
    ("certificates.k8s.io", "CertificateSigningRequest"): _Fields(
        "ValidateCertificateSigningRequestUpdate", (("spec",),)
    ),
    ("discovery.k8s.io", "EndpointSlice"): _Fields("ValidateEndpointSliceUpdate", (("addressType",),)),
    ("networking.k8s.io", "IngressClass"): _Fields("ValidateIngressClassUpdate", (("spec", "controller"),)),
    ("node.k8s.io", "RuntimeClass"): _Fields("ValidateRuntimeClassUpdate", (("handler",),)),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): dataclasses.replace(
        _ROLE, source="ValidateClusterRoleBindingUpdate"
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _ROLE,
    ("resource.k8s.io", "ResourceClaim"): _Fields("ValidateResourceClaimUpdate", (("spec",),)),
    ("resource.k8s.io", "ResourceClaimTemplate"): _Fields("ValidateResourceClaimTemplateUpdate", (("spec",),)),
    ("scheduling.k8s.io", "PriorityClass"): _Fields(
        "ValidatePriorityClassUpdate", (("value",), ("preemptionPolicy",)), assigned=(("preemptionPolicy",),)
    ),
    ("storage.k8s.io", "CSIDriver"): _Fields(
        "ValidateCSIDriverUpdate",
        (("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
        assigned=(("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
    ),
    ("storage.k8s.io", "StorageClass"): _Fields(
        "ValidateStorageClassUpdate",
        (("parameters",), ("provisioner",), ("reclaimPolicy",), ("volumeBindingMode",)),
        assigned=(("reclaimPolicy",), ("volumeBindingMode",)),
    ),
    ("storage.k8s.io", "VolumeAttachment"): _Fields("ValidateVolumeAttachmentUpdate", (("spec",),)),
    ("storage.k8s.io", "VolumeAttributesClass"): _Fields(
        "ValidateVolumeAttributesClassUpdate", (("driverName",), ("parameters",))
    ),
}
"""What `between` compares; fields with a default of their own count as `assigned`, as leaving one out keeps it."""
