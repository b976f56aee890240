"""Values on their way into a manifest: what is lazy produced, keys sorted, what is null left out."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import operator
from typing import Any

from cdk8s_function.kernel.native import values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native, Recipe, called


def cleaned(value: Any) -> Any:
    """Return a value as `sanitizeValue` of cdk8s does: keys sorted, nothing of what is null in a mapping."""
    if type(value) is dict:
        made: dict[str, Any] = {}
        indexed = False
        for name in values.by_units(value):
            item = value[name]
            # Most are text, and a call for each takes as long as all else.
            rendered = item if type(item) is str else cleaned(item)
            if rendered is not None:
                made[name] = rendered
                if name[:1] in values.DIGITS:
                    indexed = True
        return values.in_order(made) if indexed else made
    if type(value) is list:
        return [cleaned(item) for item in value]
    if isinstance(value, Native):
        decline(f"a {value.fqn} among values")
    return value


def stripped(value: Any) -> Any:
    """Return a value as metadata is rendered: `cleaned`, and without empty lists and mappings."""
    if type(value) is dict:
        made: dict[str, Any] = {}
        for name in values.by_units(value) if value else ():
            item = value[name]
            rendered = item if type(item) is str else stripped(item)
            if rendered is not None:
                made[name] = rendered
        return values.in_order(made) if made else None
    if type(value) is list:
        return [stripped(item) for item in value] if value else None
    if isinstance(value, Native):
        decline(f"a {value.fqn} among values")
    return value


class Lazy(Native):
    """`cdk8s.Lazy`: a value that is asked for when the object is rendered."""

    __slots__ = ("producer",)

    def __init__(self, fqn: str, producer: Any, cookie: str) -> None:
        """Keep the Python object that produces the value."""
        super().__init__(fqn)
        self.producer = producer
        self.instance = None
        self.overrides = {"produce": cookie}

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        return "sinvoke", "cdk8s.Lazy", "any", [self.producer]

    def produced(self) -> Any:
        """Return the value, as JavaScript has it."""
        producing = Native("Object")
        producing.instance = self.producer
        producing.overrides = self.overrides
        return values.answered(called(producing, "produce"), lambda native: native)


class Union(Native):
    """A generated class of a number or a string, such as `IntOrString`."""

    __slots__ = ("value",)

    def __init__(self, fqn: str, value: Any) -> None:
        """Hold the value."""
        super().__init__(fqn)
        self.value = value

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        return "sinvoke", self.fqn, "fromString" if isinstance(self.value, str) else "fromNumber", [self.value]


def resolved(value: Any) -> Any:
    """Return a value with what is lazy in it produced: `resolve` of cdk8s, with an app's own three resolvers."""
    if type(value) is dict:
        return {name: item if type(item) is str else resolved(item) for name, item in value.items()}
    if type(value) is list:
        return [resolved(item) for item in value]
    if isinstance(value, Lazy):
        return resolved(value.produced())
    if isinstance(value, Union):
        # The classes read `.value` of what is resolved.
        return {"value": value.value}
    if isinstance(value, Native):
        decline(f"a {value.fqn} among values")
    return value


Union.gets = {**Union.gets, "value": operator.attrgetter("value")}
