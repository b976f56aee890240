"""The guard: its settings, its programs as a ConfigMap, and its container."""

import functools
import importlib.resources
import json
from collections.abc import Mapping

from cdk8s_function import Json

from internal_dns import layout
from internal_dns.powerdns import python_environment, restricted
from internal_dns.spec import InternalDnsSpec

_CALL_SECONDS = 10
_HOLD_SECONDS = 40
"""The guard looks each 5 s, so that with 6 s for a comparison and a TTL of 60 s a name is gone in 111 s."""

_STALLED_INTERVALS = 3
_STALL_MARGIN_SECONDS = 40
"""A comparison in which PowerDNS does not answer takes three calls and 1.75 s (external-dns v0.21, provider/pdns)."""


@functools.cache
def programs() -> Mapping[str, str]:
    """Return the modules that run in the pod, by file name."""
    folder = importlib.resources.files("internal_dns.pod")
    files = [file for file in folder.iterdir() if file.name.endswith(".py")]
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(files, key=lambda file: file.name)}


def settings(*, domain: str, sync_seconds: int) -> str:
    """Return guard.json.

    Args:
        domain: The zone.
        sync_seconds: How often external-dns compares.
    """
    fields = {
        "domain": domain,
        "apiPort": layout.API_PORT,
        "relayPort": layout.RELAY_PORT,
        "healthPort": layout.HEALTH_PORT,
        "externalDnsPort": layout.EXTERNAL_DNS_PORT,
        "timeoutSeconds": _CALL_SECONDS,
        "holdSeconds": _HOLD_SECONDS,
        "stallSeconds": _STALLED_INTERVALS * sync_seconds + _STALL_MARGIN_SECONDS,
    }
    return json.dumps(fields, indent=2) + "\n"


def container(spec: InternalDnsSpec, *, image: str) -> Json:
    """Return the guard's container.

    Args:
        spec: The spec.
        image: An image with Python: PowerDNS'.
    """
    return {
        "name": "guard",
        "image": image,
        "command": [
            "python3",
            "-m",
            "internal_dns.pod.guard",
            f"{layout.GUARD_CONFIG}/guard.json",
            f"{layout.RECORDS}/records.json",
            f"{layout.KEY}/api-key",
        ],
        "env": python_environment(),
        "ports": [{"name": "health", "containerPort": layout.HEALTH_PORT, "protocol": "TCP"}],
        "volumeMounts": [
            {"name": "guard", "mountPath": layout.GUARD_CONFIG, "readOnly": True},
            {"name": "records", "mountPath": layout.RECORDS, "readOnly": True},
            {"name": "key", "mountPath": layout.KEY, "readOnly": True},
            {"name": "programs", "mountPath": f"{layout.PROGRAMS}/internal_dns/pod", "readOnly": True},
        ],
        # external-dns is the next container, and starts when this has ended.
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
        "resources": spec.resources.guard.model_dump(),
        "securityContext": {**restricted(), "runAsUser": layout.POWERDNS_USER, "runAsGroup": layout.POWERDNS_USER},
    }
