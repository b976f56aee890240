"""The Deployment: one pod with PowerDNS, the sidecar and external-dns.

A replica has one pod at a time: a SQLite file has one writer, and its volume one node. The three
containers share the loopback interface, so PowerDNS' API listens nowhere else.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from cdk8s_function import Json

from internal_dns import layout

HASH_ANNOTATION = "dns.internal/settings-hash"
"""Annotation of the pod: a digest of the files that its containers read only at their start.

A change of it makes a new pod.
"""

_SPREAD = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")

_TOKEN_SECONDS = 3607
_GRACE_SECONDS = 15


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shared:
    """Names of the objects that volumes of every replica's pod come from.

    Attributes:
        settings: The ConfigMap of pdns.conf and sidecar.json.
        programs: The ConfigMap of the modules in `internal_dns.pod`.
        records: The ConfigMap of the static records.
        secret: The Secret of the API key.
    """

    settings: str
    programs: str
    records: str
    secret: str


def settings_hash(*parts: Mapping[str, str]) -> str:
    """Return a digest of files."""
    digest = hashlib.sha256()
    for part in parts:
        for name, content in sorted(part.items()):
            digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


def manifest(
    *,
    labels: Mapping[str, str],
    spread_over: Json,
    settings_hash: str,
    account: str,
    claim: str,
    shared: Shared,
    containers: Sequence[Json],
    pull_secrets: Sequence[str],
) -> Json:
    """Return the Deployment.

    Args:
        labels: Labels of the pod; no other pod of the namespace has them.
        spread_over: Label selector of the pods of all replicas. The scheduler puts them on different nodes if it can.
        settings_hash: Digest of the files that its containers read only at their start.
        account: Name of its service account.
        claim: Name of its PersistentVolumeClaim.
        shared: Names of the other objects its volumes come from.
        containers: Its containers.
        pull_secrets: Secrets to pull images with.
    """
    pod: dict[str, Json] = {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": layout.POWERDNS_USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": list(containers),
        "topologySpreadConstraints": [_spread(key, spread_over) for key in _SPREAD],
        "volumes": _volumes(claim, shared),
    }
    if pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in pull_secrets]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 3,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": dict(labels)},
            "template": {
                "metadata": {"labels": dict(labels), "annotations": {HASH_ANNOTATION: settings_hash}},
                "spec": pod,
            },
        },
    }


def _spread(key: str, selector: Json) -> Json:
    # Soft: on a cluster of one node both run there.
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector}


def _volumes(claim: str, shared: Shared) -> list[Json]:
    return [
        {"name": "data", "persistentVolumeClaim": {"claimName": claim}},
        {"name": "config", "configMap": _items(shared.settings, "pdns.conf")},
        {"name": "sidecar", "configMap": _items(shared.settings, "sidecar.json")},
        {"name": "programs", "configMap": {"name": shared.programs}},
        {"name": "records", "configMap": {"name": shared.records}},
        {"name": "api", "secret": _secret_items(shared.secret, "api.conf")},
        {"name": "key", "secret": _secret_items(shared.secret, "api-key")},
        {"name": "sockets", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}},
        {"name": "token", "projected": {"sources": _token()}},
    ]


def _items(name: str, key: str) -> Json:
    return {"name": name, "items": [{"key": key, "path": key}]}


def _secret_items(name: str, key: str) -> Json:
    return {"secretName": name, "items": [{"key": key, "path": key}], "defaultMode": 0o440}


def _token() -> list[Json]:
    """Return the sources of the volume that Kubernetes would mount into every container; one container gets this."""
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": _TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
