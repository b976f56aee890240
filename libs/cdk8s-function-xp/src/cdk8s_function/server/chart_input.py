"""The function input, which a step of a Composition gives this function.

    input:
      apiVersion: cdk8s.fn.crossplane.io/v1alpha1
      kind: ChartInput
      chart: web-service
      ttl: 5m

The model here is its only definition: the schema in the function's package is
generated from it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from cdk8s_function import durations
from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import ApiModel
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json

GROUP = "cdk8s.fn.crossplane.io"
VERSION = "v1alpha1"
KIND = "ChartInput"

_Duration = Annotated[str, Field(pattern=durations.PATTERN, max_length=32)]


class ChartInput(ApiModel):
    """Names the chart that composes the XR."""

    api_version: Literal["cdk8s.fn.crossplane.io/v1alpha1"]
    """Version of this input."""

    kind: Literal["ChartInput"]
    """Kind of this input."""

    metadata: dict[str, Any] | None = None
    """Ignored; Kubernetes objects have it."""

    chart: Annotated[str, Field(min_length=1, max_length=253)]
    """The chart's entry point in the group `cdk8s_function.charts`. Where two
    wheels offer one name, `dist:name`."""

    props: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Static values for the chart's spec. Objects merge field by field, and the
    XR's own spec wins."""

    ttl: _Duration = "60s"
    """When Crossplane should call again though nothing changed, for example `5m`;
    `0s` never. Crossplane may also cache the response for that time."""

    timeout: _Duration = "30s"
    """How long the chart may take, for example `10s`, from when it begins. A
    chart that takes longer is ended, and its XR tried again later."""

    cache: Annotated[bool, Field(strict=True)] = True
    """Whether the chart's output may be used again while nothing has changed
    that the chart read of its XR and of the cluster. `false` runs the chart
    each time."""

    # pydantic's own models have a method `validate`.
    object_checks: Annotated[Literal["none", "warn", "refuse"], Field(alias="validate")] = "none"
    """Whether objects are checked against the schemas of their kinds: `warn`
    says in the XR's condition ObjectsValid what does not fit, and `refuse`
    composes nothing then."""

    @pydantic.field_validator("ttl", "timeout")
    @classmethod
    def _at_most_a_year(cls, duration: str) -> str:
        if durations.seconds(duration) <= durations.LONGEST_SECONDS:
            return duration
        msg = f"must be no longer than {durations.LONGEST}"
        raise ValueError(msg)

    @pydantic.field_validator("timeout")
    @classmethod
    def _some_time(cls, timeout: str) -> str:
        if durations.seconds(timeout) > 0:
            return timeout
        msg = "must be longer than 0s"
        raise ValueError(msg)

    @property
    def ttl_seconds(self) -> float:
        """The ttl in seconds."""
        return durations.seconds(self.ttl)

    @property
    def timeout_seconds(self) -> float:
        """The timeout in seconds."""
        return durations.seconds(self.timeout)


def parse(fields: Mapping[str, Json]) -> ChartInput:
    """Return the function input.

    Args:
        fields: `RunFunctionRequest.input` as plain data.

    Raises:
        FatalError: If it isn't one; names each field.
    """
    if not fields:
        msg = f"input is missing; give an input of kind {KIND}, apiVersion {GROUP}/{VERSION}, that names a chart"
        raise FatalError(msg)
    try:
        return ChartInput.model_validate(fields)
    except pydantic.ValidationError as error:
        raise FatalError(validation_errors.describe(error, root="input", model=ChartInput)) from error
