"""Stand between external-dns and PowerDNS' API.

Each call is passed on as it is, with the caller's own key, and answered in
bounded time: external-dns waits for ever for an answer
(kubernetes-sigs/external-dns#6670). A change that PowerDNS refuses for what is
in it is made as far as it can be, see `isolation`.
"""

import http.server
import json
import logging
import threading
from collections.abc import Sequence
from typing import Any

from internal_dns.pod import isolation
from internal_dns.pod.isolation import RecordSet, RefusedError
from internal_dns.pod.powerdns import UNPROCESSABLE, Answer, Api, UnreachableError
from internal_dns.pod.rejections import Rejections

_PASSED_ON = ("Content-Type", "X-API-Key")
_BAD_GATEWAY = 502
_UNAVAILABLE = 503
_NO_CONTENT = 204

_LOG = logging.getLogger("relay")


class Relay:
    """Passes calls on.

    Args:
        api: PowerDNS' API.
        is_open: Set once the zone is there; calls wait for it.
        patience_seconds: How long they wait.
        rejections: Where what could not be made of a change is remembered.
    """

    def __init__(
        self,
        api: Api,
        *,
        is_open: threading.Event,
        patience_seconds: float,
        rejections: Rejections,
    ) -> None:
        """Hold what calls need."""
        self._api = api
        self._is_open = is_open
        self._patience_seconds = patience_seconds
        self._rejections = rejections

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the answer to one call."""
        # Before the zone is there, external-dns would find nothing to do and wait a whole interval.
        if not self._is_open.wait(self._patience_seconds):
            return _error(_UNAVAILABLE, "the zone is not there yet")
        try:
            answer = self._api.call(method, path, headers, body or None)
            if method == "PATCH" and answer.status == UNPROCESSABLE:
                return self._isolated(path, headers, body)
            return answer
        except UnreachableError as error:
            return _error(_BAD_GATEWAY, str(error))

    def _isolated(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        def send(record_sets: Sequence[RecordSet]) -> Answer:
            return self._api.call("PATCH", path, headers, json.dumps({**change, "rrsets": record_sets}).encode())

        change: dict[str, Any] = json.loads(body)
        try:
            self._rejections.add(isolation.apply(isolation.grouped(change["rrsets"]), send))
        except RefusedError as refusal:
            return refusal.answer
        return Answer(_NO_CONTENT, b"")


def server(address: tuple[str, int], relay: Relay) -> http.server.ThreadingHTTPServer:
    """Return an HTTP server, listening, that passes its calls on."""

    class _Call(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            answer = relay.pass_on(self.command, self.path, headers, body)
            self.send_response(answer.status)
            if answer.status != _NO_CONTENT:
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.status != _NO_CONTENT:
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815  # The names http.server looks up.

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature.
            _LOG.debug(format, *args)

    return http.server.ThreadingHTTPServer(address, _Call)


def _error(status: int, reason: str) -> Answer:
    return Answer(status, json.dumps({"error": reason}).encode())
