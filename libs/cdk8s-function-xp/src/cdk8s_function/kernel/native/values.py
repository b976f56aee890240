"""Plain values between Python and JavaScript, as jsii and cdk8s pass and render them.

The order of keys is JavaScript's everywhere: array indexes first and ascending
(ECMA-262, OrdinaryOwnPropertyKeys), then the others as they were set.
"""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jsii import _reference_map as reference_map

from cdk8s_function.chart.read_log import View
from cdk8s_function.kernel.native import numbers
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native

ODD_KEYS = frozenset(
    {
        *("__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor"),
        *(
            "hasOwnProperty",
            "isPrototypeOf",
            "propertyIsEnumerable",
            "prototype",
            "toLocaleString",
            "toString",
            "valueOf",
        ),
    }
)
"""Names that mean something to any JavaScript object."""

_WIRE_KEYS = frozenset(("$jsii.byref", "$jsii.date", "$jsii.enum", "$jsii.map", "$jsii.struct", "$jsii.interfaces"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_INDEXES = 2**32 - 1
DIGITS = frozenset("0123456789")


def text(value: Any) -> str:
    """Return a string, or decline what is none or has no UTF-8 form."""
    if not isinstance(value, str):
        decline(f"a {type(value).__name__} where a string is due")
    if not value.isascii() and _SURROGATE.search(value):
        decline("a lone surrogate")
    return value if type(value) is str else str.__str__(value)


def optional_text(value: Any) -> str | None:
    """Return a string or None."""
    return None if value is None else text(value)


def key(value: Any) -> str:
    """Return a string that may name a property."""
    name = text(value)
    if name in ODD_KEYS or name in _WIRE_KEYS:
        decline(f"a key {name!r}")
    return name


def is_index(name: str) -> bool:
    """Return whether JavaScript takes a key for an array index."""
    if not name or name[0] not in DIGITS or not name.isascii() or not name.isdigit():
        return False
    return (name == "0" or name[0] != "0") and len(name) <= 10 and int(name) < _INDEXES  # noqa: PLR2004  # Digits of 2^32.


def ordered(keys: Iterable[str]) -> list[str]:
    """Return keys in JavaScript's order, given that in which they were set."""
    names = list(keys)
    if any(name[:1] in DIGITS for name in names):
        indexes = sorted((name for name in names if is_index(name)), key=int)
        return [*indexes, *(name for name in names if not is_index(name))] if indexes else names
    return names


def in_order(value: dict[str, Any]) -> dict[str, Any]:
    """Return a dict with its keys in JavaScript's order."""
    for name in value:
        if name[:1] in DIGITS:
            return {each: value[each] for each in ordered(value)}
    return value


def by_units(names: Iterable[str]) -> list[str]:
    """Return strings sorted as JavaScript does, by UTF-16 units."""
    ordered_names = sorted(names)
    if len(ordered_names) == 1:
        return ordered_names
    if "".join(ordered_names).isascii():
        return ordered_names
    return sorted(ordered_names, key=lambda name: name.encode("utf-16-be"))


Reference = Callable[[Native], Any]


def plain(value: Any, reference: Reference | None = None) -> Any:
    """Return JavaScript's value for what a chart passes where anything may be passed.

    None in a mapping is undefined there, and left out.

    Args:
        value: What the chart passes.
        reference: Returns what an object is to become; without it they are declined.
    """
    kind = type(value)
    if kind is str:
        if not value.isascii() and _SURROGATE.search(value):
            decline("a lone surrogate")
        return value
    if kind is dict:
        return _map(value, reference)
    if value is None or kind is bool:
        return value
    if kind is int or kind is float:
        return numbers.number(value)
    if kind is list:
        return [plain(item, reference) for item in value]
    return _other(value, reference)


def _map(value: Mapping[Any, Any], reference: Reference | None) -> dict[str, Any]:
    made: dict[str, Any] = {}
    indexed = False
    for name, item in value.items():
        if type(name) is not str:
            if type(name) is not int:
                decline(f"a key of type {type(name).__name__}")
            name = str(name)  # noqa: PLW2901  # As JSON writes it.
        if name in ODD_KEYS or name[:5] == "$jsii":
            decline(f"a key {name!r}")
        if not name.isascii() and _SURROGATE.search(name):
            decline("a lone surrogate")
        if name[:1] in DIGITS:
            indexed = True
        if item is None:
            # A later duplicate of an earlier key: JSON has the last one.
            if name in made:
                decline("one key twice")
            continue
        made[name] = plain(item, reference)
    return in_order(made) if indexed else made


def _other(value: Any, reference: Reference | None) -> Any:
    if isinstance(value, View):
        return plain(value.to_dict(), reference)
    native = getattr(value, "__jsii_ref__", None)
    if isinstance(native, Native):
        if reference is None:
            decline(f"a {native.fqn} among values")
        return reference(native)
    if getattr(value, "__jsii_type__", None) is not None:
        if isinstance(value, enum.Enum):
            return enum_value(value)
        if getattr(value, "__jsii_name_mapping__", None) is None:
            decline(f"a {type(value).__name__} among values")
        return _struct_readers[0](value, reference)
    if isinstance(value, str):
        return text(str.__str__(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return numbers.number(int.__add__(value, 0))
    if isinstance(value, float):
        return numbers.number(float.__add__(value, 0.0))
    if isinstance(value, dict):
        return _map(value, reference)
    if not isinstance(value, list):
        decline(f"a {type(value).__name__} among values")
    return [plain(item, reference) for item in value]


def answered(value: Any, reference: Reference | None = None) -> Any:
    """Return JavaScript's value for what a Python method answers it with.

    Args:
        value: What it returned, in which jsii refuses plain enumerations but those of strings.
        reference: As `plain` takes it.
    """
    _refuse_enums(value)
    return plain(value, reference)


def _refuse_enums(value: Any) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _refuse_enums(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_enums(item)
    elif isinstance(value, enum.Enum) and not isinstance(value, str) and not hasattr(type(value), "__jsii_type__"):
        decline("a plain enumeration that is returned")


ENUMS: dict[tuple[str, str], Mapping[str, Any]] = {}
"""JavaScript's values of enumerations, by assembly and own name."""

StructReader = Callable[[Any, Reference | None], dict[str, Any]]

_struct_readers: list[StructReader] = []


def read_structs_with(reader: StructReader) -> None:
    """Let structs be read where anything may be passed.

    Args:
        reader: Returns JavaScript's value of one.
    """
    _struct_readers[:] = [reader]


def enum_value(value: enum.Enum) -> Any:
    """Return JavaScript's value of an enumeration's member."""
    assembly, *_, name = str(type(value).__jsii_type__).split(".")  # type: ignore[attr-defined]
    members = ENUMS.get((assembly, name))
    if members is None or value.value not in members:
        decline(f"a {type(value).__name__} among values")
    return members[value.value]


def fields(value: Any, fqn: str) -> dict[str, Any]:
    """Return a struct's fields by their names in JavaScript, those that are None left out.

    Args:
        value: What is passed for the struct.
        fqn: The struct's name.
    """
    if value is None:
        return {}
    if getattr(value, "__jsii_type__", None) != fqn:
        decline(f"a {type(value).__name__} where a {fqn} is due")
    names = value.__jsii_name_mapping__.items()
    if type(value) is reference_map._data_types.get(fqn):
        # Its properties return these.
        given = value._values
        return {js_name: given[name] for name, js_name in names if given.get(name) is not None}
    return {js_name: item for name, js_name in names if (item := getattr(value, name)) is not None}


def texts(value: Any) -> dict[str, str]:
    """Return a mapping of strings to strings, in which jsii takes no None."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        decline(f"a {type(value).__name__} where a mapping is due")
    if not isinstance(value, dict):
        if not isinstance(value, View):
            decline(f"a {type(value).__name__} where a mapping is due")
        value = value.to_dict()
    made = {key(name): text(item) for name, item in value.items()}
    return in_order(made)


def copied(value: Any) -> Any:
    """Return a value that shares nothing with another."""
    if type(value) is dict:
        return {name: item if type(item) is str else copied(item) for name, item in value.items()}
    if type(value) is list:
        return [copied(item) for item in value]
    if isinstance(value, Native):
        decline(f"a {value.fqn} among values")
    return value


def exported(value: Any) -> Any:
    """Return a value as jsii hands it to Python: a copy, and nothing of what is null in a mapping."""
    if type(value) is dict:
        return {name: exported(item) for name, item in value.items() if item is not None}
    if type(value) is list:
        return [exported(item) for item in value]
    if isinstance(value, Native):
        decline(f"a {value.fqn} among values")
    return value
