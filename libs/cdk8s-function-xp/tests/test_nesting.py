"""A value that nests too deep is found, with the way to it."""

from typing import Any

import pytest
from cdk8s_function import nesting


def nested(levels: int) -> dict[str, Any]:
    value: Any = "leaf"
    for level in range(levels, 1, -1):
        value = [value] if level % 2 == 0 else {"a": value}
    return {"a": value}


@pytest.mark.parametrize("levels", [1, 2, nesting.LEVELS])
def test_what_nests_no_deeper_is_fine(levels: int) -> None:
    assert nesting.first_too_deep(nested(levels)) is None


@pytest.mark.parametrize("levels", [nesting.LEVELS + 1, 20_000])
def test_the_path_of_a_value_that_nests_too_deep_is_reported(levels: int) -> None:
    value = {"shallow": {"b": 1}, "deep": nested(levels - 1)}

    steps = nesting.first_too_deep(value)

    assert steps == ("deep", *(["a", 0] * nesting.LEVELS))[: nesting.LEVELS]


def test_of_a_long_way_the_beginning_is_shown() -> None:
    assert nesting.text(("a", 0, "b"), root="spec") == "spec.a[0].b"
    assert nesting.text(("a", 0, "b")) == "a[0].b"
    assert nesting.text(("a",) * 100, root="spec") == "spec" + ".a" * 24 + ".…"
