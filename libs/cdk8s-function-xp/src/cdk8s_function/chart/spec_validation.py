"""Validate an XR's spec with its chart's model, and say what is wrong by field path."""

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic

from cdk8s_function import objects
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json

ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)

MACHINERY_FIELDS = frozenset(
    {
        "crossplane",
        "claimRef",
        "compositionRef",
        "compositionRevisionRef",
        "compositionRevisionSelector",
        "compositionSelector",
        "compositionUpdatePolicy",
        "resourceRefs",
        "writeConnectionSecretToRef",
    }
)
"""Spec fields Crossplane adds: `crossplane` to XRs of v2, the others to legacy ones (crossplane-runtime pkg/xcrd)."""

_SHOWN_ERRORS = 5


def check_kind(composite_type: CompositeType[Any], *, api_version: str, kind: str) -> None:
    """Refuse an XR of another kind than the chart composes.

    Raises:
        FatalError: If the XR's group or kind is another. The version may differ:
            Crossplane converts between the versions of an XRD.
    """
    group = api_version.rpartition("/")[0]
    if (group, kind) == (composite_type.group, composite_type.kind):
        return
    msg = (
        f"the chart composes {composite_type.kind}.{composite_type.group}, not {kind}.{group}; "
        "correct compositeTypeRef or input.chart in the Composition"
    )
    raise FatalError(msg)


def own(model: type[pydantic.BaseModel], spec: Mapping[str, Json]) -> dict[str, Json]:
    """Return a spec without the fields that Crossplane adds, but for those its model has too.

    Args:
        model: The chart's spec model.
        spec: The XR's spec.
    """
    return {key: value for key, value in spec.items() if key not in MACHINERY_FIELDS or key in _fields_of(model)}


def load(model: type[ModelT], *, spec: Mapping[str, Json], props: Mapping[str, Json]) -> ModelT:
    """Return the validated spec.

    Args:
        model: The chart's spec model.
        spec: The XR's spec, with the fields Crossplane adds to it.
        props: Static values of the function input; spec wins over them.

    Raises:
        FatalError: If they don't fit the model; names each field.
    """
    try:
        return model.model_validate(objects.merged(props, own(model, spec)))
    except pydantic.ValidationError as error:
        raise FatalError(describe(error, root="spec")) from error


def describe(error: pydantic.ValidationError, *, root: str = "") -> str:
    """Return a validation error's faults on one line, by field path, in a stable order.

    Args:
        error: What pydantic raised.
        root: What the paths start with.
    """
    faults = sorted(f"{_path(root, fault['loc'])}: {_reason(fault)}" for fault in error.errors(include_url=False))
    shown = "; ".join(faults[:_SHOWN_ERRORS])
    hidden = len(faults) - _SHOWN_ERRORS
    return f"{shown}; and {hidden} more" if hidden > 0 else shown


def _path(root: str, location: tuple[int | str, ...]) -> str:
    path = root
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "value"


def _reason(fault: Any) -> str:  # noqa: ANN401  # pydantic-core's ErrorDetails is not part of pydantic's API.
    reason: str = fault["msg"]
    reason = reason.removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return "unknown field"
    if fault["type"] == "missing":
        return "required field is missing"
    if isinstance(fault["input"], str | int | float | bool):
        return f"{reason[:1].lower()}{reason[1:]}, not {fault['input']!r}"
    return f"{reason[:1].lower()}{reason[1:]}"


def _fields_of(model: type[pydantic.BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}
