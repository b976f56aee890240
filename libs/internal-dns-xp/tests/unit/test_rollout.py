"""Two replicas are rolled one at a time, whatever state they are in."""

import itertools
from typing import Any

import pytest
from internal_dns import rollout
from internal_dns.rollout import State

SERVES, STALE, UNKNOWN, DOWN = "serves", "answers, but is not fresh", "unknown", "down"
ANSWERS = {SERVES: True, STALE: True, UNKNOWN: None, DOWN: False}
NEW, OLD = True, False


def state(pod: str, is_current: bool) -> State:  # As in the table.
    return State(answers=ANSWERS[pod], is_available=pod == SERVES, is_current=is_current)


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        pytest.param((SERVES, OLD), (SERVES, OLD), (False, True), id="the first goes first"),
        pytest.param((DOWN, NEW), (SERVES, OLD), (False, True), id="the second waits for the first's new pod"),
        pytest.param((SERVES, NEW), (SERVES, OLD), (False, False), id="then it follows"),
        pytest.param((SERVES, NEW), (DOWN, NEW), (False, False), id="then it starts"),
        pytest.param((SERVES, NEW), (SERVES, NEW), (False, False), id="done"),
        pytest.param((SERVES, OLD), (DOWN, NEW), (True, False), id="the second is down already: it goes first"),
        pytest.param((SERVES, OLD), (DOWN, OLD), (True, False), id="the new template may be its repair"),
        pytest.param((DOWN, OLD), (SERVES, OLD), (False, True), id="a broken first takes its repair"),
        pytest.param((DOWN, OLD), (SERVES, NEW), (False, False), id="the first is down, the second is new already"),
        pytest.param((DOWN, OLD), (DOWN, OLD), (False, False), id="both are down: nothing to lose"),
        pytest.param((DOWN, NEW), (DOWN, OLD), (False, False), id="both are down, the first is new"),
        pytest.param((SERVES, OLD), (SERVES, NEW), (False, False), id="only the first is left"),
        pytest.param((UNKNOWN, OLD), (DOWN, NEW), (True, False), id="a first that was just paused stays so"),
        pytest.param((SERVES, NEW), (UNKNOWN, OLD), (False, False), id="the second takes its turn"),
        pytest.param((UNKNOWN, NEW), (SERVES, OLD), (False, True), id="the first was just given the template"),
        pytest.param((STALE, OLD), (STALE, OLD), (False, True), id="a repair of two that are stale"),
        pytest.param((STALE, NEW), (SERVES, OLD), (False, True), id="the second waits until the first is fresh"),
        pytest.param((STALE, OLD), (DOWN, OLD), (True, False), id="a stale one keeps answering"),
    ],
)
def test_who_waits(first: tuple[str, bool], second: tuple[str, bool], waits: tuple[bool, bool]) -> None:
    assert rollout.waits(state(*first), state(*second)) == waits


STATES = list(itertools.product(ANSWERS, (NEW, OLD)))


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("second", STATES)
def test_one_is_rolled_only_while_it_is_down_or_the_other_answers(
    first: tuple[str, bool], second: tuple[str, bool]
) -> None:
    waits = rollout.waits(state(*first), state(*second))

    for own, other, has_to_wait in ((first, second, waits[0]), (second, first, waits[1])):
        is_rolled = own[1] == OLD and not has_to_wait
        assert not is_rolled or own[0] == DOWN or ANSWERS[other[0]]
    is_known = UNKNOWN not in {first[0], second[0]}
    assert not (is_known and all(waits)), "they wait for each other for good"


def deployment(status: dict[str, int] | None = None, *, paused: bool = False) -> dict[str, Any]:
    spec: dict[str, Any] = {"replicas": 1, "template": {"spec": {}}}
    return {"spec": {**spec, "paused": True} if paused else spec, "status": status or {}}


class Seen:
    """An observed Deployment."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.manifest = manifest

    def field(self, *path: str, default: Any = None) -> Any:
        value: Any = self.manifest
        for key in path:
            value = value.get(key, {})
        return default if value == {} else value


SETTLED = {"observedGeneration": 3, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


@pytest.mark.parametrize(
    ("status", "paused", "pod"),
    [
        pytest.param(SETTLED, False, SERVES, id="settled"),
        pytest.param({**SETTLED, "observedGeneration": 2}, False, UNKNOWN, id="its controller has not seen the change"),
        pytest.param({**SETTLED, "updatedReplicas": 0}, False, UNKNOWN, id="the old pod is about to go"),
        pytest.param({**SETTLED, "replicas": 2}, False, UNKNOWN, id="the old pod still counts"),
        pytest.param({**SETTLED, "availableReplicas": 0}, False, DOWN, id="the new pod is not ready"),
        pytest.param({**SETTLED, "updatedReplicas": 0}, True, SERVES, id="paused, the old pod serves"),
        pytest.param({**SETTLED, "updatedReplicas": 0, "availableReplicas": 0}, True, DOWN, id="paused, no pod"),
        pytest.param({}, False, UNKNOWN, id="new"),
    ],
)
def test_what_serves(status: dict[str, int], paused: bool, pod: str) -> None:
    desired = deployment()
    annotations = {rollout.TEMPLATE_ANNOTATION: rollout.digest(desired)}
    observed: Any = Seen(
        {**deployment(status, paused=paused), "metadata": {"generation": 3, "annotations": annotations}}
    )

    assert rollout.state(desired, observed, answers=False) == state(pod, not paused)
    if pod == DOWN:
        assert rollout.state(desired, observed, answers=True) == state(STALE, not paused)
        assert rollout.state(desired, observed, answers=None) == state(UNKNOWN, not paused)


def test_another_template_is_not_the_current_one() -> None:
    observed: Any = Seen({**deployment(SETTLED), "metadata": {"generation": 3}})
    assert rollout.state(deployment(), observed, answers=None) == state(SERVES, OLD)
