"""The relay between external-dns and PowerDNS' API.

It passes on each call with the caller's key, and responds within a time limit, as
external-dns would wait forever (kubernetes-sigs/external-dns#6670). If PowerDNS
refuses a change because of its content, the relay makes the acceptable parts
(`isolation`). It does not pass on record sets that would take the name of a static
record, or of another host by another spelling, and deletes what a refused change
was to replace (`source_records`). A change that deletes most of the zone is held
for a while (`deletion_hold`).
"""

import dataclasses
import http.server
import json
import logging
import re
import threading
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

from internal_dns.pod import isolation, ownership
from internal_dns.pod.bounded_server import SECONDS, BoundedServer
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.isolation import Rejection
from internal_dns.pod.leaving import Leaving
from internal_dns.pod.ownership import Group, RecordSet
from internal_dns.pod.powerdns import SERVER, Api, RefusedError, Response, UnreachableError
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.source_records import SourceRecords
from internal_dns.pod.sync_gate import SyncGate

_PASSED_ON = ("Content-Type", "X-API-Key")
_LENGTH = re.compile(r"[0-9]{1,10}")
_BODY_BYTES = 64 << 20
_CONNECTION_SECONDS = 600.0

_ZONE = re.compile(rf"{SERVER}/zones/[^/?]+")

_LOG = logging.getLogger("relay")


class Relay:
    """Passes on calls.

    Args:
        api: PowerDNS' API.
        is_open: Set once the zone exists; calls wait for it.
        patience_seconds: Longest time that a call waits.
        rejections: Remembers the record sets that PowerDNS refuses.
        deletion_hold: Holds a deletion of most of the zone.
        sync_gate: Is told when a comparison begins.
        canary: Is shown to external-dns as one more host, whose deletion it asks for.
        leaving: Hides static records that are no longer declared.

    Attributes:
        static_names: Names that only static records have, in lower case and with a trailing dot.
    """

    def __init__(
        self,
        api: Api,
        *,
        is_open: threading.Event,
        patience_seconds: float,
        rejections: Rejections,
        deletion_hold: DeletionHold,
        sync_gate: SyncGate,
        canary: Canary,
        leaving: Leaving,
    ) -> None:
        """Store the arguments."""
        self._api = api
        self._is_open = is_open
        self._patience_seconds = patience_seconds
        self._rejections = rejections
        self._deletion_hold = deletion_hold
        self._records = SourceRecords()
        self._sync_gate = sync_gate
        self._canary = canary
        self._leaving = leaving
        self.static_names: frozenset[str] = frozenset()

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Return the response to one call."""
        # Without the zone, external-dns would find nothing to do and compare again a whole interval later.
        if not self._is_open.wait(self._patience_seconds):
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "the zone does not exist yet")
        try:
            if method == "PATCH":
                return self._change(path, headers, body)
            if method == "GET" and _ZONE.fullmatch(path):
                return self._compare(path, headers)
            return self._api.call(method, path, headers, body or None)
        except UnreachableError as error:
            return _error(HTTPStatus.BAD_GATEWAY, str(error))

    def _compare(self, path: str, headers: dict[str, str]) -> Response:
        """Return the zone: external-dns begins each comparison by reading it."""
        self._deletion_hold.comparison_begins()
        response = self._api.call("GET", path, headers)
        if response.is_good:
            self._sync_gate.zone_was_read()
            zone = json.loads(response.body)
            found: list[RecordSet] = [each for each in zone["rrsets"] if each["name"] != self._canary.name]
            self._records.read(found)
            self._deletion_hold.owned_hosts = len(ownership.hosts(filter(ownership.is_ownership, found)))
            zone["rrsets"] = [*self._leaving.hide(found, self.static_names), *self._canary.shown()]
            response = dataclasses.replace(response, body=json.dumps(zone).encode())
        return response

    def _change(self, path: str, headers: dict[str, str], body: bytes) -> Response:
        def send(record_sets: Sequence[RecordSet]) -> Response:
            record_sets = self._leaving.replaced(record_sets)
            response = self._api.call("PATCH", path, headers, json.dumps({"rrsets": record_sets}).encode())
            if response.is_good:
                self._leaving.made(record_sets)
            return response

        def change(groups: Sequence[Group]) -> list[Rejection]:
            refused = isolation.apply(groups, send)
            without = {each.key for each in refused}
            self._records.made(group for group in groups if ownership.key(group) not in without)
            return refused

        def make() -> Response:
            try:
                refused = change(changes)
                self._rejections.add(refused)
                # Of some groups, only a value was refused.
                kept = set(map(ownership.key, admitted)) - {each.key for each in refused}
                change(self._records.outdated({each.key for each in (*rejections, *refused)} - kept))
            except RefusedError as refusal:
                return refusal.response
            return Response(HTTPStatus.NO_CONTENT, b"")

        record_sets = _record_sets(body)
        if record_sets is None:
            return _error(HTTPStatus.BAD_REQUEST, "the body is no change of record sets")
        record_sets = self._canary.without(record_sets)
        admitted, rejections = isolation.admit(ownership.grouped(record_sets), self.static_names)
        self._rejections.add(rejections)
        changes = self._records.unlike(admitted)
        # external-dns sends deletions as a change of their own (v0.21 and v0.22, provider/pdns).
        if changes and all(map(ownership.is_deletion, changes)):
            hosts = {ownership.host(group[0]) for group in changes}
            if self._deletion_hold.holds(len(hosts), make):
                return Response(HTTPStatus.NO_CONTENT, b"")
        return make()


def _record_sets(body: bytes) -> list[RecordSet] | None:
    """Return the record sets of a change; None if the call is not a change."""
    try:
        record_sets: Any = json.loads(body).get("rrsets", [])
    except (AttributeError, RecursionError, ValueError):
        return None
    if not isinstance(record_sets, list):
        return None
    found = cast("list[Any]", record_sets)
    return found if all(map(_is_record_set, found)) else None


def _is_record_set(value: Any) -> bool:  # noqa: ANN401  # Whatever JSON holds.
    if not isinstance(value, dict):
        return False
    fields = cast("dict[str, Any]", value)
    records: Any = fields.get("records")
    records = [] if records is None else records  # A deletion's may be null.
    is_named = isinstance(fields.get("name"), str) and isinstance(fields.get("type"), str)
    return is_named and isinstance(records, list) and all(map(_is_record, cast("list[Any]", records)))


def _is_record(value: Any) -> bool:  # noqa: ANN401  # As above.
    return isinstance(value, dict) and isinstance(cast("dict[str, object]", value).get("content"), str)


def server(address: tuple[str, int], relay: Relay) -> BoundedServer:
    """Return a listening HTTP server that passes on its calls."""

    class _Call(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS

        def _pass_on(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not _LENGTH.fullmatch(length) or int(length) > _BODY_BYTES or "Transfer-Encoding" in self.headers:
                # Where its body ends is not known, and so neither where the next request begins.
                self.close_connection = True
                reason = f"the body needs a Content-Length of at most {_BODY_BYTES} bytes"
                self._respond(_error(HTTPStatus.BAD_REQUEST, reason))
                return
            body = self.rfile.read(int(length))
            headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            self._respond(relay.pass_on(self.command, self.path, headers, body))

        def _respond(self, response: Response) -> None:
            self.send_response(response.status)
            if response.status != HTTPStatus.NO_CONTENT:
                self.send_header("Content-Type", response.content_type)
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if response.status != HTTPStatus.NO_CONTENT:
                self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815  # The names http.server looks up.

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature.
            _LOG.debug(format, *args)

    # external-dns keeps a connection open; one that lasts longer is opened again.
    return BoundedServer(address, _Call, log=_LOG, seconds=_CONNECTION_SECONDS)


def _error(status: int, reason: str) -> Response:
    return Response(status, json.dumps({"error": reason}).encode())
