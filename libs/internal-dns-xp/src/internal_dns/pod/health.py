"""Tell whether the pod does its work, to the kubelet and to Prometheus.

external-dns says of itself that it is well whatever it does: its /healthz is
constant. Its metrics tell when it last began to compare ingresses with records,
and when it last finished; from these it is judged here.

    /healthz         the guard itself runs
    /external-dns    external-dns began to compare a short while ago
    /readyz          the server answers for the zone, with the records of the sources
    /metrics         the guard's own, for Prometheus
"""

import dataclasses
import http.client
import http.server
import re
import socket
import threading
import time
from collections.abc import Mapping
from typing import ClassVar

from internal_dns.pod import lookup
from internal_dns.pod.brake import Brake
from internal_dns.pod.rejections import Rejections

BEGAN = "external_dns_controller_last_reconcile_timestamp_seconds"
FINISHED = "external_dns_controller_last_sync_timestamp_seconds"
STARTED = "process_start_time_seconds"

_SAMPLE = re.compile(rf"^({BEGAN}|{FINISHED}|{STARTED}) ([0-9.e+]+)$", re.MULTILINE)
_TIMEOUT_SECONDS = 2.0
_OK = 200
_UNAVAILABLE = 503
_NOT_FOUND = 404


@dataclasses.dataclass(kw_only=True)
class State:
    """What the guard knows.

    Attributes:
        domain: The zone.
        stall_seconds: How long external-dns may go without beginning to compare.
        external_dns: Where its metrics are.
        zone_ready: Set once the zone is as declared.
        has_records: Whether external-dns has put records in, in this pod's life or before.
        records: Record sets in the zone.
        rejections: Record sets PowerDNS refuses.
        brake: Deletions that are held.
    """

    domain: str
    stall_seconds: float
    external_dns: tuple[str, int]
    rejections: Rejections
    brake: Brake
    zone_ready: threading.Event = dataclasses.field(default_factory=threading.Event)
    has_records: bool = False
    records: int = 0

    def external_dns_lives(self) -> bool:
        """Return whether external-dns began to compare a short while ago."""
        samples = _metrics(self.external_dns)
        last = max(samples.get(BEGAN, 0.0), samples.get(STARTED, 0.0))
        return time.time() - last < self.stall_seconds

    def is_ready(self) -> bool:
        """Return whether the server answers for the zone, with the records of the sources."""
        if not self.zone_ready.is_set():
            return False
        if not self.has_records:
            self.has_records = _metrics(self.external_dns).get(FINISHED, 0.0) > 0
        return self.has_records and lookup.serves(self.domain)

    def exposition(self) -> str:
        """Return the guard's metrics, in Prometheus' text format."""
        gauges = {
            "internal_dns_zone_ready": int(self.zone_ready.is_set()),
            "internal_dns_record_sets": self.records,
            "internal_dns_rejected_record_sets": self.rejections.count(),
            "internal_dns_held_hosts": self.brake.held_hosts,
        }
        counters = {"internal_dns_held_deletions_total": self.brake.begun}
        kinds = (("gauge", gauges), ("counter", counters))
        return "".join(
            f"# TYPE {name} {kind}\n{name} {value}\n" for kind, samples in kinds for name, value in samples.items()
        )


class _Server(http.server.ThreadingHTTPServer):
    """Listens on IPv6 and IPv4, as the kubelet calls the pod by either."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def server(port: int, state: State) -> http.server.ThreadingHTTPServer:
    """Return an HTTP server, listening, that answers probes."""

    class _Probe(http.server.BaseHTTPRequestHandler):
        checks: ClassVar = {
            "/external-dns": state.external_dns_lives,
            "/healthz": lambda: True,
            "/readyz": state.is_ready,
        }

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(_OK, state.exposition())
            elif self.path in self.checks:
                passed = self.checks[self.path]()
                self._answer(_OK if passed else _UNAVAILABLE, "ok\n" if passed else "failed\n")
            else:
                self._answer(_NOT_FOUND, "no such page\n")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature.
            pass

    if socket.has_dualstack_ipv6():
        return _Server(("::", port), _Probe)
    return http.server.ThreadingHTTPServer(("0.0.0.0", port), _Probe)  # noqa: S104  # The kubelet calls the pod's address.


def _metrics(address: tuple[str, int]) -> Mapping[str, float]:
    """Return external-dns' metrics that matter here; none if it does not answer."""
    connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return {name: float(value) for name, value in _SAMPLE.findall(text)}
