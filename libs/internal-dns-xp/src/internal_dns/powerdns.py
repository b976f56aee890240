"""PowerDNS: its settings, its API key, and its container.

The settings make a wrong answer short-lived. PowerDNS caches for 10 seconds, and a
client caches for at most 30 seconds that a name does not exist (PowerDNS' default
is an hour). Everything but plain answers for one zone is off: zone transfers,
which would list the ownership records, dynamic updates, and recursion. Only this
pod can reach the API.
"""

import base64
import functools
import hashlib
import secrets
from collections.abc import Mapping

from cdk8s_function import Json

from internal_dns import layout
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.api.static_record import NAMESERVER

NEGATIVE_TTL = 30
"""Seconds that a client may cache that a name does not exist: the SOA's minimum (RFC 2308, 5)."""

_NAME = "internal-dns"
"""What the server says of itself: neither its version nor its host."""

_KEY_BYTES = 32
_SCRYPT_LOG_N = 10
_SCRYPT_R = 8
_SCRYPT_P = 1
_SALT_BYTES = 16
"""These parameters are those of `pdnsutil hash-password` (pdns/credentials.hh, auth-5.1.4)."""


def make_key() -> str:
    """Return a new API key."""
    return secrets.token_urlsafe(_KEY_BYTES)


@functools.lru_cache(maxsize=64)
def hashed(key: str) -> str:
    """Return the hash of an API key, as PowerDNS' settings take it.

    The salt is made from the key, so that each reconcile makes the same hash. A key
    of 256 random bits needs no other salt.
    """
    salt = hashlib.sha256(b"internal-dns api key salt" + key.encode()).digest()[:_SALT_BYTES]
    digest = hashlib.scrypt(key.encode(), salt=salt, n=1 << _SCRYPT_LOG_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32)
    parts = (f"ln={_SCRYPT_LOG_N},p={_SCRYPT_P},r={_SCRYPT_R}", *map(_base64, (salt, digest)))
    return "$scrypt$" + "$".join(parts)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def settings(ttl: int) -> str:
    """Return pdns.conf.

    Args:
        ttl: Seconds that a client may cache the zone's own records.
    """
    lines: Mapping[str, str | int] = {
        "launch": "gsqlite3",
        "gsqlite3-database": layout.DATABASE,
        "gsqlite3-dnssec": "yes",
        "gsqlite3-pragma-foreign-keys": "yes",
        # NORMAL: with a write-ahead log, a power cut can lose the last changes. external-dns then makes them again.
        "gsqlite3-pragma-synchronous": 1,
        "local-address": "0.0.0.0,::",
        "local-address-nonexist-fail": "no",
        "local-port": layout.DNS_PORT,
        # An idle connection is closed after 2 s and any after 30, so that no client keeps others from TCP. The limit
        # for one client is not small, as all clients of a tailnet proxy have its address. Each connection is a thread.
        "max-tcp-connections": 200,
        "max-tcp-connections-per-client": 100,
        "max-tcp-connection-duration": 30,
        "tcp-idle-timeout": 2,
        "socket-dir": layout.SOCKETS,
        "webserver": "yes",
        "webserver-address": "127.0.0.1",
        "webserver-allow-from": "127.0.0.1",
        "webserver-port": layout.API_PORT,
        # MB. The first change for 5,000 ingresses is 3 MB long; the default is 2.
        "webserver-max-bodysize": 16,
        "api": "yes",
        "include-dir": layout.API_CONFIG,
        "default-soa-content": f"{NAMESERVER}.@ hostmaster.@ 0 10800 3600 604800 {NEGATIVE_TTL}",
        "default-ttl": ttl,
        "cache-ttl": 10,
        "query-cache-ttl": 10,
        "negquery-cache-ttl": 10,
        "zone-cache-refresh-interval": 60,
        "disable-axfr": "yes",
        # The answers to version.bind and id.server; other names of the class CH are refused.
        "version-string": _NAME,
        "server-id": _NAME,
        # PowerDNS would ask its project's servers about its version, by a port that the NetworkPolicy closes.
        "security-poll-suffix": "",
        "log-timestamp": "no",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def container(spec: InternalDnsSpec, *, image: str) -> Json:
    """Return PowerDNS' container.

    Args:
        spec: The spec.
        image: Its image.
    """
    probe = {
        "exec": {"command": ["python3", "-m", "internal_dns.pod.alive", layout.DATABASE, spec.domain]},
        "timeoutSeconds": 5,
    }
    return {
        "name": "powerdns",
        "image": image,
        "command": [
            "python3",
            "-m",
            "internal_dns.pod.database",
            layout.DATABASE,
            layout.START_FILE,
            "pdns_server",
            f"--config-dir={layout.CONFIG}",
        ],
        "env": python_environment(),
        "ports": [
            {"name": "dns", "containerPort": layout.DNS_PORT, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": layout.DNS_PORT, "protocol": "TCP"},
        ],
        "volumeMounts": [
            {"name": "data", "mountPath": layout.DATA},
            {"name": "config", "mountPath": layout.CONFIG, "readOnly": True},
            {"name": "api", "mountPath": layout.API_CONFIG, "readOnly": True},
            {"name": "sockets", "mountPath": layout.SOCKETS},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108  # The container's own folder.
            {"name": "programs", "mountPath": f"{layout.PROGRAMS}/internal_dns/pod", "readOnly": True},
        ],
        "startupProbe": {**probe, "periodSeconds": 1, "failureThreshold": 60},
        "livenessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 3},
        # PowerDNS as a container's first process ignores SIGTERM, and would be killed after the grace period.
        "lifecycle": {"preStop": {"exec": {"command": ["pdns_control", f"--config-dir={layout.CONFIG}", "quit"]}}},
        "resources": spec.resources.powerdns.model_dump(),
        "securityContext": {**restricted(), "runAsUser": layout.POWERDNS_USER, "runAsGroup": layout.POWERDNS_USER},
    }


def python_environment() -> list[Json]:
    """Return the environment of a container that runs the programs mounted into it."""
    return [
        {"name": "PYTHONPATH", "value": layout.PROGRAMS},
        {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
    ]


def restricted() -> dict[str, Json]:
    """Return a container's security context for the pod security standard `restricted`, with a read-only root."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }
