"""Report the health of the pod to the kubelet and to Prometheus.

external-dns' own /healthz always reports success. Its metrics have the times at
which it last began and last finished a comparison of the sources with the
records; its health is derived from these.

    /healthz         the sidecar itself runs
    /external-dns    external-dns began a comparison recently
    /fresh           a change has reached clients recently, and the volume has room
    /readyz          the server answers for the zone, and the sync gate is open
    /metrics         the sidecar's metrics, for Prometheus
"""

import dataclasses
import http.client
import http.server
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

from internal_dns.pod import lookup
from internal_dns.pod.bounded_server import SECONDS, BoundedServer
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.query_statistics import QueryStatistics
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.sync_gate import SyncGate
from internal_dns.pod.volume import Volume

BEGAN = "external_dns_controller_last_reconcile_timestamp_seconds"
FINISHED = "external_dns_controller_last_sync_timestamp_seconds"
STARTED = "process_start_time_seconds"

_LOG = logging.getLogger("health")

_METRICS = (
    ("internal_dns_zone_ready", "gauge", "Whether PowerDNS answers for the zone, with its static records."),
    ("internal_dns_sync_gate_open", "gauge", "Whether a comparison has succeeded since PowerDNS started."),
    ("internal_dns_record_sets", "gauge", "Record sets in the zone."),
    ("internal_dns_rejected_record_sets", "gauge", "Record sets that PowerDNS refuses."),
    ("internal_dns_held_hosts", "gauge", "Hosts still in the zone because their deletion is held."),
    ("internal_dns_held_deletions_total", "counter", "Deletions of most of the zone that were held."),
    ("internal_dns_canary_age_seconds", "gauge", "Seconds since a change last reached clients."),
    (
        "internal_dns_canary_udp_seconds",
        "gauge",
        "Seconds from a comparison's begin to an answer by UDP with its change.",
    ),
    (
        "internal_dns_canary_tcp_seconds",
        "gauge",
        "Seconds from a comparison's begin to an answer by TCP with its change.",
    ),
    ("internal_dns_canary_rounds_total", "counter", "Comparisons that reached the canary."),
    (
        "internal_dns_canary_late_rounds_total",
        "counter",
        "Those whose change took over 10 s, or did not reach clients.",
    ),
    ("internal_dns_volume_full", "gauge", "Whether PowerDNS cannot write as its volume is full."),
)
"""Name, type and description of each of the sidecar's metrics."""

_QUERY_METRICS = (
    ("internal_dns_udp_queries_total", "counter", "Queries by UDP."),
    ("internal_dns_tcp_queries_total", "counter", "Queries by TCP."),
    ("internal_dns_servfail_answers_total", "counter", "Answers with SERVFAIL."),
    ("internal_dns_query_latency_seconds", "gauge", "Average time from a query to its answer in PowerDNS, lately."),
)
"""The same of what PowerDNS tells, in the order of `QueryStatistics`; none while it does not respond."""

_SAMPLE = re.compile(rf"^({BEGAN}|{FINISHED}|{STARTED}) ([0-9.e+]+)$", re.MULTILINE)
_TIMEOUT_SECONDS = 2.0


@dataclasses.dataclass(kw_only=True)
class State:
    """The state of the sidecar.

    Attributes:
        domain: Domain of the zone.
        stall_seconds: Time without a new comparison after which external-dns counts as stalled.
        external_dns: Host and port of external-dns' metrics.
        zone_ready: Set when the zone is as declared.
        record_sets: Number of record sets in the zone.
        rejections: Record sets that PowerDNS refuses.
        deletion_hold: The deletion that is held.
        sync_gate: Whether the server may say that a name does not exist.
        canary: How long changes take to reach clients.
        volume: Whether PowerDNS' volume is full.
        queries: Returns what PowerDNS tells of its queries, None while it does not respond.
    """

    domain: str
    stall_seconds: float
    external_dns: tuple[str, int]
    rejections: Rejections
    deletion_hold: DeletionHold
    sync_gate: SyncGate
    canary: Canary
    volume: Volume
    queries: Callable[[], QueryStatistics | None]
    zone_ready: threading.Event = dataclasses.field(default_factory=threading.Event)
    record_sets: int = 0

    def external_dns_lives(self) -> bool:
        """Return whether external-dns began a comparison recently."""
        samples = _metrics(self.external_dns)
        last = max(samples.get(BEGAN, 0.0), samples.get(STARTED, 0.0))
        return time.time() - last < self.stall_seconds

    def is_ready(self) -> bool:
        """Return whether the server answers for the zone, and may say that a name does not exist."""
        return self.sync_gate.is_open and lookup.serves(self.domain)

    def exposition(self) -> str:
        """Return the sidecar's metrics, in Prometheus' text format."""
        values = (
            int(self.zone_ready.is_set() and lookup.serves(self.domain)),
            int(self.sync_gate.is_open),
            self.record_sets,
            self.rejections.count(),
            self.deletion_hold.held_hosts,
            self.deletion_hold.started,
            round(self.canary.age, 3),
            *(round(self.canary.latencies[protocol], 3) for protocol in lookup.PROTOCOLS),
            self.canary.rounds,
            self.canary.late_rounds,
            int(self.volume.is_full),
        )
        queries = self.queries()
        # A counter that was 0 for a moment would count all its queries again.
        told = "" if queries is None else _text(_QUERY_METRICS, dataclasses.astuple(queries))
        return _text(_METRICS, values) + told


def _text(metrics: Sequence[tuple[str, str, str]], values: Sequence[float]) -> str:
    return "".join(
        f"# HELP {name} {description}\n# TYPE {name} {type_}\n{name} {value}\n"
        for (name, type_, description), value in zip(metrics, values, strict=True)
    )


class _Server(BoundedServer):
    """Listens on IPv6 and IPv4: the kubelet calls the pod by either."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def server(port: int, state: State) -> BoundedServer:
    """Return an HTTP server, listening, that responds to probes."""

    class _Probe(http.server.BaseHTTPRequestHandler):
        timeout = SECONDS
        checks: ClassVar = {
            "/external-dns": state.external_dns_lives,
            "/fresh": lambda: state.canary.is_fresh and not state.volume.is_full,
            "/healthz": lambda: True,
            "/readyz": state.is_ready,
        }

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._respond(HTTPStatus.OK, state.exposition())
            elif self.path not in self.checks:
                self._respond(HTTPStatus.NOT_FOUND, "no such page\n")
            elif self.checks[self.path]():
                self._respond(HTTPStatus.OK, "ok\n")
            else:
                self._respond(HTTPStatus.SERVICE_UNAVAILABLE, "failed\n")

        def _respond(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature.
            pass

    if socket.has_dualstack_ipv6():
        return _Server(("::", port), _Probe, log=_LOG)
    return BoundedServer(("0.0.0.0", port), _Probe, log=_LOG)  # noqa: S104  # The kubelet calls the pod's address.


def finished(external_dns: tuple[str, int]) -> float:
    """Return the Unix time at which external-dns last finished a comparison without an error; 0 if it did not.

    Args:
        external_dns: Host and port of its metrics.
    """
    return _metrics(external_dns).get(FINISHED, 0.0)


def _metrics(address: tuple[str, int]) -> Mapping[str, float]:
    """Return the metrics of external-dns that this module reads; none if it does not respond."""
    connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return {name: float(value) for name, value in _SAMPLE.findall(text)}
