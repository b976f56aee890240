"""An HTTP server that a client can neither exhaust nor hold up.

The standard library's takes a thread and a descriptor for each connection, as
many as come, and its time-out is for each read: a client that sends a byte now
and then stays for good. Here there is a fixed number of connections, the oldest
of which makes room for a new one, and each is closed after a fixed time. A
probe or a scrape takes milliseconds, so that the oldest is none.
"""

import contextlib
import http.server
import socket
import sys
import threading
import time
from typing import Any

import structlog

CONNECTIONS = 16
"""How many there are at a time."""

SECONDS = 10.0
"""How long one may last."""

_LOG_SECONDS = 60.0
_BREATH_SECONDS = 0.1


class BoundedServer(http.server.ThreadingHTTPServer):
    """Serves each connection in a thread of its own, a few at a time.

    Args:
        address: Where to listen, host and port.
        handler: Serves one request.
        seconds: How long a connection may last.
    """

    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[http.server.BaseHTTPRequestHandler],
        *,
        seconds: float = SECONDS,
    ) -> None:
        """Listen."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._ends: dict[Any, float] = {}
        self._cut_count = 0
        self._told = -_LOG_SECONDS
        self._log = structlog.stdlib.get_logger()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        try:
            return super().get_request()
        except OSError:
            # Out of descriptors, say: the connection still waits, and would be tried again at once.
            time.sleep(_BREATH_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's types.
        """Serve a connection, and make room for it if need be."""
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
        """Close what has lasted too long; called every half second."""
        now = time.monotonic()
        with self._lock:
            for request in [request for request, end in self._ends.items() if end <= now]:
                self._cut(request)
        if self._cut_count and now - self._told >= _LOG_SECONDS:
            self._log.warning("connections of slow clients were closed", count=self._cut_count)
            self._told, self._cut_count = now, 0

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002  # As above.
        """Log what went wrong on one line, and nothing of a client that has left."""
        if not isinstance(error := sys.exc_info()[1], OSError):
            self._log.error("a page can't be made", error=repr(error))

    def _cut(self, request: Any) -> None:  # noqa: ANN401  # As above.
        # Its thread finds the stream at its end, and closes it.
        self._ends.pop(request)
        self._cut_count += 1
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)
