"""jsii's checks of argument types, made once for each class of argument.

jsii's generated code lets typeguard check every argument of every call, which
is an eighth of what a call costs in Python. If the expected type is a class, or
a union that contains the argument's class, the result depends on the argument's
class alone and is remembered.
"""

# jsii has no public name and no types for this. Its version is pinned.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

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
        # By identity: hashing a union takes as long as checking it. The types are kept, so that no other gets their id.
        self._passed: set[tuple[int, object]] = set()
        self._types: list[object] = []

    def __call__(self, *, argname: str, value: object, expected_type: object) -> None:
        given = type(value)
        if (id(expected_type), given) in self._passed:
            return
        # A tuple is the rest of an argument list: the result depends on the classes of its items.
        items = _classes(typing.cast("tuple[object, ...]", value)) if issubclass(given, tuple) else None
        key = (id(expected_type), given if items is None else items)
        if key in self._passed:
            return
        self._check(argname=argname, value=value, expected_type=expected_type)
        if _depends_on_class(expected_type, given) if items is None else _depend(expected_type, items):
            self._types.append(expected_type)
            self._passed.add(key)


def remember() -> None:
    """Let this process remember the results of jsii's type checks."""
    type_checking.check_type("nothing", "", str)
    type_checking._resolved_check = _Checks(typing.cast("Callable[..., object]", type_checking._resolved_check))


def _depends_on_class(expected: object, given: type) -> bool:
    if expected is typing.Any:
        return True
    alternatives = typing.get_args(expected) if typing.get_origin(expected) is typing.Union else (expected,)
    return any(each in given.__mro__ for each in alternatives if isinstance(each, type))


def _depend(expected: object, given: frozenset[type]) -> bool:
    if typing.get_origin(expected) is not tuple or typing.get_args(expected)[1:] != (...,):
        return False
    return all(_depends_on_class(typing.get_args(expected)[0], each) for each in given)


def _classes(items: tuple[object, ...]) -> frozenset[type]:
    return frozenset(type(item) for item in items)
