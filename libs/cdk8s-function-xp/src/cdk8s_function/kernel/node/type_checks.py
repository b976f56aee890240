"""Remember the results of jsii's checks of argument types, for each class of argument.

jsii's generated code lets typeguard check every argument of every call, which
is an eighth of what a call costs in Python. If the expected type is a class, or
a union that contains the argument's class, the result depends on the argument's
class alone and is remembered. Of a list, a mapping or the rest of an argument
list it depends on the classes of what that holds.
"""

# jsii has no public name and no types for this. Its version is pinned.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import collections.abc
import functools
import typing
from collections.abc import Callable

from jsii import _type_checking as type_checking

_Held = tuple[frozenset[type], ...]
"""The classes of a list's or a tuple's items; those of a dict's keys, and of its values."""

_SEQUENCES = (list, tuple, collections.abc.Sequence)
_MAPPINGS = (dict, collections.abc.Mapping)


def _remembering(check: Callable[..., object]) -> Callable[..., None]:
    """Return a check that remembers which classes of argument an expected type takes.

    Args:
        check: jsii's own check, which raises TypeError.
    """
    # By identity: hashing a union takes as long as checking it. The types are kept, so that no other gets their id.
    passed: dict[object, dict[int, object]] = {}

    def remembering(argname: str, value: object, expected_type: object) -> None:
        given = type(value)
        if id(expected_type) in passed.get(given, ()):
            return
        held = _held(value)
        if held and id(expected_type) in passed.get((given, held), ()):
            return
        check(argname=argname, value=value, expected_type=expected_type)
        if _depends_on_class(expected_type, given):
            passed.setdefault(given, {})[id(expected_type)] = expected_type
        elif held and any(_depends_on_held(each, given, held) for each in _alternatives(expected_type)):
            passed.setdefault((given, held), {})[id(expected_type)] = expected_type

    return remembering


@functools.cache
def remember() -> None:
    """Let this process remember the results of jsii's type checks."""
    type_checking.check_type("nothing", "", str)
    remembering = _remembering(typing.cast("Callable[..., object]", type_checking._resolved_check))
    # What is imported from now on calls it directly.
    type_checking._resolved_check = type_checking.check_type = remembering


def _held(value: typing.Any) -> _Held:  # noqa: ANN401
    given = type(value)
    if given is list or issubclass(given, tuple):
        return (frozenset(map(type, value)),)
    return (frozenset(map(type, value)), frozenset(map(type, value.values()))) if given is dict else ()


def _alternatives(expected: object) -> tuple[object, ...]:
    return typing.get_args(expected) if typing.get_origin(expected) is typing.Union else (expected,)


def _depends_on_class(expected: object, given: type) -> bool:
    if expected is typing.Any:
        return True
    return any(each in given.__mro__ for each in _alternatives(expected) if isinstance(each, type))


def _depends_on_held(expected: object, given: type, held: _Held) -> bool:
    origin, args = typing.get_origin(expected), typing.get_args(expected)
    if origin is tuple and args[1:] != (...,):
        return False
    if origin not in (_MAPPINGS if given is dict else _SEQUENCES):
        return False
    return all(_depends_on_class(of, each) for of, classes in zip(args, held, strict=False) for each in classes)
