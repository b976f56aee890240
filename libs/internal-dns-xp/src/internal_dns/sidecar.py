"""The sidecar: its settings, its programs as a ConfigMap, and its container."""

import functools
import importlib.resources
import json
from collections.abc import Mapping

from cdk8s_function import Json

from internal_dns import layout
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.powerdns import python_environment, restricted

_CALL_SECONDS = 10
_HOLD_SECONDS = 40
"""The sidecar checks every 5 s. With 6 s for a comparison and a TTL of 60 s, a name is gone after at most 111 s."""

_STALLED_INTERVALS = 3
_STALL_MARGIN_SECONDS = 40
"""A comparison in which PowerDNS does not respond takes three calls and 1.75 s (external-dns v0.21, provider/pdns)."""


@functools.cache
def programs() -> Mapping[str, str]:
    """Return the modules that run in the pod, by file name."""
    folder = importlib.resources.files("internal_dns.pod")
    files = [file for file in folder.iterdir() if file.name.endswith(".py")]
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(files, key=lambda file: file.name)}


def settings(*, domain: str, owner: str, sync_seconds: int) -> str:
    """Return sidecar.json.

    Args:
        domain: Domain of the zone.
        owner: Owner that external-dns writes into its ownership records.
        sync_seconds: Seconds between two comparisons of external-dns.
    """
    fields = {
        "domain": domain,
        "owner": owner,
        "apiPort": layout.API_PORT,
        "relayPort": layout.RELAY_PORT,
        "healthPort": layout.HEALTH_PORT,
        "externalDnsPort": layout.EXTERNAL_DNS_PORT,
        "timeoutSeconds": _CALL_SECONDS,
        "holdSeconds": _HOLD_SECONDS,
        "syncSeconds": sync_seconds,
        "stallSeconds": _STALLED_INTERVALS * sync_seconds + _STALL_MARGIN_SECONDS,
    }
    return json.dumps(fields, indent=2) + "\n"


def container(spec: InternalDnsSpec, *, image: str, claim: str) -> Json:
    """Return the sidecar's container.

    Args:
        spec: The spec.
        image: An image with Python: that of PowerDNS.
        claim: Name of the PersistentVolumeClaim.
    """
    return {
        "name": "sidecar",
        "image": image,
        "command": [
            "python3",
            "-m",
            "internal_dns.pod.sidecar",
            f"{layout.SIDECAR_CONFIG}/sidecar.json",
            f"{layout.RECORDS}/records.json",
            f"{layout.KEY}/api-key",
            layout.START_FILE,
            claim,
        ],
        "env": python_environment(),
        "ports": [{"name": "health", "containerPort": layout.HEALTH_PORT, "protocol": "TCP"}],
        "volumeMounts": [
            {"name": "sidecar", "mountPath": layout.SIDECAR_CONFIG, "readOnly": True},
            {"name": "records", "mountPath": layout.RECORDS, "readOnly": True},
            {"name": "key", "mountPath": layout.KEY, "readOnly": True},
            {"name": "sockets", "mountPath": layout.SOCKETS, "readOnly": True},
            {"name": "programs", "mountPath": f"{layout.PROGRAMS}/internal_dns/pod", "readOnly": True},
        ],
        # external-dns is the next container. The kubelet starts it when this hook has ended.
        "lifecycle": {
            "postStart": {"exec": {"command": ["python3", "-m", "internal_dns.pod.listening", str(layout.RELAY_PORT)]}}
        },
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": layout.HEALTH_PORT},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        "readinessProbe": {
            "httpGet": {"path": "/readyz", "port": layout.HEALTH_PORT},
            "periodSeconds": 5,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        "resources": spec.resources.sidecar.model_dump(),
        "securityContext": {**restricted(), "runAsUser": layout.POWERDNS_USER, "runAsGroup": layout.POWERDNS_USER},
    }
