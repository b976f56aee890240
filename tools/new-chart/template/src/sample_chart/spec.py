"""The API of a SampleChart.

It is the one source of the XRD and of the validation of each request.
"""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field


class SampleChartSpec(ApiModel):
    """What a SampleChart asks for."""

    text: Annotated[str, Field(min_length=1, max_length=1000)] = "hello"
    """Text to put into the ConfigMap."""


class SampleChartStatus(ApiModel):
    """What a SampleChart reports."""

    config_map: str | None = None
    """Name of the ConfigMap, once it exists."""
