"""Workers are shared among environments by what is asked of each. The clock is a number here."""

import pytest
from cdk8s_function.pool.sharing import Sharing
from cdk8s_function.protocol.messages import IMAGE, Environment

A, B, C, D = (Environment(f"/charts/{name}", name) for name in "abcd")
START = 1.0
NOW = 1000.0


def shared(workers: int, *environments: Environment, asked: dict[Environment, float] | None = None) -> Sharing:
    """Return workers that are all warm, and take START seconds to start."""
    sharing = Sharing(workers=workers, environments=environments)
    for _ in range(40):
        for worker in range(workers):
            sharing.note_start(worker, seconds=START, now=NOW - 100)
    for environment, when in (asked or {}).items():
        sharing.ask(environment, now=when)
    return sharing


@pytest.mark.parametrize(
    ("workers", "environments", "want"),
    [
        pytest.param(2, (), [IMAGE, IMAGE], id="nothing but what is installed"),
        pytest.param(3, (IMAGE, A), [IMAGE, A, IMAGE], id="more workers than environments"),
        pytest.param(2, (IMAGE, A, B), [IMAGE, A], id="fewer workers than environments"),
    ],
)
def test_at_first_each_environment_has_a_worker_as_far_as_there_are_enough(
    workers: int, environments: tuple[Environment, ...], want: list[Environment]
) -> None:
    assert Sharing(workers=workers, environments=environments).of == want


@pytest.mark.parametrize(
    ("sharing", "worker", "free", "waiting", "want"),
    [
        pytest.param(
            shared(2, A, B),
            0,
            {1},
            {},
            A,
            id="nothing waits: it stays",
        ),
        pytest.param(
            shared(2, A, B, C, asked={A: NOW - 5, B: NOW - 9}),
            1,
            {0},
            {C: NOW},
            C,
            id="an environment without a worker gets the one that was asked longest ago",
        ),
        pytest.param(
            shared(2, A, B, C, asked={A: NOW - 5, B: NOW - 9}),
            0,
            {1},
            {C: NOW},
            A,
            id="and the other one stays",
        ),
        pytest.param(
            shared(3, A, B, C, asked={A: NOW - 1, B: NOW - 9, C: NOW}),
            0,
            set[int](),
            {D: NOW},
            A,
            id="an environment that is not there gets none",
        ),
        pytest.param(
            shared(2, A, B, C, asked={A: NOW, B: NOW}),
            0,
            set[int](),
            {C: NOW - 0.5, A: NOW},
            A,
            id="a worker with requests of its own serves them for a while",
        ),
        pytest.param(
            shared(2, A, B, C, asked={A: NOW, B: NOW}),
            0,
            set[int](),
            {C: NOW - 1.5, A: NOW},
            C,
            id="and goes then",
        ),
        pytest.param(
            shared(3, A, B, asked={A: NOW, B: NOW}),
            2,
            set[int](),
            {B: NOW - 0.5},
            A,
            id="a spare worker stays while nobody waits long",
        ),
        pytest.param(
            shared(3, A, B, asked={A: NOW, B: NOW}),
            2,
            set[int](),
            {B: NOW - 1.5},
            B,
            id="a spare worker goes where requests wait long",
        ),
        pytest.param(
            shared(2, A, B, asked={A: NOW - 200, B: NOW}),
            0,
            set[int](),
            {B: NOW - 1.5},
            A,
            id="the only worker of an environment asked in the last minutes stays",
        ),
        pytest.param(
            shared(2, A, B, asked={A: NOW - 400, B: NOW}),
            0,
            set[int](),
            {B: NOW - 1.5},
            B,
            id="that of an idle environment goes",
        ),
        pytest.param(
            shared(4, A, B, asked={A: NOW, B: NOW}),
            2,
            set[int](),
            {B: NOW - 1.5, A: NOW - 1.5},
            A,
            id="two environments that are equally short keep their halves",
        ),
    ],
)
def test_a_free_worker_goes_where_it_is_needed(
    sharing: Sharing, worker: int, free: set[int], waiting: dict[Environment, float], want: Environment
) -> None:
    before = list(sharing.of)

    assert sharing.move(worker, waiting=waiting, free=free, now=NOW) == want
    assert sharing.of == [want if number == worker else each for number, each in enumerate(before)]


def test_an_environment_gains_one_worker_in_the_time_of_a_start() -> None:
    sharing = shared(4, A, B, asked={A: NOW - 400, B: NOW})
    waiting = {B: NOW - 1.5}

    assert sharing.move(0, waiting=waiting, free=set(), now=NOW) == B
    assert sharing.move(2, waiting=waiting, free=set(), now=NOW + 0.5) == A
    assert sharing.move(2, waiting=waiting, free=set(), now=NOW + 1.5) == B


def test_an_environment_that_does_not_start_rests_and_its_worker_goes_elsewhere() -> None:
    sharing = shared(2, A, B)
    sharing.note_failure(A, now=NOW)

    assert sharing.rests(A, now=NOW)
    assert sharing.move(0, waiting={}, free=set(), now=NOW) == B
    assert not sharing.rests(A, now=NOW + 2)
    for _ in range(20):
        sharing.note_failure(A, now=NOW)
    assert sharing.rests(A, now=NOW + 59)
    assert not sharing.rests(A, now=NOW + 61)


def test_the_only_environment_is_tried_again_though_it_rests() -> None:
    sharing = shared(1)
    sharing.note_failure(IMAGE, now=NOW)

    assert sharing.move(0, waiting={}, free=set(), now=NOW) == IMAGE


def test_workers_of_an_environment_that_is_gone_move() -> None:
    sharing = shared(2, A, B, asked={A: NOW, B: NOW})

    sharing.use([B, C])

    assert not sharing.has(A)
    assert sharing.move(0, waiting={}, free=set(), now=NOW) == C
    assert sharing.move(1, waiting={}, free=set(), now=NOW) == B


def test_any_number_of_environments_is_served_in_turn_by_one_worker() -> None:
    everyone = [Environment(f"/charts/{number}", "") for number in range(100)]
    sharing = shared(1, *everyone)
    now, waiting = NOW, dict.fromkeys(everyone, NOW)
    while waiting:
        now += START
        environment = sharing.move(0, waiting=waiting, free=set(), now=now)
        sharing.note_start(0, seconds=START, now=now)
        waiting.pop(environment, None)

    assert now == NOW + 100 * START


@pytest.mark.parametrize(
    ("sharing", "environment", "want"),
    [
        pytest.param(shared(4, A), A, 4, id="the only environment has all"),
        pytest.param(shared(4, A, B, asked={A: NOW, B: NOW}), A, 2, id="an environment has its own"),
        pytest.param(shared(4, A, B, asked={A: NOW, B: NOW - 400}), A, 4, id="and those of an idle one"),
        pytest.param(shared(2, A, B, C, asked={A: NOW, B: NOW}), C, 0, id="none of those in use"),
    ],
)
def test_the_workers_within_reach_of_an_environment(sharing: Sharing, environment: Environment, want: int) -> None:
    assert sharing.within_reach(environment, now=NOW) == want
