"""What a chart has set on its composite. After the chart has run, the synthesis turns it into a result."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pydantic

from cdk8s_function.chart import json_values, validation_errors
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import Condition, Event, ResourceRequirement, SchemaRequirement

if TYPE_CHECKING:
    from constructs import IConstruct

StatementT = TypeVar("StatementT", Condition, Event, ResourceRequirement, SchemaRequirement)

_NO_TEXT = object()
"""In place of what is neither text, nor a mapping of it, nor None: no statement takes it."""


@dataclasses.dataclass(kw_only=True)
class Statements:
    """What a chart has set on its composite.

    Readiness and moves name constructs: their keys are known only after synth.
    """

    status: dict[str, Json] | None = None
    ready: bool | None = None
    conditions: dict[str, Condition] = dataclasses.field(default_factory=dict[str, Condition])
    events: list[Event] = dataclasses.field(default_factory=list[Event])
    resource_ready: list[tuple["IConstruct", bool]] = dataclasses.field(default_factory=list[Any])
    moves: list[tuple["IConstruct", str]] = dataclasses.field(default_factory=list[Any])
    connection: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    requirements: dict[str, ResourceRequirement] = dataclasses.field(default_factory=dict[str, ResourceRequirement])
    schemas: dict[str, SchemaRequirement] = dataclasses.field(default_factory=dict[str, SchemaRequirement])
    context: dict[str, Json] = dataclasses.field(default_factory=dict[str, Json])
    ttl_seconds: float | None = None


def stated(of: type[StatementT], name: str, /, **fields: object) -> StatementT:
    """Return a statement, for which a chart may have given anything.

    Args:
        of: What it is.
        name: What the paths in an error start with.
        **fields: Its fields, each text, a mapping of text, or None.

    Raises:
        TypeError: If a field has another type than its statement declares; names each.
        ValueError: If text has no JSON form.
    """
    try:
        return _adapter(of).validate_python(
            {field: _plain(value, f"{name}.{field}") for field, value in fields.items()}
        )
    except pydantic.ValidationError as error:
        raise TypeError(validation_errors.describe(error, root=name)) from None


def _plain(value: object, path: str) -> object:
    """Return text as it is sent; pydantic would make text of bytes, too, and of members of any enumeration."""
    if isinstance(value, str):
        return json_values.text(value, path)
    if isinstance(value, Mapping):
        values = cast("Mapping[object, object]", value)
        return {
            json_values.text(key, f"a key of {path}"): _plain(each, f"{path}.{key}") for key, each in values.items()
        }
    return None if value is None else _NO_TEXT


@functools.cache
def _adapter(of: type[StatementT]) -> pydantic.TypeAdapter[StatementT]:
    return pydantic.TypeAdapter(of)
