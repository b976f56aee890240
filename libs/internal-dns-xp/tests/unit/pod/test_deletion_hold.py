"""A deletion of most of the zone is held: which, for how long, and what becomes of it."""

import dataclasses
import logging
from collections.abc import Sequence

import pytest
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.powerdns import Response

HOLD = 40.0
SYNC = 30.0
DONE = Response(204, b"")


@dataclasses.dataclass(frozen=True)
class Compares:
    """external-dns reads the zone, then asks for a deletion."""

    at: float
    owned: int
    deletes: int = 0


@dataclasses.dataclass(frozen=True)
class Looks:
    """The sidecar looks whether the time is over."""

    at: float


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    steps: Sequence[Compares | Looks]
    made: Sequence[tuple[float, int]] = ()
    """When how many hosts are deleted."""
    held: int = 0
    says: Sequence[str] = ()


OF_A_HUNDRED = "100 of 100 hosts are to be deleted: held for 40 s, in case they come back"
ENDED = "100 hosts did not come back and are deleted"

CASES = [
    Case("five of five go at once", [Compares(0, 5, 5)], [(0, 5)]),
    Case("half of many goes at once", [Compares(0, 100, 50)], [(0, 50)]),
    Case(
        "more than half is held",
        [Compares(0, 100, 51), Looks(39)],
        held=51,
        says=["51 of 100 hosts are to be deleted: held for 40 s, in case they come back"],
    ),
    Case(
        "six of six are held",
        [Compares(0, 6, 6), Looks(39)],
        held=6,
        says=["6 of 6 hosts are to be deleted: held for 40 s, in case they come back"],
    ),
    Case(
        "after its time it is made, whether it was asked for once",
        [Compares(0, 100, 100), Looks(35), Looks(40)],
        [(40, 100)],
        says=[OF_A_HUNDRED, ENDED],
    ),
    Case(
        "or again and again",
        [Compares(0, 100, 100), *(Compares(at, 100, 100) for at in range(5, 40, 5)), Looks(40), Looks(45)],
        [(40, 100)],
        says=[OF_A_HUNDRED, ENDED],
    ),
    Case(
        "while external-dns does not compare it stays held, as nobody knows what is back",
        [Compares(0, 100, 100), Looks(41), Looks(1000)],
        held=100,
        says=[OF_A_HUNDRED, "external-dns stopped comparing: 100 hosts stay until it does again"],
    ),
    Case(
        "and is made when external-dns asks again",
        [Compares(0, 100, 100), Looks(41), Compares(60, 100, 100), Looks(60)],
        [(60, 100)],
        says=[OF_A_HUNDRED, "external-dns stopped comparing: 100 hosts stay until it does again", ENDED],
    ),
    Case(
        "or dropped when it does not",
        [Compares(0, 100, 100), Looks(41), Compares(60, 100), Looks(71)],
        says=[
            OF_A_HUNDRED,
            "external-dns stopped comparing: 100 hosts stay until it does again",
            "100 hosts came back, none is deleted",
        ],
    ),
    Case(
        "once its hosts are back it is dropped by the next comparison",
        [Compares(0, 100, 100), Compares(20, 100), Compares(50, 100), Looks(50)],
        says=[OF_A_HUNDRED, "100 hosts came back, none is deleted"],
    ),
    Case(
        "or some seconds after it",
        [Compares(0, 100, 100), Compares(20, 100), Looks(25), Looks(31), Looks(40)],
        says=[OF_A_HUNDRED, "100 hosts came back, none is deleted"],
    ),
    Case(
        "while a comparison is under way it stays held",
        [Compares(0, 100, 100), Compares(39, 100), Looks(42)],
        held=100,
        says=[OF_A_HUNDRED],
    ),
    Case(
        "what the last comparison asks for counts",
        [Compares(0, 100, 100), Compares(30, 100, 60), Looks(40)],
        [(40, 60)],
        says=[OF_A_HUNDRED, "60 hosts did not come back and are deleted"],
    ),
    Case(
        "what is left to delete goes at once when it is few",
        [Compares(0, 100, 100), Compares(20, 100, 3), Looks(45)],
        [(20, 3)],
        says=[OF_A_HUNDRED, "97 hosts came back, the others are deleted"],
    ),
    Case(
        "what goes bit by bit is held when it has come to more than half",
        [Compares(0, 100, 40), Compares(5, 60, 30), Looks(44)],
        [(0, 40)],
        held=30,
        says=["30 of 60 hosts are to be deleted: held for 40 s, in case they come back"],
    ),
    Case("bits far apart go at once", [Compares(0, 100, 40), Compares(41, 60, 30)], [(0, 40), (41, 30)]),
    Case(
        "after one was made the next few go at once",
        [Compares(0, 100, 60), Looks(40), Compares(45, 40, 5)],
        [(40, 60), (45, 5)],
        says=[
            "60 of 100 hosts are to be deleted: held for 40 s, in case they come back",
            "60 hosts did not come back and are deleted",
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_deletion(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    made: list[tuple[float, int]] = []
    deletion_hold = DeletionHold(HOLD, SYNC, clock=lambda: now)

    def delete(hosts: int) -> Response:
        made.append((now, hosts))
        return DONE

    with caplog.at_level(logging.WARNING):
        for step in case.steps:
            now = step.at
            if isinstance(step, Looks):
                deletion_hold.release()
                continue
            deletion_hold.comparison_begins()
            deletion_hold.owned_hosts = step.owned
            hosts = step.deletes
            if hosts and not deletion_hold.holds(hosts, lambda hosts=hosts: delete(hosts)):
                delete(hosts)
    assert (made, deletion_hold.held_hosts, caplog.messages) == (list(case.made), case.held, list(case.says))


def test_one_that_powerdns_refuses_stays_held_and_is_tried_again() -> None:
    now = 0.0
    responses = [Response(500, b'{"error": "database is locked"}'), DONE]
    deletion_hold = DeletionHold(HOLD, SYNC, clock=lambda: now)
    deletion_hold.comparison_begins()
    deletion_hold.owned_hosts = 10
    assert deletion_hold.holds(10, lambda: responses.pop(0))

    now = 40.0
    deletion_hold.release()
    assert deletion_hold.held_hosts == 10
    deletion_hold.release()
    assert (deletion_hold.held_hosts, responses) == (0, [])


def test_those_held_are_counted() -> None:
    now = 0.0
    deletion_hold = DeletionHold(HOLD, SYNC, clock=lambda: now)
    for at in (0.0, 100.0, 200.0):
        now = at
        deletion_hold.comparison_begins()
        deletion_hold.owned_hosts = 10
        deletion_hold.holds(10, lambda: DONE)
        now = at + 40
        deletion_hold.release()
    assert deletion_hold.started == 3
