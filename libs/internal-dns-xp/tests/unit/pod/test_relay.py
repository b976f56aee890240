"""Calls of external-dns on their way to PowerDNS, and a response to each in bounded time."""

import http.server
import json
import pathlib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from internal_dns.pod import relay
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.leaving import Leaving
from internal_dns.pod.powerdns import Api, Response
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.sync_gate import SyncGate

SECONDS = 60.0
"""Long enough for anything that is to come; nothing here waits it out."""


class PowerDns:
    """An API that refuses a batch with a bad name in it, and hangs if it is set to.

    Attributes:
        calls: Method, path, key and record names of each call.
        zone: Hosts in the zone, each with its ownership record.
        static: Other record sets in the zone.
        last: Record sets of the last call.
        accepts_deletions: Whether a bad name may be deleted.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str | None, list[str]]] = []
        self.zone: list[str] = []
        self.static: list[dict[str, Any]] = []
        self.last: list[dict[str, Any]] = []
        self.accepts_deletions = False
        self.hangs = threading.Event()
        self.freed = threading.Event()
        fake = self

        class Call(http.server.BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
                fake.last = body.get("rrsets", [])
                names = [each["name"] for each in fake.last]
                fake.calls.append((self.command, self.path, self.headers["X-API-Key"], names))
                if fake.hangs.is_set():
                    fake.freed.wait()
                is_deletion = all(each["changetype"] == "DELETE" for each in fake.last)
                is_good = is_deletion and fake.accepts_deletions
                bad = [name for name in names if name.startswith("bad") and not is_good]
                status, response = (422, {"error": f"{bad[0]} is bad"}) if bad else (200, {"rrsets": fake.rrsets()})
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(response).encode())

            do_GET = do_PATCH = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  # http.server's signature.

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Call)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def rrsets(self) -> list[dict[str, Any]]:
        return [*self.static, *(each for host in self.zone for each in owned("A", host, "10.0.0.1"))]


def owned(type_: str, host: str, *addresses: str, name: str = "", ttl: int = 60, **fields: str) -> list[dict[str, Any]]:
    """Return record sets of a host, and their ownership record, as a zone has them or as a change of it."""
    records = [{"content": address} for address in addresses]
    name = name or host
    return [
        {"name": name, "type": type_, "ttl": ttl, "records": records, **fields},
        {"name": f"edns-{type_.lower()}.{name}", "type": "TXT", "ttl": 300, "records": [{"content": '"a"'}], **fields},
    ]


@pytest.fixture
def powerdns() -> Iterator[PowerDns]:
    made = PowerDns()
    yield made
    made.freed.set()
    made.server.shutdown()
    made.server.server_close()


class Front:
    """A relay in front of it."""

    def __init__(self, powerdns: PowerDns, *, is_open: bool = True, timeout_seconds: float = SECONDS) -> None:
        self.rejections = Rejections(100)
        self.deletion_hold = DeletionHold(0, 30)
        opened = threading.Event()
        if is_open:
            opened.set()
        api = Api(host="127.0.0.1", port=powerdns.server.server_port, key="own", timeout_seconds=timeout_seconds)
        self.relay = relay.Relay(
            api,
            is_open=opened,
            patience_seconds=0.1,
            rejections=self.rejections,
            deletion_hold=self.deletion_hold,
            sync_gate=SyncGate(api, "z", pathlib.Path("start"), lambda: 0.0),
            canary=Canary(
                "z",
                "owner",
                stale_seconds=100,
                write=lambda _: Response(204, b""),
                sees=lambda _name, _value, _protocol: True,
                clock=lambda: 1.0,
            ),
            leaving=Leaving(lambda: 0.0),
        )
        self.server = relay.server(("127.0.0.1", 0), self.relay)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def call(self, method: str, body: Any = None) -> tuple[int, bytes]:
        url = f"http://127.0.0.1:{self.server.server_port}/api/v1/servers/localhost/zones/z."
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(url, method=method, data=data, headers={"X-API-Key": "key"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def front(powerdns: PowerDns) -> Iterator[Front]:
    made = Front(powerdns)
    yield made
    made.close()


def test_a_call_is_passed_on_with_the_callers_key(powerdns: PowerDns, front: Front) -> None:
    status, body = front.call("GET")
    assert (status, [each["name"] for each in json.loads(body)["rrsets"]]) == (200, ["_canary.z.", "edns-a._canary.z."])
    assert powerdns.calls == [("GET", "/api/v1/servers/localhost/zones/z.", "key", [])]


def test_the_sidecars_own_calls_have_the_sidecars_key(powerdns: PowerDns) -> None:
    api = Api(host="127.0.0.1", port=powerdns.server.server_port, key="own", timeout_seconds=SECONDS)
    assert api.send("GET", "/zones/z.").is_good
    assert powerdns.calls == [("GET", "/api/v1/servers/localhost/zones/z.", "own", [])]


def raw(front: Front, request: bytes) -> bytes:
    """Return the response to a request that no client of a library would send."""
    with socket.create_connection(("127.0.0.1", front.server.server_port), timeout=SECONDS) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.mark.parametrize("length", [b"-1", b"many", b"+5", b"99999999999", b"67108865", b""])
def test_an_invalid_length_is_a_bad_request(powerdns: PowerDns, front: Front, length: bytes) -> None:
    response = raw(front, b"PATCH /api HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n")

    assert response.startswith(b"HTTP/1.1 400 ")
    assert response.endswith(b'{"error": "the body needs a Content-Length of at most 67108864 bytes"}')
    assert front.call("GET")[0] == 200
    assert changed(powerdns) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"a"',
        b'{"rrsets": {}}',
        b'{"rrsets": [1]}',
        b'{"rrsets": [{"changetype": "DELETE"}]}',
        b'{"rrsets": [{"name": 1, "type": "A"}]}',
        b'{"rrsets": [{"name": "a.", "type": "A", "records": {}}]}',
        b'{"rrsets": [{"name": "a.", "type": "A", "records": [1]}]}',
        b'{"rrsets": [{"name": "a.", "type": "A", "records": [{"content": 1}]}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_body_that_is_not_a_change_is_a_bad_request(
    powerdns: PowerDns, front: Front, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    response = raw(front, b"PATCH /api HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    assert response.startswith(b"HTTP/1.1 400 ")
    assert response.endswith(b'{"error": "the body is no change of record sets"}')
    assert changed(powerdns) == []
    assert "Traceback" not in capsys.readouterr().err


def test_a_change_with_a_bad_name_is_made_without_it(powerdns: PowerDns, front: Front) -> None:
    assert front.call("PATCH", creation("a.", "bad.", "c."))[0] == 204
    made = [name for *_, tried in powerdns.calls if "bad." not in tried for name in tried]
    assert sorted(made) == ["a.", "c.", "edns-a.a.", "edns-a.c."]
    assert front.rejections.count() == 1


ESCAPED = [
    r"vi\ctim.z.",
    r"\118ault.z.",
    r"n\s1.z.",
    "v\uff49ctim.z.",
    "VAULT.z.",
    "a.*.z.",
    "a b.z.",
    "a/b.z.",
    "**.z.",
    "xn--victim-.z.",
]


@pytest.mark.parametrize("name", ESCAPED)
def test_a_name_that_may_be_another_spelling_of_a_host_is_refused_and_the_rest_made(
    powerdns: PowerDns, front: Front, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    owner = {"content": '"heritage=external-dns,external-dns/resource=ingress/team-b/web"'}
    taken = [
        {"name": name, "type": "A", "changetype": "REPLACE", "records": [{"content": "10.66.66.66"}]},
        {"name": f"edns-a.{name}", "type": "TXT", "changetype": "REPLACE", "records": [owner]},
    ]

    assert front.call("PATCH", {"rrsets": [*taken, *creation("a.")["rrsets"]]})[0] == 204
    assert front.call("PATCH", {"rrsets": taken})[0] == 204

    assert changed(powerdns) == [["a.", "edns-a.a."]]
    assert front.rejections.count() == 1
    reason = (
        "a label begins with xn-- only if it has letters that need it"
        if "xn--" in name
        else "a name has lower-case letters, digits, '-' and '_', and '*' as its first label"
    )
    assert caplog.messages == [f"no A record {name.lower()} of ingress/team-b/web: {reason}"]


@pytest.mark.parametrize("name", [r"vi\ctim.z.", "static.z.", "STATIC.z."])
def test_a_deletion_by_another_spelling_or_of_a_static_name_is_not_made(
    powerdns: PowerDns, front: Front, name: str
) -> None:
    front.relay.static_names = frozenset({"static.z."})

    assert front.call("PATCH", deletion(name))[0] == 204
    assert (changed(powerdns), front.rejections.count()) == ([], 0)


@pytest.mark.parametrize("type_", ["A", "AAAA", "CNAME"])
def test_a_static_name_is_its_own_for_each_type(
    powerdns: PowerDns, front: Front, type_: str, caplog: pytest.LogCaptureFixture
) -> None:
    front.relay.static_names = frozenset({"static.z."})
    taken = [
        {"name": "static.z.", "type": type_, "changetype": "REPLACE"},
        {"name": f"edns-{type_.lower()}.static.z.", "type": "TXT", "changetype": "REPLACE"},
    ]

    assert front.call("PATCH", {"rrsets": [*taken, *creation("a.")["rrsets"]]})[0] == 204

    assert changed(powerdns) == [["a.", "edns-a.a."]]
    assert caplog.messages == [f"no {type_} record static.z.: a static record has this name"]


def change_of(changetype: str, *hosts: str, type_: str = "A", owner: str = "a") -> dict[str, Any]:
    keys = [key for host in hosts for key in ((host, type_), (f"edns-{owner}.{host}", "TXT"))]
    return {"rrsets": [{"name": name, "type": kind, "changetype": changetype} for name, kind in keys]}


def creation(*hosts: str, type_: str = "A", owner: str = "a") -> dict[str, Any]:
    return change_of("REPLACE", *hosts, type_=type_, owner=owner)


def deletion(*hosts: str) -> dict[str, Any]:
    return change_of("DELETE", *hosts)


@pytest.mark.parametrize(
    ("type_", "owner", "says"),
    [
        (
            "A",
            "cname",
            [
                "no A record web.z.: it has no ownership record of its type, without which it would never change",
                "no CNAME record web.z.: only A and AAAA records are made",
            ],
        ),
        ("PTR", "ptr", ["no PTR record web.z.: only A and AAAA records are made"]),
    ],
)
def test_what_external_dns_would_not_own_is_not_made(
    powerdns: PowerDns, front: Front, type_: str, owner: str, says: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    taken = creation("web.z.", type_=type_, owner=owner)["rrsets"]

    assert front.call("PATCH", {"rrsets": [*taken, *creation("a.")["rrsets"]]})[0] == 204

    assert changed(powerdns) == [["a.", "edns-a.a."]]
    assert caplog.messages == says
    assert front.call("PATCH", change_of("DELETE", "web.z.", type_=type_, owner=owner))[0] == 204
    assert changed(powerdns)[1:] == [["web.z.", f"edns-{owner}.web.z."]]


def changed(powerdns: PowerDns) -> list[list[str]]:
    return [names for method, *_, names in powerdns.calls if method == "PATCH"]


def test_a_deletion_of_most_of_the_zone_is_made_when_the_hold_releases_it(powerdns: PowerDns, front: Front) -> None:
    powerdns.zone = [f"h{number}." for number in range(10)]
    front.call("GET")
    assert front.call("PATCH", deletion(*powerdns.zone[:6]))[0] == 204
    assert (changed(powerdns), front.deletion_hold.held_hosts) == ([], 6)

    front.deletion_hold.release()
    [names] = changed(powerdns)
    assert names == [name for host in powerdns.zone[:6] for name in (host, f"edns-a.{host}")]
    assert powerdns.calls[-1][2] == "key"
    assert front.deletion_hold.held_hosts == 0


def test_a_deletion_of_some_of_the_zone_is_made_at_once(powerdns: PowerDns, front: Front) -> None:
    powerdns.zone = [f"h{number}." for number in range(10)]
    front.call("GET")
    front.call("PATCH", deletion(*powerdns.zone[:5]))
    assert len(changed(powerdns)) == 1


def test_a_change_of_all_of_the_zone_is_made_at_once(powerdns: PowerDns, front: Front) -> None:
    powerdns.zone = [f"h{number}." for number in range(10)]
    front.call("GET")
    front.call("PATCH", creation(*powerdns.zone))
    assert len(changed(powerdns)) == 1


def replacing(type_: str, host: str, *addresses: str, ttl: int = 60) -> dict[str, Any]:
    return {"rrsets": owned(type_, host, *addresses, ttl=ttl, changetype="REPLACE")}


@pytest.mark.parametrize(
    ("change", "is_made"),
    [
        (replacing("A", "h.", "10.0.0.1"), False),
        (replacing("A", "h.", "10.0.0.1", "10.0.0.1"), False),
        (replacing("A", "h.", "10.0.0.1", ttl=61), True),
        (replacing("A", "h.", "10.0.0.2"), True),
        (replacing("A", "h.", "10.0.0.1", "10.0.0.2"), True),
        (replacing("AAAA", "h.", "fd00::1"), True),
        (replacing("A", "other.", "10.0.0.1"), True),
        (deletion("h."), True),
    ],
)
def test_a_change_that_changes_nothing_is_not_made(
    powerdns: PowerDns, front: Front, change: dict[str, Any], *, is_made: bool
) -> None:
    powerdns.zone = ["h."]
    front.call("GET")
    assert front.call("PATCH", change)[0] == 204
    assert len(changed(powerdns)) == int(is_made)
    # Made once, it is what the zone has.
    front.call("PATCH", change)
    assert len(changed(powerdns)) == int(is_made) + (change == deletion("h."))


@pytest.mark.parametrize(
    ("type_", "values", "sent", "says"),
    [
        ("AAAA", ["fd00::2", "fd00:0::2", "FD00::2"], ["fd00::2"], []),
        (
            "AAAA",
            ["fe80::1%eth0", "fd00::2"],
            ["fd00::2"],
            ["no AAAA record web.z.: 'fe80::1%eth0' is not an IPv6 address"],
        ),
        ("A", ["10.0.0.2", "fd00::1"], ["10.0.0.2"], ["no A record web.z.: 'fd00::1' is not an IPv4 address"]),
    ],
)
def test_the_addresses_of_a_record_are_each_sent_once(
    powerdns: PowerDns,
    front: Front,
    type_: str,
    values: list[str],
    sent: list[str],
    says: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert front.call("PATCH", replacing(type_, "web.z.", *values))[0] == 204
    assert [record["content"] for record in powerdns.last[0]["records"]] == sent
    assert caplog.messages == says


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(replacing("A", "v\uff49ctim.z.", "10.6.6.6"), id="another spelling"),
        pytest.param(replacing("A", "VICTIM.z.", "10.6.6.6"), id="upper case"),
        pytest.param(replacing("A", "xn--victim-.z.", "10.6.6.6"), id="plain letters in Punycode"),
        pytest.param(replacing("A", "victim.z.", "fe80::1%eth0"), id="no address"),
        pytest.param(creation("victim.z.", owner="cname"), id="alias"),
    ],
)
def test_what_a_refused_change_was_to_replace_is_deleted(
    powerdns: PowerDns, front: Front, refused: dict[str, Any]
) -> None:
    powerdns.zone = ["victim.z.", "other.z."]
    front.call("GET")
    assert front.call("PATCH", refused)[0] == 204
    assert changed(powerdns) == [["edns-a.victim.z.", "victim.z."]]
    # The next comparison does not find it.
    powerdns.zone = ["other.z."]
    front.call("GET")
    assert front.call("PATCH", refused)[0] == 204
    assert len(changed(powerdns)) == 1


@pytest.mark.parametrize("name", ["a\u2024b.z.", "\u2488b.z.", "a\u1806b.z.", "xn--xn--a-b--.z."])
def test_what_only_resembles_a_host_deletes_no_record_of_it(powerdns: PowerDns, front: Front, name: str) -> None:
    """external-dns takes each for a host of its own; Python's mapping makes a.b, 1.b, ab or a-b of it."""
    powerdns.zone = ["a.b.z.", "1.b.z.", "ab.z.", "a-b.z."]
    front.call("GET")
    assert front.call("PATCH", replacing("A", name, "10.6.6.6"))[0] == 204
    assert changed(powerdns) == []


def test_an_ownership_record_without_its_record_is_not_made(
    powerdns: PowerDns, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """external-dns writes the host `\u0130ctim`, and its ownership record as that of `ictim`."""
    record, ownership_record = owned("A", "ictim.z.", "10.6.6.6", changetype="REPLACE")
    assert front.call("PATCH", {"rrsets": [{**record, "name": "\u0130ctim.z."}, ownership_record]})[0] == 204
    assert changed(powerdns) == []
    assert "no A record ictim.z.: it is an ownership record alone" in caplog.messages


def test_a_wildcard_and_the_host_with_the_same_ownership_record_are_told_apart(
    powerdns: PowerDns, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    wildcard, ownership_record = owned("A", "*.apps.z.", "10.0.0.1", changetype="REPLACE")
    ownership_record["name"] = "edns-a._wild.apps.z."
    other = owned("A", "_wild.apps.z.", "10.6.6.6", changetype="REPLACE")
    assert front.call("PATCH", {"rrsets": [other[0], wildcard, other[1], ownership_record]})[0] == 204
    assert changed(powerdns) == [["*.apps.z.", "edns-a._wild.apps.z."]]
    reason = "a first label _wild stands for * in names of ownership records"
    assert caplog.messages == [f"no A record _wild.apps.z.: {reason}"]


def test_what_powerdns_refuses_to_replace_is_deleted(powerdns: PowerDns, front: Front) -> None:
    powerdns.zone = ["bad.z."]
    front.call("GET")
    powerdns.accepts_deletions = True
    assert front.call("PATCH", replacing("A", "bad.z.", "10.0.0.2"))[0] == 204
    assert changed(powerdns) == [["bad.z.", "edns-a.bad.z."], ["bad.z.", "edns-a.bad.z."]]


def test_a_static_record_is_not_deleted_for_a_refused_change(powerdns: PowerDns, front: Front) -> None:
    front.relay.static_names = frozenset({"static.z."})
    powerdns.static = [{"name": "static.z.", "type": "A", "ttl": 60, "records": [{"content": "10.0.0.1"}]}]
    front.call("GET")
    assert front.call("PATCH", replacing("A", "static.z.", "10.6.6.6"))[0] == 204
    assert front.call("PATCH", replacing("A", "STATIC.z.", "10.6.6.6"))[0] == 204
    assert changed(powerdns) == []


def test_a_powerdns_that_hangs_is_answered_for(powerdns: PowerDns) -> None:
    front = Front(powerdns, timeout_seconds=0.1)
    powerdns.hangs.set()
    try:
        status, body = front.call("GET")
        assert (status, b"does not respond" in body) == (502, True)
    finally:
        front.close()


def test_before_the_zone_is_there_a_call_waits_and_is_then_put_off(powerdns: PowerDns) -> None:
    front = Front(powerdns, is_open=False)
    try:
        assert front.call("GET")[0] == 503
        assert powerdns.calls == []
    finally:
        front.close()
