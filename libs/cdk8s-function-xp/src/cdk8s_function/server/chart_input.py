"""The function input: the `input` of a step in a Composition.

    input:
      apiVersion: cdk8s.fn.crossplane.io/v1alpha1
      kind: ChartInput
      chart: web-service
      ttl: 5m

The schema in the function's package is generated from this model.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from cdk8s_function import durations
from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import ApiModel
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.objects import Json

GROUP = "cdk8s.fn.crossplane.io"
VERSION = "v1alpha1"
KIND = "ChartInput"

_Duration = Annotated[str, Field(pattern=durations.PATTERN, max_length=32)]


class ChartInput(ApiModel):
    """Input of function-cdk8s: the chart that composes the XR, and how to run it."""

    api_version: Literal["cdk8s.fn.crossplane.io/v1alpha1"]
    """Version of this input."""

    kind: Literal["ChartInput"]
    """Kind of this input."""

    metadata: dict[str, Any] | None = None
    """Ignored. It is allowed because Kubernetes objects have metadata."""

    chart: Annotated[str, Field(min_length=1, max_length=253)]
    """Entry point of the chart in the group `cdk8s_function.charts`. If several
    wheels have an entry point of this name, write `wheel:name`."""

    version: Annotated[str, Field(max_length=253)] = ""
    """Which version of the chart: `1.4.2`, or the newest there of a range by
    Python's specifiers, `>=1.4,<2` or `~=1.4`. Without it the newest there."""

    digest: Annotated[str, Field(pattern="^(sha256:[0-9a-f]{64})?$")] = ""
    """The digest of the folder that the chart runs from, as `function-cdk8s
    charts --json` prints it: no other is taken."""

    props: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Values for the chart's spec. They are merged with the XR's spec field by
    field; a value in the XR takes precedence."""

    ttl: _Duration = "60s"
    """How often Crossplane should call the function if nothing changes, for example
    `5m`; `0s` means never. Crossplane may also cache the response for this time."""

    timeout: _Duration = "30s"
    """How long the chart may run, for example `10s`. A chart that runs longer is
    stopped, and its XR is tried again later."""

    cache: Annotated[bool, Field(strict=True)] = True
    """Whether to reuse the chart's output until something changes that the chart
    read from its XR or from the cluster. `false` runs the chart each time."""

    # pydantic's own models have a method `validate`.
    object_checks: Annotated[Literal["none", "warn", "refuse"], Field(alias="validate")] = "none"
    """Whether to check objects against the schemas of their kinds. `warn` reports
    faults in the XR's condition ObjectsValid. `refuse` composes nothing if there
    is a fault."""

    @pydantic.field_validator("version")
    @classmethod
    def _is_a_version_or_a_range(cls, version: str) -> str:
        if registry.version_of(version) is None:
            registry.range_of(version)
        return version

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
        FatalError: If the input is not valid; names each field.
    """
    if not fields:
        msg = f"input is missing; give an input of kind {KIND}, apiVersion {GROUP}/{VERSION}, that names a chart"
        raise FatalError(msg)
    try:
        return ChartInput.model_validate(fields)
    except pydantic.ValidationError as error:
        raise FatalError(validation_errors.describe(error, root="input", model=ChartInput)) from error
