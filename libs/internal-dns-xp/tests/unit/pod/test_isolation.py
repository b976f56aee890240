"""A batch of changes with bad ones in it."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from internal_dns.pod import isolation, ownership
from internal_dns.pod.isolation import Rejection
from internal_dns.pod.ownership import RecordSet
from internal_dns.pod.powerdns import RefusedError, Response


def address(host: str) -> RecordSet:
    return {"name": f"{host}.", "type": "A", "changetype": "REPLACE", "records": [{"content": "10.0.0.1"}]}


def ownership_record(host: str, type_: str = "a") -> RecordSet:
    shown = f"_wild{host[1:]}" if host.startswith("*.") else host
    content = f'"heritage=external-dns,external-dns/owner=x,external-dns/resource=ingress/default/{host}"'
    return {"name": f"edns-{type_}.{shown}.", "type": "TXT", "changetype": "REPLACE", "records": [{"content": content}]}


class PowerDns:
    """Makes a change whole or not at all, as PowerDNS does."""

    def __init__(self, bad: set[str]) -> None:
        self.bad = bad
        self.made: list[str] = []
        self.calls = 0

    def send(self, record_sets: Sequence[RecordSet]) -> Response:
        self.calls += 1
        refused = [each["name"] for each in record_sets if each["name"] in self.bad]
        if refused:
            return Response(422, json.dumps({"error": f"RRset {refused[0]} is bad"}).encode())
        self.made += [each["name"] for each in record_sets]
        return Response(204, b"")


def test_a_good_batch_is_one_change() -> None:
    server = PowerDns(set())
    groups = ownership.grouped([address("a"), ownership_record("a"), address("b"), ownership_record("b")])
    assert isolation.apply(groups, server.send) == []
    assert server.calls == 1


def test_a_bad_host_goes_with_its_ownership_record_and_nothing_else() -> None:
    server = PowerDns({"edns-a.bad."})
    record_sets = [each for host in ("a", "bad", "c") for each in (address(host), ownership_record(host))]
    rejections = isolation.apply(ownership.grouped(record_sets), server.send)
    assert rejections == [Rejection("bad.", "A", "RRset edns-a.bad. is bad", "ingress/default/bad")]
    assert sorted(server.made) == ["a.", "c.", "edns-a.a.", "edns-a.c."]


def test_the_types_of_a_host_stand_by_themselves() -> None:
    six = {"name": "a.", "type": "AAAA", "changetype": "REPLACE", "records": [{"content": "fd00::1"}]}
    groups = ownership.grouped([address("a"), six, ownership_record("a"), ownership_record("a", "aaaa")])
    assert [[each["name"] for each in group] for group in groups] == [["a.", "edns-a.a."], ["a.", "edns-aaaa.a."]]


def test_a_wildcard_is_with_its_ownership_record() -> None:
    [group] = ownership.grouped([address("*.apps"), ownership_record("*.apps")])
    assert [each["name"] for each in group] == ["*.apps.", "edns-a._wild.apps."]


def test_another_fault_than_of_the_content_stops_at_once() -> None:
    def locked(_: Sequence[RecordSet]) -> Response:
        return Response(500, b'{"error": "database is locked"}')

    with pytest.raises(RefusedError, match="database is locked"):
        isolation.apply(ownership.grouped([address("a"), address("b")]), locked)


@given(st.sets(st.integers(0, 63)), st.integers(1, 64))
def test_all_that_is_good_is_made_once_and_all_that_is_bad_is_told(bad: set[int], count: int) -> None:
    hosts = [f"h{number}" for number in range(count)]
    server = PowerDns({f"h{number}." for number in bad})
    record_sets = list(itertools.chain.from_iterable((address(host), ownership_record(host)) for host in hosts))

    rejections = isolation.apply(ownership.grouped(record_sets), server.send)

    good = [host for number, host in enumerate(hosts) if number not in bad]
    assert sorted(server.made) == sorted(name for host in good for name in (f"{host}.", f"edns-a.{host}."))
    assert {each.name for each in rejections} == {f"{host}." for host in hosts} - {f"{host}." for host in good}


def test_one_bad_host_of_a_hundred_costs_few_calls() -> None:
    server = PowerDns({"h57."})
    record_sets: list[Any] = [address(f"h{number}") for number in range(100)]
    isolation.apply(ownership.grouped(record_sets), server.send)
    assert server.calls <= 15
