"""The paths that tell where two values differ."""

from typing import Any

import pytest
from cdk8s_function import differences


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        pytest.param({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, "", id="none"),
        pytest.param({"b": 1, "a": 2}, {"a": 2, "b": 1}, "", id="the order of keys"),
        pytest.param({"a": 1}, {"a": 1.0}, "", id="a number, written in another way"),
        pytest.param({"a": {"b": "x"}}, {"a": {"b": "y"}}, "a.b", id="a text"),
        pytest.param({"a": 1}, {"a": True}, "a", id="a bool and a number"),
        pytest.param({"a": 1}, {"a": "1"}, "a", id="a text and a number"),
        pytest.param({"a": {}}, {"a": []}, "a", id="a mapping and a list"),
        pytest.param({"a": None}, {}, "a", id="null and nothing"),
        pytest.param({"b": 1, "a": {"x": 1}}, {"b": 2, "a": {}}, "a.x", id="the first of several"),
        pytest.param({"a": {"z": 1}, "b": 0}, {"a": {"z": 2}}, "a.z", id="the first, before a key that is missing"),
        pytest.param([[1, 2], [3]], [[1, 2], [4]], "[1][0]", id="in lists"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, "a[1]", id="a shorter list"),
        pytest.param({"a": [1]}, {"a": [1, None]}, "a[1]", id="a longer list"),
        pytest.param({"a/b": {"c d": 1}}, {"a/b": {"c d": 2}}, '["a/b"]["c d"]', id="keys that are quoted"),
        pytest.param({"my-app": {"8080": 1}}, {"my-app": {"8080": 2}}, "my-app.8080", id="keys that are not"),
        pytest.param("x", "y", ".", id="the whole"),
    ],
)
def test_the_path_of_the_first_difference(one: Any, other: Any, path: str) -> None:
    assert differences.first(one, other) == path
    assert differences.first(other, one) == path


def test_all_differences_in_order_below_a_path() -> None:
    one = {"b": [1, 2], "a": {"c d": 0}, "same": {"x": [None]}}
    other = {"b": [1], "a": {"c d": 1}, "same": {"x": [None]}, "new": {}}

    assert list(differences.between(one, other, "spec")) == [
        ('spec.a["c d"]', 0, 1),
        ("spec.b[1]", 2, differences.ABSENT),
        ("spec.new", differences.ABSENT, {}),
    ]


def test_values_that_nest_as_deep_as_memory_allows() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(100_000):
        one, other = [one], [other]

    assert differences.first(one, other) == "[0]" * 100_000
