"""Say where the default of a field cannot be in an XRD.

pydantic takes any default. The API server refuses the whole definition for one
that does not fit its field:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, cast, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cdk8s_function.chart import validation_errors
from cdk8s_function.objects import Json

_Node = Mapping[str, Any]
"""A structural schema or a part of one."""

_LISTS = (list, set, frozenset, Sequence)

_SENSITIVE = "a secret cannot have a default: everyone who reads the XRD could read it; leave it out, or make it None"


def first_misfit(model: type[pydantic.BaseModel], path: str) -> tuple[str, str] | None:
    """Return the path of the first default that is not one of its field by pydantic's strict rules, and why.

    Args:
        model: A model that does not hold itself.
        path: Where it stands, for example `spec`.
    """
    return next(_misfits(model, path), None)


def _misfits(model: type[pydantic.BaseModel], path: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        where = f"{path}.{field.alias or name}"
        if fault := _misfit(field):
            yield where, fault
        for each, marks in _models(field.annotation):
            yield from _misfits(each, f"{where}{marks}")


def _misfit(field: FieldInfo) -> str:
    default: Any = field.default
    # Of None, and of what is made for each XR, the XRD has nothing.
    if default is None or default is PydanticUndefined:
        return ""
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(kind)
    try:
        dumped = adapter.dump_python(default, mode="json", by_alias=True, exclude_none=True, warnings=False)
        wire = json.dumps(dumped, allow_nan=False, ensure_ascii=False).encode()
        adapter.validate_json(wire, strict=True, by_alias=True, by_name=False)
    except pydantic.ValidationError as error:
        return validation_errors.describe(error, root="default")
    except ValueError as error:
        return f"default: {error}"
    return ""


def _models(annotation: Any) -> Iterator[tuple[type[pydantic.BaseModel], str]]:  # noqa: ANN401  # Any type there is.
    """Yield the models in a type, each with what leads to it in a path."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation, ""
    origin = get_origin(annotation)
    is_class = isinstance(origin, type)
    marks = ".*" if is_class and issubclass(origin, Mapping) else "[]" if is_class and origin in _LISTS else ""
    for part in get_args(annotation):
        yield from ((each, f"{marks}{more}") for each, more in _models(part))


def first_fault(default: Json, node: _Node, path: str, secrets: AbstractSet[str]) -> tuple[str, str] | None:
    """Return the path and the reason of the first part of a default that its field's schema does not take.

    Args:
        default: The default, as JSON.
        node: The field's structural schema.
        path: The field, for example `spec.backends[].port`.
        secrets: The paths of the fields that are sensitive.
    """
    return next(_faults(default, node, (path, path), secrets), None)


def _faults(value: Json, node: _Node, at: tuple[str, str], secrets: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield the faults of a value, which is at one path in the default and at another in the schema."""
    path, field = at
    if field in secrets and value not in ("", [], {}):
        yield path, _SENSITIVE
        return
    match value:
        case dict():
            yield from _faults_of_fields(cast("Mapping[str, Json]", value), node, at, secrets)
        case list():
            for index, item in enumerate(cast("Sequence[Json]", value)):
                yield from _faults(item, node.get("items", {}), (f"{path}[{index}]", f"{field}[]"), secrets)
        case _:
            pass


def _faults_of_fields(
    value: Mapping[str, Json], node: _Node, at: tuple[str, str], secrets: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    path, field = at
    properties: Mapping[str, _Node] = node.get("properties", {})
    others: _Node | None = node.get("additionalProperties")
    for name, item in value.items():
        if name in properties:
            yield from _faults(item, properties[name], (f"{path}.{name}", f"{field}.{name}"), secrets)
        elif others is not None:
            yield from _faults(item, others, (f"{path}.{name}", f"{field}.*"), secrets)
