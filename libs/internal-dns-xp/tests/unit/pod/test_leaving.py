"""Static records that are no longer declared, between two comparisons of external-dns."""

from typing import Any

import pytest
from internal_dns.pod import zone
from internal_dns.pod.leaving import Leaving
from internal_dns.pod.ownership import RecordSet

MARK = [{"account": zone.ACCOUNT, "content": "0"}]


def static(name: str, type_: str) -> RecordSet:
    return {"name": name, "type": type_, "comments": MARK}


def replace(name: str, type_: str, **fields: Any) -> RecordSet:
    return {"name": name, "type": type_, "changetype": "REPLACE", **fields}


class Times:
    """When external-dns last finished a comparison, and the time."""

    def __init__(self) -> None:
        self.finished = self.now = 100.0
        self.leaving = Leaving(lambda: self.finished, lambda: self.now)


ZONE: list[RecordSet] = [
    static("z.", "NS"),
    {"name": "z.", "type": "SOA", "comments": []},
    static("kept.z.", "A"),
    static("web.z.", "A"),
    static("web.z.", "TXT"),
    {"name": "of-a-source.z.", "type": "A", "comments": []},
]
LEFT = {("web.z.", "A"), ("web.z.", "TXT")}


@pytest.fixture
def times() -> Times:
    made = Times()
    shown = made.leaving.hide(ZONE, {"kept.z."})
    assert [each for each in ZONE if each not in shown] == [each for each in ZONE if each["name"] == "web.z."]
    return made


def test_they_may_go_when_a_comparison_has_ended_that_began_without_them(times: Times) -> None:
    times.finished = 99.0
    assert times.leaving.compared() == set()
    times.now = 130.0
    times.leaving.hide(ZONE, {"kept.z."})
    times.finished = 101.0
    assert times.leaving.compared() == LEFT


def test_a_clock_that_is_set_back_keeps_them_no_longer_than_a_comparison(times: Times) -> None:
    times.now -= 50.0
    # external-dns says that it finished at a time that is still to come.
    assert times.leaving.compared() == set()
    times.now += 30.0
    times.finished = times.now
    assert times.leaving.compared() == LEFT


def test_one_that_is_declared_again_stays(times: Times) -> None:
    times.leaving.hide(ZONE, {"kept.z.", "web.z."})
    assert times.leaving.compared() == set()


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        (
            [replace("web.z.", "A"), replace("edns-a.web.z.", "TXT")],
            [
                {"name": "web.z.", "type": "TXT", "changetype": "DELETE"},
                replace("web.z.", "A", comments=[]),
                replace("edns-a.web.z.", "TXT"),
            ],
        ),
        (
            [replace("web.z.", "AAAA")],
            [
                {"name": "web.z.", "type": "A", "changetype": "DELETE"},
                {"name": "web.z.", "type": "TXT", "changetype": "DELETE"},
                replace("web.z.", "AAAA"),
            ],
        ),
        ([replace("other.z.", "A")], [replace("other.z.", "A")]),
        (
            [{"name": "web.z.", "type": "AAAA", "changetype": "DELETE"}],
            [{"name": "web.z.", "type": "AAAA", "changetype": "DELETE"}],
        ),
    ],
    ids=["the same type", "another type", "another host", "a deletion"],
)
def test_the_change_that_makes_a_record_of_the_host_deletes_them(
    times: Times, changes: list[RecordSet], sent: list[RecordSet]
) -> None:
    assert times.leaving.replaced(changes) == sent


def test_what_a_change_has_made_is_not_deleted_by_the_next(times: Times) -> None:
    times.leaving.made(times.leaving.replaced([replace("web.z.", "A")]))
    assert times.leaving.replaced([replace("web.z.", "AAAA")]) == [replace("web.z.", "AAAA")]
