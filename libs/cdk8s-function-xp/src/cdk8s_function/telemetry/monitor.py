"""The HTTP server beside the gRPC one: metrics for Prometheus, probes for the kubelet.

The kubelet can't use the gRPC health service of a server with mTLS: its gRPC
probe has no client certificates
(https://kubernetes.io/docs/concepts/workloads/pods/probes/). So the same health
is served here.

    /metrics   for Prometheus
    /readyz    a worker is warm, and the function is not shutting down
    /livez     the event loop, which serves Crossplane, runs

Port 8080 is the one that Crossplane names `metrics` in the pods of packages
(crossplane v2.3, internal/controller/pkg/runtime/runtime.go, MetricsPortNumber).
"""

import http
import http.server
import socket
import socketserver
import threading
import time
import urllib.parse

import prometheus_client
import structlog

from cdk8s_function.telemetry import bounded_server

_STALL_SECONDS = 30.0
"""How long the event loop may go without a report. It reports several times a second."""

_REQUEST_SECONDS = 10
"""How long a client may take to send its request."""

_LAST_PORT = 65535


class Monitor:
    """Serves HTTP, in its own threads.

    Args:
        address: Where to listen, `host:port`; without a host, on every address.
        registry: The metrics.

    Raises:
        ValueError: If the address is invalid.
        OSError: If it can't be listened on.
    """

    def __init__(self, address: str, registry: prometheus_client.CollectorRegistry) -> None:
        """Listen; `start` begins to serve."""
        self._serving = False
        self._heard = time.monotonic()
        self._server = _listening(address, _handler(self, registry))
        self._thread = threading.Thread(target=self._server.serve_forever, name="monitor", daemon=True)
        self._log = structlog.stdlib.get_logger()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()
        self._log.info("serving metrics", port=self.port)

    def close(self) -> None:
        """Stop serving."""
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def report(self, serving: bool) -> None:  # noqa: FBT001  # A callback's one argument.
        """Take the function's health, which the event loop reports again and again.

        Args:
            serving: Whether the function serves.
        """
        self._serving, self._heard = serving, time.monotonic()

    def is_alive(self) -> bool:
        """Return whether the event loop runs."""
        return time.monotonic() - self._heard < _STALL_SECONDS

    def is_ready(self) -> bool:
        """Return whether the function serves."""
        return self._serving and self.is_alive()


class _Server(bounded_server.BoundedServer):
    """Listens on IPv6 and IPv4 where no host is given."""

    def __init__(
        self, family: socket.AddressFamily, address: tuple[str, int], handler: type[http.server.BaseHTTPRequestHandler]
    ) -> None:
        self.address_family = family
        super().__init__(address, handler, log=structlog.stdlib.get_logger())

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # http.server's own method looks up this host's name in DNS, which is not needed here.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]


def _listening(address: str, handler: type[http.server.BaseHTTPRequestHandler]) -> bounded_server.BoundedServer:
    host, port = _split(address)
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_dualstack_ipv6()) else socket.AF_INET
    try:
        return _Server(family, (host, port), handler)
    except OSError as error:
        msg = (
            f'cannot listen on {address} for metrics ({error.strerror}): give another --metrics-address, or "" for none'
        )
        raise OSError(msg) from error


def _split(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    is_port = port.isdecimal() and int(port) <= _LAST_PORT
    if not colon or not is_port or (":" in host and not host.startswith("[")):
        msg = f'metrics address "{address}" is not host:port'
        raise ValueError(msg)
    return host.strip("[]"), int(port)


def _handler(
    monitor: Monitor, registry: prometheus_client.CollectorRegistry
) -> type[http.server.BaseHTTPRequestHandler]:
    checks = {"/livez": monitor.is_alive, "/readyz": monitor.is_ready}

    class _Handler(prometheus_client.MetricsHandler):
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:  # noqa: N802  # http.server's name.
            path = urllib.parse.urlsplit(self.path).path
            if path == "/metrics":
                super().do_GET()
            elif path in checks:
                well = checks[path]()
                self._reply(http.HTTPStatus.OK if well else http.HTTPStatus.SERVICE_UNAVAILABLE)
            else:
                self._reply(http.HTTPStatus.NOT_FOUND)

        def _reply(self, status: http.HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"{status.phrase.lower()}\n".encode())

    _Handler.registry = registry
    return _Handler
