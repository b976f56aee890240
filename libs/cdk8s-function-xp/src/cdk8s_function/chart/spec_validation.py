"""Validate an XR's spec with its chart's model, and name errors by field path."""

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic

from cdk8s_function import objects
from cdk8s_function.chart import validation_errors
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


def check_kind(composite_type: CompositeType[Any], *, api_version: str, kind: str) -> None:
    """Refuse an XR of another kind than the chart composes.

    Raises:
        FatalError: If the XR's group or kind is another. The version may differ:
            Crossplane converts between the versions of an XRD.
    """
    group = objects.group_of(api_version)
    if (group, kind) == (composite_type.group, composite_type.kind):
        return
    msg = (
        f"the chart composes {composite_type.kind}.{composite_type.group}, not {kind}.{group}; "
        "correct compositeTypeRef or input.chart in the Composition"
    )
    raise FatalError(msg)


def own(model: type[pydantic.BaseModel], spec: Mapping[str, Json]) -> dict[str, Json]:
    """Return a spec without the fields that Crossplane adds, except those that its model has too.

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
        FatalError: If they do not fit the model; it names each field.
    """
    try:
        # By alias only: the XRD has no other name of a field, and the API server prunes what the XRD has not.
        return model.model_validate(objects.merged(props, own(model, spec)), by_alias=True, by_name=False)
    except pydantic.ValidationError as error:
        raise FatalError(validation_errors.describe(error, root="spec", model=model)) from error


def _fields_of(model: type[pydantic.BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}
