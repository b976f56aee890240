"""Which values a matcher takes, and what it says of others."""

from typing import Any

import pytest
from cdk8s_function.testing import Match, match
from cdk8s_function.testing.match import Matcher

POD = {
    "metadata": {"labels": {"a": "b", "app.kubernetes.io/name": "x"}},
    "spec": {"ports": [{"port": 80}, {"port": 81}]},
}


@pytest.mark.parametrize(
    ("matcher", "lines"),
    [
        (Match.partial({"spec": {"ports": [{"port": 80}, {}]}}), []),
        (
            Match.partial({"spec": {"ports": [{"port": 80}]}}),
            ['spec.ports: expected 1 items, found 2: [{"port": 80}, {"port": 81}]'],
        ),
        (Match.partial({"spec": {"ports": Match.items({"port": 81})}}), []),
        (
            Match.partial({"spec": {"ports": Match.items({"port": 81}, {"port": 80})}}),
            ['spec.ports: expected an item {"port": 80}, found [{"port": 80}, {"port": 81}]'],
        ),
        (
            Match.partial({"metadata": Match.exact({"labels": {"a": "b"}})}),
            ['metadata.labels["app.kubernetes.io/name"]: expected none, found "x"'],
        ),
        (
            Match.partial({"metadata": {"labels": {"a": Match.text("^B$")}}}),
            ["metadata.labels.a: expected text like '^B$', found \"b\""],
        ),
        (Match.partial({"status": Match.absent(), "spec": Match.any()}), []),
        (
            Match.partial({"status": Match.any(), "spec": Match.absent()}),
            [
                "status: expected any value, found absent",
                'spec: expected none, found {"ports": [{"port": 80}, {"port": 81}]}',
            ],
        ),
        (
            Match.partial({"spec": Match.not_({"ports": Match.any()})}),
            ['spec: expected anything but {"ports": "Match.any()"}, found {"ports": [{"port": 80}, {"port": 81}]}'],
        ),
        (Match.exact(POD), []),
        (
            match.of({"spec": {"ports": {"port": 80}}}),
            ['spec.ports: expected an object, found [{"port": 80}, {"port": 81}]'],
        ),
    ],
)
def test_a_mismatch_is_told_with_its_path(matcher: Matcher, lines: list[str]) -> None:
    assert list(matcher.mismatches(POD)) == lines


@pytest.mark.parametrize(("expected", "value"), [(1, True), (0, False), ("1", 1), (None, 0)])
def test_types_are_told_apart(expected: Any, value: Any) -> None:
    assert list(match.of({"a": expected}).mismatches({"a": value}))
