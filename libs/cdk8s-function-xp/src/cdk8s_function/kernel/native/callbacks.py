"""Python objects that implement jsii's interfaces."""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from typing import Any

from jsii import _kernel

from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native


class Callbacks(Native):
    """A Python object that implements one of jsii's interfaces."""

    __slots__ = ()


def callbacks(given: Any, interface: str, method: str) -> Callbacks:
    """Return what stands for a Python object that implements one method of an interface.

    Args:
        given: The object.
        interface: The interface's fully qualified name.
        method: The method's name in JavaScript.
    """
    made = Callbacks("Object")
    made.instance = given
    made.overrides = {method: implemented(given, interface, method)}
    return made


def implemented(given: Any, interface: str, method: str) -> str:
    """Return the Python name of a method of an interface that a Python object implements.

    Args:
        given: The object, of a class decorated with `jsii.implements`.
        interface: The interface's fully qualified name.
        method: The method's name in JavaScript.
    """
    kinds = [each.__jsii_type__ for each in getattr(type(given), "__jsii_ifaces__", ())]
    if kinds != [interface] or getattr(given, "__jsii_type__", None) is not None:
        decline(f"no {interface} of Python's")
    overrides = _kernel._get_overides(type(given), given)
    if [(each.method, each.property) for each in overrides] != [(method, None)]:
        decline(f"no {interface} of Python's")
    return overrides[0].cookie or ""
