"""The package under test is found as its command finds it; and databases to ask, on this machine."""

import contextlib
import gzip
import http.server
import json
import pathlib
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

Answer = Callable[[Any], tuple[int, Any]]
Serve = Callable[[Answer], contextlib.AbstractContextManager[str]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Return a context that serves a database, of what it answers to a query with a status; it yields its URL."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    @contextlib.contextmanager
    def serve(answer: Answer) -> Generator[str]:
        class Database(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                self._send(*answer(json.loads(body)))

            def do_GET(self) -> None:
                self._send(404, {})

            def _send(self, status: int, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that http.server has
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()

    return serve
