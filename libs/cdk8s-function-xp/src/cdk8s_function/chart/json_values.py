"""Turn what charts hand over into JSON values, naming the path of what is not one."""

import datetime
import decimal
import enum
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from cdk8s_function.objects import Json


def to_json(value: object, path: str) -> Json:
    """Return a JSON value equal to `value`.

    Args:
        value: A pydantic model (None fields are left out, aliases used), a
            mapping with text keys, a sequence, an enum member, a date or time
            (ISO 8601), a finite number, text, a bool or None.
        path: Where the value will stand, for the error.

    Raises:
        TypeError: If `value` holds something else.
        ValueError: If it holds a number JSON has no form for.
    """
    match value:
        case None | bool() | str():
            return value
        case enum.Enum():
            return to_json(value.value, path)
        case int():
            return int(value)
        case float() | decimal.Decimal():
            return _number(float(value), path)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case pydantic.BaseModel():
            dumped: dict[str, Any] = value.model_dump(by_alias=True, exclude_none=True)
            return to_json(dumped, path)
        case Mapping():
            return {_key(key, path): to_json(item, f"{path}.{key}") for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return [to_json(item, f"{path}[{index}]") for index, item in enumerate(value)]  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
        case _:
            msg = f"{path}: {type(value).__name__} has no JSON form; give text, a number, a bool, a list or a mapping"
            raise TypeError(msg)


def _number(value: float, path: str) -> float:
    if not math.isfinite(value):
        msg = f"{path}: {value} has no JSON form"
        raise ValueError(msg)
    return value


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        msg = f"{path}: the key {key!r} is not text"
        raise TypeError(msg)
    return key
