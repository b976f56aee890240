"""When the gate opens, and what its query returns of a database."""

import dataclasses
import json
import pathlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from internal_dns.pod.powerdns import Api, RefusedError, Response
from internal_dns.pod.sync_gate import METADATA, SyncGate, begin, query

SCHEMA = """
CREATE TABLE records (domain_id, name, type, content, ttl, prio, disabled DEFAULT 0, auth DEFAULT 1);
CREATE TABLE domainmetadata (domain_id, kind, content);
"""
RECORDS = (
    ("web", "A"),
    ("six", "AAAA"),
    ("dual", "A"),
    ("dual", "AAAA"),
    ("text", "TXT"),
    ("alias", "CNAME"),
    ("*.apps", "A"),
    ("parent", None),
)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """Columns and tables as PowerDNS' query needs them; test_sync_gate.py of the integration tests has PowerDNS."""
    made = sqlite3.connect(":memory:")
    made.executescript(SCHEMA)
    made.executemany("INSERT INTO records (domain_id, name, type, content) VALUES (1, ?, ?, 'kept')", RECORDS)
    yield made
    made.close()


def failing(database: sqlite3.Connection, name: str, *, strict: bool = True, start: str = "now") -> list[str]:
    """Return the types for which a lookup of a name fails."""
    sql = query(start, int(time.time()) + (1000 if strict else -1000))
    rows = database.execute(sql, {"qname": name, "domain_id": 1}).fetchall()
    kept = [row for row in rows if row[0] == "kept"]
    assert len(kept) == len([record for record, _ in RECORDS if record == name])
    return [row[0].partition(" ")[0] for row in rows if row not in kept and row[3] == "LUA"]


@pytest.mark.parametrize(
    ("name", "while_strict", "later"),
    [
        ("missing", [], []),
        ("*.missing", ["CNAME"], ["CNAME"]),
        ("*.apps", ["AAAA"], []),
        ("web", ["AAAA"], []),
        ("six", ["A"], []),
        ("dual", [], []),
        ("text", ["A", "AAAA"], ["A", "AAAA"]),
        ("parent", ["A", "AAAA"], ["A", "AAAA"]),
        ("alias", [], []),
    ],
)
def test_a_closed_gate_fails_what_could_be_missing(
    database: sqlite3.Connection, name: str, while_strict: list[str], later: list[str]
) -> None:
    assert failing(database, name) == while_strict
    assert failing(database, name, strict=False) == later


@pytest.mark.parametrize("name", ["*.missing", "web", "text", "parent"])
def test_only_the_number_of_this_start_opens_it(database: sqlite3.Connection, name: str) -> None:
    database.execute("INSERT INTO domainmetadata VALUES (1, ?, 'before')", (METADATA,))
    assert failing(database, name, start="now")
    database.execute("INSERT INTO domainmetadata VALUES (2, ?, 'now')", (METADATA,))
    assert failing(database, name, start="now")
    database.execute("UPDATE domainmetadata SET content = 'now' WHERE domain_id = 1")
    assert not failing(database, name, start="now")


def test_each_start_has_a_number_of_its_own(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "start"
    numbers: set[str] = set()
    for _ in range(2):
        _, setting = begin(file)
        numbers.add(start := file.read_text(encoding="utf-8"))
        assert f"content='{start}'" in setting
    assert len(numbers) == 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class PowerDns(Api):
    """Keeps the metadata of the zone."""

    host: str = ""
    port: int = 0
    key: str = ""
    timeout_seconds: float = 0
    refuses: threading.Event = dataclasses.field(default_factory=threading.Event)
    metadata: list[str] = dataclasses.field(default_factory=list[str])
    flushed: list[str] = dataclasses.field(default_factory=list[str])

    def send(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Response:
        """Respond as PowerDNS does."""
        if path.startswith("/cache"):
            self.flushed.append(path)
            return Response(200, b"{}")
        assert path == f"/zones/example.org./metadata/{METADATA}"
        if method == "PUT" and fields:
            assert fields["kind"] == METADATA
            self.metadata[:] = fields["metadata"]
        return Response(401 if self.refuses.is_set() else 200, json.dumps({"metadata": self.metadata}).encode())


class Pod:
    """A gate whose PowerDNS, clock and external-dns a test moves."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.now = 100.0
        self.finished = 0.0
        self.powerdns = PowerDns()
        self.start_file = folder / "start"
        self.start_powerdns()
        self.start_sidecar()

    def start_powerdns(self) -> None:
        begin(self.start_file)

    def start_sidecar(self) -> None:
        self.gate = SyncGate(self.powerdns, "example.org", self.start_file, lambda: self.finished, lambda: self.now)

    def is_open(self) -> bool:
        self.now += 1
        self.gate.check()
        return self.gate.is_open

    def read_zone(self) -> None:
        self.now += 1
        self.gate.zone_was_read()

    def finish(self) -> None:
        self.now += 1
        self.finished = self.now


@pytest.fixture
def pod(tmp_path: pathlib.Path) -> Pod:
    made = Pod(tmp_path)
    assert not made.is_open()
    return made


def test_a_comparison_opens_it_once_it_has_finished(pod: Pod) -> None:
    pod.read_zone()
    assert not pod.is_open()
    pod.finish()
    assert pod.is_open()
    assert pod.powerdns.flushed == ["/cache/flush?domain=example.org."]


def test_a_comparison_that_fails_leaves_it_closed_until_one_succeeds(pod: Pod) -> None:
    pod.read_zone()
    assert not pod.is_open()
    pod.read_zone()
    assert not pod.is_open()
    pod.finish()
    assert pod.is_open()


def test_a_comparison_that_found_no_zone_does_not_open_it(pod: Pod) -> None:
    pod.finish()
    assert not pod.is_open()


def test_a_comparison_of_the_zone_before_a_new_start_does_not_open_it(pod: Pod) -> None:
    pod.read_zone()
    pod.start_powerdns()
    pod.finish()
    assert not pod.is_open()
    pod.finish()
    assert not pod.is_open()
    pod.read_zone()
    pod.finish()
    assert pod.is_open()


def test_a_clock_that_is_set_back_keeps_it_closed_no_longer_than_a_comparison(pod: Pod) -> None:
    pod.finish()
    pod.read_zone()
    pod.now -= 50.0
    # external-dns says that it finished at a time that is still to come.
    assert not pod.is_open()
    pod.finish()
    assert pod.is_open()


def test_a_new_start_closes_it(pod: Pod) -> None:
    pod.read_zone()
    pod.finish()
    assert pod.is_open()
    pod.start_powerdns()
    assert not pod.is_open()
    pod.read_zone()
    pod.finish()
    assert pod.is_open()


@pytest.mark.parametrize("is_new_sidecar", [False, True])
def test_a_new_start_closes_it_even_if_it_refuses_the_key(pod: Pod, is_new_sidecar: bool) -> None:
    pod.read_zone()
    pod.finish()
    assert pod.is_open()
    if is_new_sidecar:
        pod.start_sidecar()
        assert pod.is_open()
    pod.powerdns.refuses.set()
    for _ in range(2):
        with pytest.raises(RefusedError):
            pod.is_open()
        assert pod.gate.is_open
    pod.start_powerdns()
    with pytest.raises(RefusedError):
        pod.is_open()
    assert not pod.gate.is_open


def test_a_new_sidecar_finds_it_open(pod: Pod) -> None:
    pod.read_zone()
    pod.finish()
    assert pod.is_open()
    pod.start_sidecar()
    assert pod.is_open()


def test_a_refused_call_is_told(pod: Pod) -> None:
    pod.powerdns.refuses.set()
    with pytest.raises(RefusedError, match="HTTP 401"):
        pod.is_open()
