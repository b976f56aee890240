"""Stand between external-dns and PowerDNS' API.

Each call is passed on as it is, with the caller's own key, and answered in
bounded time: external-dns waits for ever for an answer
(kubernetes-sigs/external-dns#6670). A change that PowerDNS refuses for what is
in it is made as far as it can be, see `isolation`; one that deletes most of the
zone is held for a while, see `brake`.
"""

import http.server
import json
import logging
import re
import threading
from collections.abc import Sequence
from typing import Any

from internal_dns.pod import isolation
from internal_dns.pod.brake import Brake
from internal_dns.pod.isolation import RecordSet, RefusedError
from internal_dns.pod.powerdns import SERVER, UNPROCESSABLE, Answer, Api, UnreachableError
from internal_dns.pod.rejections import Rejections

_PASSED_ON = ("Content-Type", "X-API-Key")
_BAD_GATEWAY = 502
_UNAVAILABLE = 503
_NO_CONTENT = 204

_ZONE = re.compile(rf"{SERVER}/zones/[^/?]+")

_LOG = logging.getLogger("relay")


class Relay:
    """Passes calls on.

    Args:
        api: PowerDNS' API.
        is_open: Set once the zone is there; calls wait for it.
        patience_seconds: How long they wait.
        rejections: Where what could not be made of a change is remembered.
        brake: Where a deletion of most of the zone is held.
    """

    def __init__(
        self,
        api: Api,
        *,
        is_open: threading.Event,
        patience_seconds: float,
        rejections: Rejections,
        brake: Brake,
    ) -> None:
        """Hold what calls need."""
        self._api = api
        self._is_open = is_open
        self._patience_seconds = patience_seconds
        self._rejections = rejections
        self._brake = brake

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the answer to one call."""
        # Before the zone is there, external-dns would find nothing to do and wait a whole interval.
        if not self._is_open.wait(self._patience_seconds):
            return _error(_UNAVAILABLE, "the zone is not there yet")
        try:
            if method == "PATCH":
                return self._change(path, headers, body)
            if method == "GET" and _ZONE.fullmatch(path):
                return self._compare(path, headers)
            return self._api.call(method, path, headers, body or None)
        except UnreachableError as error:
            return _error(_BAD_GATEWAY, str(error))

    def _compare(self, path: str, headers: dict[str, str]) -> Answer:
        """Return the zone: external-dns begins each comparison by reading it."""
        self._brake.compare()
        answer = self._api.call("GET", path, headers)
        if answer.is_good:
            owned = filter(isolation.is_ownership, json.loads(answer.body)["rrsets"])
            self._brake.owned_hosts = len(isolation.hosts(owned))
        return answer

    def _change(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        def send() -> Answer:
            answer = self._api.call("PATCH", path, headers, body)
            return self._isolated(path, headers, body) if answer.status == UNPROCESSABLE else answer

        record_sets: list[RecordSet] = json.loads(body).get("rrsets", [])
        # external-dns sends what it deletes by itself (v0.21 and v0.22, provider/pdns).
        if all(record_set.get("changetype") == "DELETE" for record_set in record_sets):
            hosts = isolation.hosts(record_sets)
            if self._brake.holds(len(hosts), send):
                return Answer(_NO_CONTENT, b"")
        return send()

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
