"""Turn values that charts set into JSON values; an error names the path of a value that has no JSON form."""

import datetime
import decimal
import enum
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pydantic

from cdk8s_function import nesting
from cdk8s_function.objects import Json

_LARGEST = int(sys.float_info.max)
"""A Struct of protobuf, and JavaScript, hold each number as a double."""

_KEY_CHARACTERS = 100
"""How much is shown of a key that is no text."""

_NO_UNICODE = "text with a lone surrogate has no JSON form"


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
        ValueError: If it has no JSON form.
    """
    if not isinstance(value, str):
        msg = f"{name} must be text, not {type(value).__name__}"
        raise TypeError(msg)
    if not _is_unicode(value):
        msg = f"{name}: {_NO_UNICODE}"
        raise ValueError(msg)
    return str.__str__(value)


def flag(value: object, name: str) -> bool:
    """Return a value that must be a bool: text such as "False" would be true.

    Args:
        value: The value.
        name: What it is, for the error.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, bool):
        msg = f"{name} must be True or False, not {type(value).__name__}"
        raise TypeError(msg)
    return value


def _converted(value: object, keeps: Callable[[object], bool] | None, levels: int) -> Json:
    # Most are text.
    if type(value) is str and value.isascii():
        return value
    if value is None or type(value) is bool or (keeps and keeps(value)):
        return value
    match value:
        case str():
            return _text(value)
        case enum.Enum():
            return _converted(value.value, keeps, levels)
        case int():
            return _whole(value)
        case float():
            return _number(float(value))
        case decimal.Decimal():
            return _number(math.nan if value.is_nan() else float(value))
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case pydantic.BaseModel():
            # A RootModel's is any value.
            return _converted(value.model_dump(by_alias=True, exclude_none=True), keeps, levels)
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
            name = key if type(key) is str and key.isascii() else _key(key)
            made[name] = _converted(item, keeps, levels - 1)
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


def _whole(value: int) -> int:
    if not -_LARGEST <= value <= _LARGEST:
        msg = f"a number beyond {sys.float_info.max:.2g} has no JSON form"
        raise _NoFormError(msg, ValueError)
    return int(value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        msg = f"the key {key!r:.{_KEY_CHARACTERS}} is not text"
        raise _NoFormError(msg)
    return _text(key)


def _text(value: str) -> str:
    if not _is_unicode(value):
        raise _NoFormError(_NO_UNICODE, ValueError)
    return str.__str__(value)


def _is_unicode(text: str) -> bool:
    try:
        str.encode(text)
    except UnicodeEncodeError:
        return False
    return True
