"""Specs made from a model fit its structural schema, reach its edges, and find what a chart does not expect."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, InvalidFieldError
from cdk8s_function.testing import CompositionError, scenario, specs
from constructs import Construct
from hypothesis import HealthCheck, find, given, settings
from hypothesis.errors import NoSuchExample
from pydantic import Field
from web_service import WebService, WebServiceSpec

# Its first example loads cdk8s.
ANY_TIME = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


class Port(ApiModel):
    number: Annotated[int, Field(ge=1, le=65535)]
    protocol: Literal["TCP", "UDP"] = "TCP"


class Rich(ApiModel):
    name: Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=12)]
    ports: Annotated[list[Port], Field(min_length=1, max_length=3)]
    labels: dict[str, str] = {}
    weights: Annotated[set[int], Field(max_length=2)] = set()
    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5
    memory_mib: Annotated[int, Field(multiple_of=16, ge=16, le=1024)] = 16
    target: int | str = 80
    note: str | None = None


@settings(max_examples=200, derandomize=True, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(spec=specs(Rich))
def test_each_spec_fits_its_model(spec: dict[str, Any]) -> None:
    Rich.model_validate(spec)


SOUGHT: list[Callable[[dict[str, Any]], bool]] = [
    lambda spec: spec["ports"][0]["number"] == 65535,
    lambda spec: spec.get("memoryMib") == 1024,
    lambda spec: len(spec.get("labels", {})) > 1,
    lambda spec: isinstance(spec.get("target"), str),
    lambda spec: "protocol" not in spec["ports"][0] and len(spec["ports"]) == 3,
    lambda spec: "-" in spec["name"],
]


@pytest.mark.parametrize("sought", SOUGHT)
def test_edges_are_reached(sought: Callable[[dict[str, Any]], bool]) -> None:
    assert find(specs(Rich), sought, settings=settings(max_examples=5000, derandomize=True, deadline=None))


def test_what_does_not_fit_is_not_made() -> None:
    with pytest.raises(NoSuchExample):
        find(specs(Rich), lambda spec: len(spec["ports"]) > 3, settings=settings(max_examples=100, derandomize=True))


@ANY_TIME
@given(spec=specs(WebServiceSpec))
def test_the_example_chart_composes_or_refuses_every_spec(spec: dict[str, Any]) -> None:
    scenario(WebService, spec).composes_or_refuses()


class Dividing(Chart):
    """Refuses 1 on purpose, and fails for 0."""

    class Spec(ApiModel):
        shares: Annotated[int, Field(ge=0, le=3)] = 1

    composite_type = CompositeType(group="fixtures.example.org", version="v1", kind="Dividing", spec=Spec)

    def __init__(self, scope: Construct, id: str, composite: Composite[Spec]) -> None:
        super().__init__(scope, id)
        if composite.spec.shares == 1:
            msg = "spec.shares"
            raise InvalidFieldError(msg, "must not be 1")
        composite.set_status({"each": 100 // composite.spec.shares})


def test_a_spec_that_an_author_did_not_expect_is_found() -> None:
    @ANY_TIME
    @given(spec=specs(Dividing))
    def every_spec(spec: dict[str, Any]) -> None:
        scenario(Dividing, spec).composes_or_refuses()

    with pytest.raises(CompositionError, match="ZeroDivisionError") as error:
        every_spec()
    assert "100 // composite.spec.shares" in error.value.traceback
    scenario(Dividing, {"shares": 1}).composes_or_refuses()
