"""What charts made while they were imported, to be made again in Node.js when it starts."""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import dataclasses
from collections.abc import Callable
from typing import Any

import jsii
from jsii import _kernel

from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native

Call = Callable[..., Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    arguments: tuple[Any, ...]
    result: Any


class Journal:
    """The calls of charts' imports, in order.

    Args:
        fall_back: Starts Node.js with what is here and hands it all further calls,
            or declines where that can't be.
    """

    def __init__(self, fall_back: Callable[[], None]) -> None:
        """Begin with no calls."""
        self._entries: list[_Entry] = []
        self._fall_back = fall_back
        self._depth = 0

    def noting(self, name: str, native: Call, node: Call) -> Call:
        """Return a call that is noted; what this kernel declines Node.js does, and all that follows.

        Args:
            name: The call's name.
            native: What answers it here.
            node: What answers it in Node.js.
        """

        def call(*arguments: Any) -> Any:
            noted = tuple(_snapshot(each) for each in arguments)
            self._depth += 1
            try:
                result = native(*arguments)
            except BaseException as error:
                from cdk8s_function.kernel.native.decline import ATTEMPT, DeclinedError  # noqa: PLC0415

                if not isinstance(error, DeclinedError) or self._depth > 1:
                    raise
                ATTEMPT.reason = ""
                self._fall_back()
                return node(*arguments)
            finally:
                self._depth -= 1
            if not self._depth:
                self._entries.append(_Entry(name, noted, result))
            return result

        return call

    def replay(self) -> None:
        """Make all of it again in Node.js, which runs."""
        for entry in self._entries:
            kernel_call = getattr(_kernel.Kernel, entry.name)
            result = kernel_call(jsii.kernel, *entry.arguments)
            if entry.name == "create":
                instance = entry.arguments[1]
                native: Native = entry.result
                native.known_as(instance.__jsii_ref__)
                instance.__jsii_ref__ = native
            else:
                _pair(entry.result, result)
        self._entries.clear()


def _snapshot(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _snapshot(item) for name, item in value.items()}
    return [_snapshot(item) for item in value] if isinstance(value, list) else value


def _pair(ours: Any, theirs: Any) -> None:
    if isinstance(ours, list):
        for one, other in zip(ours, theirs, strict=True):
            _pair(one, other)
        return
    native = getattr(ours, "__jsii_ref__", None)
    if isinstance(native, Native):
        given = theirs.__jsii_ref__
        if not isinstance(given, Native):
            native.known_as(given)


def made_in_node(native: Native) -> Any:
    """Make a value of a synthesis again in Node.js.

    Args:
        native: A value that knows its recipe.
    """
    from jsii import _reference_map  # noqa: PLC0415

    recipe = native.recipe()
    if recipe is None:
        decline(f"a {native.fqn} of another synthesis")
    _, fqn, method, arguments = recipe
    return _kernel.Kernel.sinvoke(jsii.kernel, _reference_map._types[fqn], method, list(arguments)).__jsii_ref__
