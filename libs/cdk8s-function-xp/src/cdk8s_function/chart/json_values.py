"""Turn values that charts set into JSON values; an error names the path of a value that has no JSON form."""

import datetime
import decimal
import enum
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pydantic

from cdk8s_function import nesting
from cdk8s_function.objects import Json

_LEAVES = frozenset({str, int, bool, type(None)})


class _NoFormError(Exception):
    """A value has no JSON form.

    Attributes:
        error: What to raise of it.
        steps: Keys and indexes that lead to the value, the last first.
    """

    def __init__(self, reason: str, error: type[Exception] = TypeError) -> None:
        super().__init__(reason)
        self.error = error
        self.steps: list[str | int] = []


def to_json(value: object, path: str, *, keeps: Callable[[object], bool] | None = None) -> Json:
    """Return a JSON value equal to `value`.

    Args:
        value: A pydantic model (None fields are left out, aliases used), a
            mapping with text keys, a sequence, an enum member, a date or time
            (ISO 8601), a finite number, text, a bool or None.
        path: The value's path in the output, for the error.
        keeps: Says which other values stay as they are.

    Raises:
        TypeError: If `value` holds something else.
        ValueError: If it holds a number JSON has no form for, or nests deeper
            than `nesting.LEVELS`.
    """
    try:
        return _converted(value, keeps, nesting.LEVELS)
    except _NoFormError as fault:
        where = nesting.text(tuple(reversed(fault.steps)), root=path)
        msg = f"{where}: {fault}"
        raise fault.error(msg) from None


def text(value: object, name: str) -> str:
    """Return text as a plain `str`, for a value that must be text.

    Args:
        value: Text, or a member of an enumeration of texts.
        name: What it is, for the error.

    Raises:
        TypeError: If it is no text.
    """
    if not isinstance(value, str):
        msg = f"{name} must be text, not {type(value).__name__}"
        raise TypeError(msg)
    return str.__str__(value)


def _converted(value: object, keeps: Callable[[object], bool] | None, levels: int) -> Json:
    if type(value) in _LEAVES or (keeps and keeps(value)):
        return value
    match value:
        case str():
            return str.__str__(value)
        case enum.Enum():
            return _converted(value.value, keeps, levels)
        case int():
            return int(value)
        case float() | decimal.Decimal():
            return _number(float(value))
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case pydantic.BaseModel():
            dumped: dict[str, Any] = value.model_dump(by_alias=True, exclude_none=True)
            return _mapping(dumped, keeps, levels)
        case Mapping():
            return _mapping(cast("Mapping[object, object]", value), keeps, levels)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return _sequence(cast("Sequence[object]", value), keeps, levels)
        case _:
            msg = f"{type(value).__name__} has no JSON form; give text, a number, a bool, a list or a mapping"
            raise _NoFormError(msg)


def _mapping(values: Mapping[Any, object], keeps: Callable[[object], bool] | None, levels: int) -> dict[str, Json]:
    _check(levels)
    made: dict[str, Json] = {}
    key = ""
    try:
        for key, item in values.items():
            made[_key(key)] = _converted(item, keeps, levels - 1)
    except _NoFormError as fault:
        if isinstance(key, str):
            fault.steps.append(key)
        raise
    return made


def _sequence(values: Sequence[object], keeps: Callable[[object], bool] | None, levels: int) -> list[Json]:
    _check(levels)
    made: list[Json] = []
    try:
        for item in values:
            made.append(_converted(item, keeps, levels - 1))  # noqa: PERF401  # Where it fails tells the index.
    except _NoFormError as fault:
        fault.steps.append(len(made))
        raise
    return made


def _check(levels: int) -> None:
    if not levels:
        raise _NoFormError(str(nesting.TooDeepError()), ValueError)


def _number(value: float) -> float:
    if not math.isfinite(value):
        msg = f"{value} has no JSON form"
        raise _NoFormError(msg, ValueError)
    return value


def _key(key: object) -> str:
    if not isinstance(key, str):
        msg = f"the key {key!r} is not text"
        raise _NoFormError(msg)
    return str.__str__(key)
