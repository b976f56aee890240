"""An HTTP server with a limited number of connections, each with a time limit.

The standard library's server uses a thread and a descriptor for each connection,
without a limit, and its timeout applies to each read: a client that sends a byte
now and then can stay connected forever. This server has a fixed number of connections. A new
connection replaces the oldest, and each is closed after a fixed time. A probe or
a scrape takes milliseconds, so it is never the oldest for long.

This file exists twice, in `cdk8s_function.telemetry` and in `internal_dns.pod`,
and a test compares the two. The modules in the DNS pod can import only the standard
library, and an HTTP server is not part of the library's API for charts.
"""

import contextlib
import http.server
import socket
import sys
import threading
import time
from typing import Any, Protocol

CONNECTIONS = 16
"""How many connections there are at a time."""

SECONDS = 10.0
"""How long a connection may last."""

_LOG_SECONDS = 60.0
_RETRY_SECONDS = 0.1


class Log(Protocol):
    """The log of the server: a logger of the standard library or of structlog."""

    def warning(self, message: str, /) -> Any:  # noqa: ANN401  # structlog's returns something.
        """Log a warning."""

    def error(self, message: str, /) -> Any:  # noqa: ANN401  # As above.
        """Log an error."""


class BoundedServer(http.server.ThreadingHTTPServer):
    """Serves each connection in its own thread, a few at a time.

    Args:
        address: Where to listen, host and port.
        handler: Serves one request.
        log: Gets the number of closed connections, and failed requests.
        seconds: How long a connection may last.
    """

    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[http.server.BaseHTTPRequestHandler],
        *,
        log: Log,
        seconds: float = SECONDS,
    ) -> None:
        """Listen."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._ends: dict[Any, float] = {}
        self._cut_count = 0
        self._logged_at = -_LOG_SECONDS
        self._log = log
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        try:
            return super().get_request()
        except OSError:
            # Out of descriptors, for example: the connection still waits, and would be tried again at once.
            time.sleep(_RETRY_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's types.
        """Serve a connection; if there are too many, close the oldest first."""
        with self._lock:
            while len(self._ends) >= CONNECTIONS:
                self._cut(next(iter(self._ends)))
            self._ends[request] = time.monotonic() + self._seconds
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  # As above.
        """Close a connection."""
        with self._lock:
            self._ends.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close connections that have lasted too long; called every half second."""
        now = time.monotonic()
        with self._lock:
            for request in [request for request, end in self._ends.items() if end <= now]:
                self._cut(request)
        if self._cut_count and now - self._logged_at >= _LOG_SECONDS:
            self._log.warning(f"connections of slow clients were closed: {self._cut_count}")
            self._logged_at, self._cut_count = now, 0

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002  # As above.
        """Log an error on one line, except that a client has left."""
        if not isinstance(error := sys.exc_info()[1], OSError):
            self._log.error(f"a request failed: {error!r}")

    def _cut(self, request: Any) -> None:  # noqa: ANN401  # As above.
        # The connection's thread finds the stream at its end, and closes it.
        self._ends.pop(request)
        self._cut_count += 1
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)
