"""jsii's checks of arguments: what one argument has passed lets no other pass that jsii would refuse."""

# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false

import typing
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s_function.kernel.node import type_checks
from jsii import _type_checking as type_checking


class Struct:
    """What jsii generates for a struct."""


AS_STRUCT = typing.Union[Struct, typing.Dict[str, typing.Any]]  # noqa: UP006, UP007  # As jsii writes it.
STRUCT = Struct()


def passes(check: Callable[..., object], value: object, expected: object) -> bool:
    try:
        check(argname="it", value=value, expected_type=expected)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        pytest.param(str, ["a", 1, "b", None, ["a"]], id="a class"),
        pytest.param(typing.Optional[str], ["a", None, 1, ["a"]], id="a class or nothing"),  # noqa: UP045
        pytest.param(typing.Any, ["a", 1, None, [1]], id="anything"),
        pytest.param(typing.Sequence[str], [["a"], [], ["a", 1], ["b", "c"], [None], 1, {"a": "b"}], id="a list"),
        pytest.param(
            typing.Optional[typing.Sequence[AS_STRUCT]],  # noqa: UP045
            [[STRUCT], [{"a": 1}, STRUCT], None, ["a"], [STRUCT, 1], [STRUCT, {1: "a"}], STRUCT],
            id="a list of structs",
        ),
        pytest.param(typing.Mapping[str, str], [{"a": "b"}, {}, {"a": 1}, {1: "a"}, ["a"]], id="a map"),
        pytest.param(typing.Dict[str, str], [{"a": "b"}, {}, {"a": 1}, {1: "a"}, ["a"]], id="a dict"),  # noqa: UP006
        pytest.param(typing.Tuple[str, ...], [("a", "b"), (), ("a", 1), (None,)], id="the rest of the arguments"),  # noqa: UP006
        pytest.param(typing.Tuple[str, int], [("a", 1), (1, "a"), ("a", "b"), ("a",)], id="a tuple"),  # noqa: UP006
    ],
)
def test_an_argument_passes_or_not_whatever_passed_before(expected: Any, values: list[Any]) -> None:
    original = type_checking._load_typeguard_check()
    check = type_checks._remembering(original)

    for ordered in (values, values, values[::-1]):
        assert [passes(check, each, expected) for each in ordered] == [
            passes(original, each, expected) for each in ordered
        ]


def test_a_list_with_one_item_of_a_wrong_class_is_refused_each_time() -> None:
    check = type_checks._remembering(type_checking._load_typeguard_check())

    assert [passes(check, value, typing.Sequence[str]) for value in (["a"], ["a", 1], ["a"], ["a", 1])] == [
        True,
        False,
        True,
        False,
    ]
