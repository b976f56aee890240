"""Kubernetes objects as plain data: how to read their common fields, and which kinds live in a namespace.

Only kinds of the API groups that Kubernetes itself serves are known here. Crossplane looks up custom resources in
the cluster.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, cast

Json = Any
"""A value `json.dumps` accepts: None, bool, int, float, str, list or dict with str keys."""

_CLUSTER_SCOPED = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
    }
)

_NAMESPACED_GROUPS = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
    }
)
"""Groups whose kinds are all namespaced, except those in the table above."""

_RBAC_KINDS = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

MOST_OF_A_NAME = 253
"""The most characters of a DNS subdomain."""

REPEATING_ANNOTATIONS = frozenset(
    {
        "kapp.k14s.io/original",
        "kubectl.kubernetes.io/last-applied-configuration",
        "objectset.rio.cattle.io/applied",
    }
)
"""Annotations in which kapp, kubectl and Rancher store a copy of the object, with a Secret's values."""


def metadata(manifest: Mapping[str, Json]) -> Mapping[str, Any]:
    """Return an object's metadata, empty if it has none."""
    return manifest.get("metadata") or {}


def mapping(value: object) -> Mapping[str, Any]:
    """Return a value that is a mapping, an empty one for any other value."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def strings(manifest: Mapping[str, Json], field: str) -> Mapping[str, str]:
    """Return an object's labels or annotations, empty if it has none."""
    return metadata(manifest).get(field) or {}


def name(manifest: Mapping[str, Json]) -> str:
    """Return an object's name, "" if it has none yet."""
    return metadata(manifest).get("name") or ""


def namespace(manifest: Mapping[str, Json]) -> str:
    """Return an object's namespace, "" if it has none."""
    return metadata(manifest).get("namespace") or ""


def full_name(manifest: Mapping[str, Json]) -> str:
    """Return `namespace/name`, or the name alone for a cluster-scoped object."""
    where = namespace(manifest)
    return f"{where}/{name(manifest)}" if where else name(manifest)


def is_same(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Return whether two manifests are of one object: the same group, kind, namespace and name."""
    group, others_group = (group_of(manifest.get("apiVersion") or "") for manifest in (one, other))
    return (group, one.get("kind"), full_name(one)) == (others_group, other.get("kind"), full_name(other))


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion, "" for the core group."""
    return api_version.rpartition("/")[0]


def is_subdomain(text: str) -> bool:
    """Return whether a text is a DNS subdomain.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
    """
    return len(text) <= MOST_OF_A_NAME and _SUBDOMAIN.fullmatch(text) is not None


def is_name(api_version: str, kind: str, name: str) -> bool:
    """Return whether Crossplane lets an object of a kind have a name: a DNS subdomain, for RBAC with colons in it.

    crossplane v2.3, internal/controller/apiextensions/composite/composition_functions.go.
    """
    if ":" in name and group_of(api_version) == "rbac.authorization.k8s.io" and kind in _RBAC_KINDS:
        name = name.replace(":", "")
    return is_subdomain(name)


def namespaced(api_version: str, kind: str) -> bool | None:
    """Return whether objects of a kind live in a namespace; None if the kind is not one of Kubernetes' own."""
    group = group_of(api_version)
    if (group, kind) in _CLUSTER_SCOPED:
        return False
    return True if group in _NAMESPACED_GROUPS else None


def as_stored(manifest: Mapping[str, Json]) -> dict[str, Json]:
    """Return an object as the API server stores it: a Secret's `stringData` becomes a part of its `data`.

    https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
    """
    if (manifest.get("apiVersion"), manifest.get("kind")) != ("v1", "Secret") or "stringData" not in manifest:
        return dict(manifest)
    stored = {field: value for field, value in manifest.items() if field != "stringData"}
    texts = mapping(manifest["stringData"])
    encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in texts.items()}
    return {**stored, "data": {**mapping(stored.get("data")), **encoded}} if encoded else stored


def merged(below: Mapping[str, Json], above: Mapping[str, Json]) -> dict[str, Json]:
    """Return two mappings merged: `above` wins, mappings merge field by field, other values replace."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = merged(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownArgumentType]
    return result
