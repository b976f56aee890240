"""What external-dns is shown and asks for, and what the sidecar makes of it."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from internal_dns.pod import canary
from internal_dns.pod.canary import Canary
from internal_dns.pod.powerdns import Response, UnreachableError

NAME = "_canary.example.org."


class Pod:
    """A canary whose PowerDNS and clock a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.write_seconds = 0.0
        self.response: Response | None = Response(204, b"")
        self.written: list[Any] = []
        self.canary = Canary(
            "example.org", "owner", stale_seconds=100, write=self._write, sees=self._sees, clock=lambda: self.now
        )

    def _write(self, record_sets: Sequence[Any]) -> Response:
        self.now += self.write_seconds
        if self.response is None:
            msg = "no response"
            raise UnreachableError(msg)
        self.written += record_sets
        return self.response

    def _sees(self, name: str, value: str, protocol: str) -> bool:
        self.now += {"udp": 0.1, "tcp": 0.2}[protocol]
        return self.written[-1]["name"] == name and self.written[-1]["records"][0]["content"] == f'"{value}"'

    def compare(self) -> None:
        assert self.canary.shown()
        self.now += 1
        self.canary.fly()


@pytest.fixture
def pod() -> Pod:
    return Pod()


def test_external_dns_is_shown_a_record_that_it_owns(pod: Pod) -> None:
    assert [(each["name"], each["type"], each["records"][0]["content"]) for each in pod.canary.shown()] == [
        (NAME, "A", "192.0.2.1"),
        ("edns-a._canary.example.org.", "TXT", '"heritage=external-dns,external-dns/owner=owner"'),
    ]


def test_a_change_keeps_what_is_not_the_canarys(pod: Pod) -> None:
    own = [{"name": NAME, "type": "A"}, {"name": f"edns-a.{NAME}", "type": "TXT"}]
    other = [{"name": "web.example.org.", "type": "A"}, {"name": "edns-a.web.example.org.", "type": "TXT"}]
    assert pod.canary.without([*other, *own]) == other
    assert pod.canary.without(other) == other


def test_only_a_change_of_the_canary_starts_a_round(pod: Pod) -> None:
    stopped = threading.Event()
    thread = threading.Thread(target=pod.canary.run, args=(stopped,))
    thread.start()
    try:
        pod.canary.shown()
        pod.canary.without([{"name": "web.example.org.", "type": "A"}])
        assert not pod.canary.rounds
        pod.canary.without([{"name": NAME, "type": "A"}])
        deadline = time.monotonic() + 60
        while not pod.canary.rounds and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        stopped.set()
        thread.join()
    assert pod.canary.rounds == 1


def test_a_round_measures_from_the_zones_reading_to_each_answer(pod: Pod) -> None:
    pod.compare()
    assert pod.canary.latencies == {"udp": pytest.approx(1.1), "tcp": pytest.approx(1.3)}
    assert (pod.canary.rounds, pod.canary.late_rounds) == (1, 0)
    assert pod.canary.is_fresh
    pod.now += 40
    assert pod.canary.age == pytest.approx(40)


def test_a_slow_round_is_late(pod: Pod) -> None:
    pod.write_seconds = canary.OBJECTIVE_SECONDS
    pod.compare()
    assert (pod.canary.rounds, pod.canary.late_rounds) == (1, 1)
    assert pod.canary.is_fresh


@pytest.mark.parametrize("response", [Response(500, b'{"error": "no"}'), None])
def test_a_round_that_fails_is_late_and_makes_nothing_fresh(pod: Pod, response: Response | None) -> None:
    pod.response = response
    pod.compare()
    assert (pod.canary.rounds, pod.canary.late_rounds) == (1, 1)
    assert not pod.canary.is_fresh


def test_what_is_stale_is_told_once_and_so_is_its_end(pod: Pod, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pod.compare()
    pod.canary.tell()
    pod.now += 101
    for _ in range(2):
        pod.canary.tell()
    assert not pod.canary.is_fresh
    pod.compare()
    pod.canary.tell()
    assert caplog.messages == [
        "no change has reached clients for 101 s: records stay as they are",
        "changes reach clients again",
    ]
