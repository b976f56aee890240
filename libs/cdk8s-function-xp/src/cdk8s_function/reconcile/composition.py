"""The Composition: which steps its pipeline has, and whether it and the XR belong together.

Fields that a render does not need are ignored.
"""

from collections.abc import Mapping
from typing import Any, Literal

import pydantic
from pydantic import Field
from pydantic.alias_generators import to_camel

from cdk8s_function.chart import validation_errors
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.server import chart_input

_API_VERSION = "apiextensions.crossplane.io/v1"
_KIND = "Composition"
_OWN_FUNCTION = "function-cdk8s"


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, coerce_numbers_to_str=True, frozen=True)


class TypeReference(_Model):
    """The kind of XR a Composition is for."""

    api_version: str
    kind: str


class FunctionReference(_Model):
    """The Function a step calls."""

    name: str


class SecretReference(_Model):
    """Where a credential is."""

    namespace: str = ""
    name: str = ""


class Credential(_Model):
    """A credential given to a step."""

    name: str
    source: str
    secret_ref: SecretReference | None = None


class RequiredResource(_Model):
    """Resources a step gets with the first call."""

    requirement_name: str
    api_version: str
    kind: str
    namespace: str | None = None
    name: str | None = None
    match_labels: dict[str, str] | None = None


class RequiredSchema(_Model):
    """A schema a step gets with the first call."""

    requirement_name: str
    api_version: str
    kind: str


class Requirements(_Model):
    """What a step gets with the first call."""

    required_resources: list[RequiredResource] = []
    required_schemas: list[RequiredSchema] = []


class Step(_Model):
    """One step of the pipeline."""

    step: str
    function_ref: FunctionReference
    input: dict[str, Any] | None = None
    credentials: list[Credential] = []
    requirements: Requirements | None = None

    @property
    def is_ours(self) -> bool:
        """Whether function-cdk8s runs it, perhaps with an error: users choose the Function's name."""
        group = str((self.input or {}).get("apiVersion")).partition("/")[0]
        return group == chart_input.GROUP or self.function_ref.name.endswith(_OWN_FUNCTION)


class Metadata(_Model):
    """A Composition's metadata."""

    name: str = ""
    labels: dict[str, str] = {}


class Specification(_Model):
    """A Composition's spec."""

    composite_type_ref: TypeReference
    mode: str = ""
    pipeline: list[Step] = []


class Composition(_Model):
    """A Composition."""

    api_version: Literal["apiextensions.crossplane.io/v1"]
    kind: Literal["Composition"]
    metadata: Metadata = Field(default_factory=Metadata)
    spec: Specification


def parse(manifest: Mapping[str, Json]) -> Composition:
    """Return the Composition that a manifest is.

    Raises:
        RenderError: If it is not a valid one; names each field.
    """
    found = (manifest.get("apiVersion"), manifest.get("kind"))
    if found != (_API_VERSION, _KIND):
        msg = f"not a Composition of {_API_VERSION}, but {found[1]} of {found[0]}"
        raise RenderError(msg)
    try:
        return Composition.model_validate(manifest)
    except pydantic.ValidationError as error:
        raise RenderError(validation_errors.describe(error)) from error


def check(composition: Composition, xr: Mapping[str, Json]) -> None:
    """Check that a Composition is for the XR, and that function-cdk8s can run all its steps.

    Raises:
        RenderError: If not.
    """
    wanted, name = composition.spec.composite_type_ref, composition.metadata.name
    for field, is_for, kind in (
        ("kind", wanted.kind, xr.get("kind")),
        ("apiVersion", wanted.api_version, xr.get("apiVersion")),
    ):
        if is_for != kind:
            msg = f"spec.compositeTypeRef.{field} is {is_for!r}, but the XR's {field} is {kind!r}"
            raise RenderError(msg)
    for label, value in _selected_labels(xr).items():
        found = composition.metadata.labels.get(label)
        if found != value:
            state = "missing" if found is None else repr(found)
            msg = (
                f'metadata.labels["{label}"] is {state}, '
                f"but the XR's spec.crossplane.compositionSelector wants {value!r}"
            )
            raise RenderError(msg)
    if composition.spec.mode != "Pipeline":
        msg = f'spec.mode of Composition "{name}" must be Pipeline'
        raise RenderError(msg)
    for index, step in enumerate(composition.spec.pipeline):
        if not step.is_ours:
            msg = (
                f'spec.pipeline[{index}]: step "{step.step}" calls {step.function_ref.name}, and only steps of '
                f"function-cdk8s (input of apiVersion {chart_input.GROUP}/{chart_input.VERSION}) can be "
                "rendered here; use `crossplane composition render` for this pipeline"
            )
            raise RenderError(msg)


def _selected_labels(xr: Mapping[str, Json]) -> Mapping[str, str]:
    return fields.strings(fields.at(xr, "spec", "crossplane", "compositionSelector", "matchLabels"))
