"""What a chart has set on its composite. After the chart has run, the synthesis turns it into a result."""

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, TypeVar

import pydantic

from cdk8s_function.chart import validation_errors
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import Condition, Event, ResourceRequirement, SchemaRequirement

if TYPE_CHECKING:
    from constructs import IConstruct

StatementT = TypeVar("StatementT", Condition, Event, ResourceRequirement, SchemaRequirement)


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
        **fields: Its fields.

    Raises:
        TypeError: If a field has another type than its statement declares; names each.
    """
    try:
        return _adapter(of).validate_python(fields)
    except pydantic.ValidationError as error:
        raise TypeError(validation_errors.describe(error, root=name)) from None


@functools.cache
def _adapter(of: type[StatementT]) -> pydantic.TypeAdapter[StatementT]:
    return pydantic.TypeAdapter(of)
