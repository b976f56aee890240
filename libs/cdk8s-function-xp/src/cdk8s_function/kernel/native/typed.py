"""Structs as jsii's kernel reads them: each field by its type.

The types are those of the published Python class, whose annotations jsii-pacmak
made of the assembly's `.jsii`. What the kernel refuses is declined.
"""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import enum
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from cdk8s_function.chart.read_log import View
from cdk8s_function.kernel.native import numbers, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native
from cdk8s_function.kernel.native.values import Reference

Read = Callable[[Any, Reference | None], Any]

_OPTIONAL = re.compile(r"typing\.Optional\[(.*)\]")
_LIST = re.compile(r"typing\.(?:Sequence|List)\[(.*)\]")
_MAP = re.compile(r"typing\.Mapping\[builtins\.str, (.*)\]")
_STRUCT = re.compile(r"typing\.Union\[['\"]([\w.]+)['\"], typing\.Dict\[builtins\.str, typing\.Any\]\]")
_NAME = re.compile(r"['\"]([\w.]+)['\"]")


def struct(value: Any, reference: Reference | None) -> dict[str, Any]:
    """Return JavaScript's value of a struct.

    Args:
        value: The struct.
        reference: Returns what an object among its values is to become; without it they are declined.
    """
    given: Mapping[str, Any] = value._values
    made: dict[str, Any] = {}
    for name, js_name, read, required in _fields(type(value)):
        if name in given and (item := given[name]) is not None:
            made[js_name] = read(item, reference)
        elif required and read is not values.plain:
            decline(f"a {type(value).__name__} without {name}")
    return made


def _mapping(klass: type, value: dict[Any, Any], reference: Reference | None) -> dict[str, Any]:
    """Return JavaScript's value of a dict that is given for a struct: by JavaScript's names, others are dropped."""
    made: dict[str, Any] = {}
    known = {js_name: (read, required) for _, js_name, read, required in _fields(klass)}
    if any(required and name not in value for name, (_, required) in known.items()):
        decline(f"a {klass.__name__} that lacks fields")
    for given, item in value.items():
        name = values.key(given)
        if name not in known:
            continue
        read, required = known[name]
        if item is not None:
            made[name] = read(item, reference)
        elif required and read is not values.plain:
            decline(f"a {klass.__name__} without {name}")
    return made


@functools.cache
def _fields(klass: Any) -> tuple[tuple[str, str, Read, bool], ...]:
    if klass.__jsii_struct_bases__:
        decline(f"{klass.__name__} extends another struct")
    fields: list[tuple[str, str, Read, bool]] = []
    annotations: Mapping[str, Any] = klass.__init__.__annotations__
    defaults: Mapping[str, Any] = klass.__init__.__kwdefaults__ or {}
    for name, js_name in klass.__jsii_name_mapping__.items():
        annotation = annotations[name]
        if not isinstance(annotation, str):
            decline(f"{klass.__name__} has no annotations")
        optional = _OPTIONAL.fullmatch(annotation)
        read = _reader(optional[1] if optional else annotation, klass.__init__.__globals__)
        fields.append((name, js_name, read, name not in defaults))
    return tuple(fields)


def _reader(annotation: str, names: Mapping[str, Any]) -> Read:
    if annotation in SCALARS:
        return SCALARS[annotation]
    if match := _LIST.fullmatch(annotation):
        return _list(_reader(match[1], names))
    if match := _MAP.fullmatch(annotation):
        return _map(_reader(match[1], names))
    if match := _STRUCT.fullmatch(annotation):
        return _struct(match[1], names)
    if match := _NAME.fullmatch(annotation):
        return _object(match[1], names)
    return _unknown(annotation)


def _text(value: Any, _reference: Reference | None) -> str:
    return values.text(value)


def _number(value: Any, _reference: Reference | None) -> numbers.Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        decline(f"a {type(value).__name__} where a number is due")
    return numbers.number(value)


def _boolean(value: Any, _reference: Reference | None) -> bool:
    if type(value) is not bool:
        decline(f"a {type(value).__name__} where a boolean is due")
    return value


SCALARS: Mapping[str, Read] = {
    "builtins.str": _text,
    "builtins.bool": _boolean,
    "jsii.Number": _number,
    "typing.Any": values.plain,
}


def _list(read: Read) -> Read:
    def list_(value: Any, reference: Reference | None) -> list[Any]:
        if not isinstance(value, list):
            decline(f"a {type(value).__name__} where a list is due")
        if read is not values.plain and None in value:
            decline("a list with nothing in it")
        return [read(item, reference) for item in value]

    return list_


def _map(read: Read) -> Read:
    def map_(value: Any, reference: Reference | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            value = value.to_dict() if isinstance(value, View) else decline("a mapping of another kind")
        made: dict[str, Any] = {}
        for name, item in value.items():
            if item is not None:
                made[values.key(name)] = read(item, reference)
            elif read is not values.plain:
                decline("a mapping to nothing")
        return values.in_order(made)

    return map_


def _struct(name: str, names: Mapping[str, Any]) -> Read:
    def struct_(value: Any, reference: Reference | None) -> dict[str, Any]:
        klass = _named(name, names)
        if type(value) is klass:
            return struct(value, reference)
        if type(value) is not dict:
            decline(f"a {type(value).__name__} where a {name} is due")
        return _mapping(klass, value, reference)

    return struct_


def _object(name: str, names: Mapping[str, Any]) -> Read:
    def object_(value: Any, reference: Reference | None) -> Any:
        klass = _named(name, names)
        if isinstance(value, enum.Enum):
            return values.enum_value(value) if type(value) is klass else decline("a member of another enumeration")
        native = getattr(value, "__jsii_ref__", None)
        if not isinstance(native, Native) or native.fqn != klass.__jsii_type__ or reference is None:
            decline(f"a {type(value).__name__} where a {name} is due")
        return reference(native)

    return object_


def _unknown(annotation: str) -> Read:
    def refuse(_value: Any, _reference: Reference | None) -> Any:
        decline(f"a value of type {annotation}")

    return refuse


def _named(name: str, names: Mapping[str, Any]) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(names[module], attribute) if module else names[attribute]


values.read_structs_with(struct)
