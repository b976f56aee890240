"""jsii's checks of argument types, made once for each class of argument.

jsii's generated code lets typeguard look at every argument of every call, which
is an eighth of what a call costs in Python. Where a type is a class, or a union
with one that the argument is of, the answer depends on the argument's class
alone: it is asked for once.
"""

# jsii has no public name and no types for this. Its version is pinned.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false

import typing
from collections.abc import Callable

from jsii import _type_checking as type_checking


class _Checks:
    """Remembers which class of argument an expected type takes.

    Args:
        check: jsii's own check, which raises TypeError.
    """

    def __init__(self, check: Callable[..., object]) -> None:
        self._check = check
        # By identity: to hash a union takes as long as to check it. The types are kept, so that no other gets their id.
        self._passed: set[tuple[int, type]] = set()
        self._types: list[object] = []

    def __call__(self, *, argname: str, value: object, expected_type: object) -> None:
        key = (id(expected_type), type(value))
        if key in self._passed:
            return
        self._check(argname=argname, value=value, expected_type=expected_type)
        if _depends_on_class(expected_type, type(value)):
            self._types.append(expected_type)
            self._passed.add(key)


def remember() -> None:
    """Let this process's checks be made by what was checked before."""
    type_checking.check_type("nothing", "", str)
    type_checking._resolved_check = _Checks(typing.cast("Callable[..., object]", type_checking._resolved_check))


def _depends_on_class(expected: object, given: type) -> bool:
    if expected is typing.Any:
        return True
    alternatives = typing.get_args(expected) if typing.get_origin(expected) is typing.Union else (expected,)
    return any(each in given.__mro__ for each in alternatives if isinstance(each, type))
