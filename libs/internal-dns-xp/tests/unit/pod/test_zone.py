"""What changes a zone needs so that its static records are those declared."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from internal_dns.pod import zone
from internal_dns.pod.ownership import RecordSet
from internal_dns.pod.powerdns import Api, Response


def declared(name: str, type_: str, *values: str, ttl: int = 60) -> RecordSet:
    return {"name": f"{name}.", "type": type_, "ttl": ttl, "records": [{"content": value} for value in values]}


def dynamic(name: str, type_: str, *values: str) -> RecordSet:
    return {**declared(name, type_, *values), "comments": []}


OWNED = '"heritage=external-dns,external-dns/owner=us,external-dns/resource=ingress/default/web"'


def owned(name: str, *types: str) -> list[RecordSet]:
    return [
        each
        for type_ in types
        for each in (dynamic(name, type_, "10.0.0.9"), dynamic(f"edns-{type_.lower()}.{name}", "TXT", OWNED))
    ]


def put(found: list[RecordSet], wanted: list[RecordSet], *may_go: tuple[str, str]) -> list[RecordSet]:
    """Return the zone after its changes, as PowerDNS has it then."""
    there = {(each["name"], each["type"]): each for each in found}
    for group in zone.changes(found, wanted, "us", may_go):
        for change in group:
            key = change["name"], change["type"]
            if change["changetype"] == "DELETE":
                del there[key]
            else:
                beside = {other for name, other in there if name == key[0]} - {key[1]}
                assert not beside or "CNAME" not in beside | {key[1]}
                there[key] = {field: value for field, value in change.items() if field != "changetype"}
    return list(there.values())


def keys(found: list[RecordSet]) -> set[tuple[Any, Any]]:
    return {(each["name"], each["type"]) for each in found}


def test_what_is_declared_is_made_and_then_left_alone() -> None:
    wanted = [declared("a", "A", "10.0.0.1")]
    after = put([], wanted)
    assert keys(after) == {("a.", "A")}
    assert list(zone.changes(after, wanted, "us", ())) == []


def test_another_value_or_ttl_is_written() -> None:
    after = put([], [declared("a", "A", "10.0.0.1")])
    assert len(list(zone.changes(after, [declared("a", "A", "10.0.0.2")], "us", ()))) == 1
    assert len(list(zone.changes(after, [declared("a", "A", "10.0.0.1", ttl=61)], "us", ()))) == 1


def test_what_is_no_longer_declared_goes_and_what_was_never_stays() -> None:
    after = put(owned("web", "A"), [declared("a", "A", "10.0.0.1")])
    assert keys(put(after, [], ("a.", "A"))) == {("web.", "A"), ("edns-a.web.", "TXT")}
    # Until external-dns has compared the zone without it, it stays.
    assert put(after, []) == after


def test_a_static_record_takes_a_name_over_from_external_dns() -> None:
    found = [dynamic("web", "A", "10.0.0.9"), dynamic("edns-a.web", "TXT", OWNED)]
    after = put(found, [declared("web", "A", "10.0.0.1")])
    assert keys(after) == {("web.", "A")}
    assert after[0]["records"] == [{"content": "10.0.0.1"}]


def test_a_static_record_has_its_whole_name() -> None:
    found = [
        dynamic("z", "SOA", "a. b. 1 2 3 4 5"),
        dynamic("z", "NS", "ns1."),
        dynamic("z", "AAAA", "fd00::9"),
        dynamic("edns-aaaa.z", "TXT", OWNED),
        dynamic("web", "AAAA", "fd00::9"),
        dynamic("edns-aaaa.web", "TXT", OWNED),
        dynamic("edns-cname.web", "TXT", OWNED),
        *owned("other", "A"),
    ]
    wanted = [declared("web", "A", "10.0.0.1"), declared("web", "TXT", '"a"'), declared("z", "A", "10.0.0.2")]
    after = put(found, wanted)
    assert keys(after) == {
        ("z.", "SOA"),
        ("z.", "NS"),
        ("z.", "A"),
        ("web.", "A"),
        ("web.", "TXT"),
        ("other.", "A"),
        ("edns-a.other.", "TXT"),
    }
    assert list(zone.changes(after, wanted, "us", ())) == []


@pytest.mark.parametrize(
    "changed",
    [{"ttl": 86400}, {"records": [{"content": "10.66.66.66"}]}, {"records": []}, {"comments": []}],
    ids=["ttl", "values", "none", "comment"],
)
def test_a_static_record_that_another_changed_is_written_again(changed: dict[str, Any]) -> None:
    wanted = [declared("a", "A", "10.0.0.1")]
    [made] = put([], wanted)
    after = put([{**made, **changed}], wanted)
    assert after == [made]


@pytest.mark.parametrize(
    ("type_", "values", "shown"),
    [
        ("A", ["10.0.0.2", "10.0.0.1"], ["10.0.0.1", "10.0.0.2"]),
        ("AAAA", ["::ffff:a00:1"], ["::ffff:10.0.0.1"]),
        ("TXT", ['"b"', '"a"'], ['"a"', '"b"']),
    ],
)
def test_values_that_powerdns_shows_in_its_own_form_are_not_written_again(
    type_: str, values: list[str], shown: list[str]
) -> None:
    wanted = [declared("a", type_, *values)]
    [made] = put([], wanted)
    assert list(zone.changes([{**made, "records": [{"content": value} for value in shown]}], wanted, "us", ())) == []


def test_a_static_cname_clears_its_name() -> None:
    found = [
        dynamic("web", "A", "10.0.0.9"),
        dynamic("web", "AAAA", "fd00::9"),
        dynamic("edns-a.web", "TXT", OWNED),
        *owned("other", "A"),
    ]
    after = put(found, [declared("web", "CNAME", "x.")])
    assert keys(after) == {("web.", "CNAME"), ("other.", "A"), ("edns-a.other.", "TXT")}


def test_a_static_address_replaces_a_static_cname() -> None:
    before = put([], [declared("web", "CNAME", "x.")])
    assert keys(put(before, [declared("web", "A", "10.0.0.1")])) == {("web.", "A")}


@pytest.mark.parametrize(
    ("found", "stays"),
    [
        pytest.param(owned("web", "A", "AAAA"), 4, id="owned"),
        pytest.param([*owned("*.apps", "A")[:1], dynamic("edns-a._wild.apps", "TXT", OWNED)], 2, id="a wildcard"),
        pytest.param([dynamic("web", "A", "10.0.0.9")], 0, id="a record that nothing owns"),
        pytest.param([dynamic("edns-a.web", "TXT", OWNED)], 0, id="an ownership record of nothing"),
        pytest.param(
            [dynamic("web", "A", "10.0.0.9"), dynamic("edns-cname.web", "TXT", OWNED)], 0, id="of another type"
        ),
        pytest.param(
            [dynamic("web", "A", "10.0.0.9"), dynamic("edns-a.web", "TXT", OWNED.replace("us", "usa"))],
            0,
            id="of another owner",
        ),
        pytest.param([dynamic("z", "SOA", "a. b. 1 2 3 4 5"), dynamic("z", "NS", "ns1.")], 2, id="the zone's own"),
    ],
)
def test_what_external_dns_would_never_delete_goes(found: list[RecordSet], stays: int) -> None:
    after = put(found, [])
    assert len(after) == stays
    assert put(after, []) == after


class PowerDns:
    """An API with one zone, which counts how often the whole zone is read.

    Attributes:
        zones: Record sets by zone.
        serial: Serial number of each zone.
        reads: How often a whole zone was read.
    """

    def __init__(self, *zones: str) -> None:
        self.zones: dict[str, list[RecordSet]] = {name: [] for name in zones}
        self.serial = 1
        self.reads = 0

    def send(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Response:
        name, _, query = path.removeprefix("/zones").removeprefix("/").partition("?")
        if method == "POST":
            assert fields
            self.zones[str(fields["name"])] = []
            return self._shown(str(fields["name"]))
        if not name:
            return Response(200, json.dumps([{"name": each} for each in self.zones]).encode())
        if name not in self.zones:
            return Response(404, b"")
        if method == "DELETE":
            del self.zones[name]
            return Response(204, b"")
        if method == "PATCH":
            assert fields
            self.serial += 1
            changed = {(each["name"], each["type"]) for each in fields["rrsets"]}
            kept = [each for each in self.zones[name] if (each["name"], each["type"]) not in changed]
            self.zones[name] = [*kept, *(each for each in fields["rrsets"] if each["changetype"] == "REPLACE")]
            return Response(204, b"")
        self.reads += not query
        return self._shown(name)

    def _shown(self, name: str) -> Response:
        return Response(200, json.dumps({"edited_serial": self.serial, "rrsets": self.zones[name]}).encode())


def test_a_zone_is_read_again_when_its_serial_changes_or_its_records_or_after_a_minute() -> None:
    powerdns, now = PowerDns(), 0.0
    kept = zone.Zone(cast("Api", powerdns), "z", "us", set, clock=lambda: now)
    wanted = [declared("a.z", "A", "10.0.0.1")]

    def reads() -> int:
        before = powerdns.reads
        found, rejections = kept.ensure(wanted)
        assert not rejections
        assert len(found) == len(powerdns.zones["z."]) or powerdns.reads == before
        return powerdns.reads - before

    # It is made, with its record; then read once more, and not again.
    assert [reads() for _ in range(4)] == [0, 1, 0, 0]
    powerdns.serial += 1
    assert [reads() for _ in range(2)] == [1, 0]
    wanted = [declared("a.z", "A", "10.0.0.2")]
    assert [reads() for _ in range(3)] == [1, 1, 0]
    now += zone.REREAD_SECONDS
    assert [reads() for _ in range(2)] == [1, 0]
    # A database that is made again has no zone.
    powerdns.zones.clear()
    assert [reads() for _ in range(3)] == [0, 1, 0]
    assert len(powerdns.zones["z."]) == 1


def test_the_canary_stays_and_a_static_record_of_its_label_elsewhere_goes() -> None:
    powerdns = PowerDns("z.")
    kept = zone.Zone(cast("Api", powerdns), "z", "us", lambda: {("_canary.sub.z.", "A")}, clock=lambda: 0.0)
    kept.ensure([declared("_canary.sub.z", "A", "10.0.0.1")])
    powerdns.zones["z."].append(dynamic("_canary.z", "TXT", '"1.000"'))
    for _ in range(2):
        kept.ensure([])
    assert keys(powerdns.zones["z."]) == {("_canary.z.", "TXT")}
    # With nothing left to go, the zone is not read again.
    before = powerdns.reads
    kept.ensure([])
    assert powerdns.reads == before


def test_zones_of_other_domains_are_deleted() -> None:
    powerdns = PowerDns("old.", "z.", "below.z.")
    zone.Zone(cast("Api", powerdns), "z", "us", set).ensure([])
    assert list(powerdns.zones) == ["z."]
