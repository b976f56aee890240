"""Which syntheses are verified, and where two outcomes differ."""

from typing import Any

import pytest
from cdk8s_function.protocol.messages import (
    ChartRef,
    ComposedResource,
    Condition,
    Event,
    Read,
    ResourceRequirement,
    SchemaRequirement,
    SynthFailure,
    SynthResult,
)
from cdk8s_function.worker import verification

CHART = ChartRef(name="web", dist="web-xp", version="1.0.0", target="web:Web")
OTHER = ChartRef(name="db", dist="web-xp", version="1.0.0", target="web:Db")


def due(share: float, syntheses: int) -> list[int]:
    chosen = verification.Share(share)
    return [number for number in range(syntheses) if chosen.is_due(CHART)]


@pytest.mark.parametrize(
    ("share", "numbers"),
    [
        pytest.param(0.0, [], id="none"),
        pytest.param(1.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], id="all"),
        pytest.param(0.5, [0, 2, 4, 6, 8], id="each second"),
        pytest.param(0.3, [0, 3, 6], id="three of ten"),
        pytest.param(0.001, [0], id="the first, of ever so few"),
    ],
)
def test_the_syntheses_that_are_verified(share: float, numbers: list[int]) -> None:
    assert due(share, 10) == numbers


@pytest.mark.parametrize("share", [0.01, 0.1, 1 / 3, 0.7, 0.999])
def test_so_many_are_verified_as_the_share_says(share: float) -> None:
    assert len(due(share, 10_000)) == pytest.approx(share * 10_000, abs=1)


def test_each_chart_has_its_own_count() -> None:
    chosen = verification.Share(0.01)

    assert [chosen.is_due(chart) for chart in (CHART, CHART, OTHER, OTHER)] == [True, False, True, False]


def resource(key: str = "web", **manifest: Any) -> ComposedResource:
    return ComposedResource(key=key, manifest={"kind": "ConfigMap", **manifest})


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        pytest.param(SynthResult(), SynthResult(), "", id="nothing"),
        pytest.param(
            SynthResult(reads=(Read(how="value", path=("spec",)),)),
            SynthResult(),
            "",
            id="what was read is not compared",
        ),
        pytest.param(
            SynthResult(resources=(resource(data={"a": "1"}),)),
            SynthResult(resources=(resource(data={"a": "2"}),)),
            "resources.web.manifest.data.a",
            id="a manifest",
        ),
        pytest.param(
            SynthResult(resources=(resource(),)), SynthResult(), "resources.web", id="a resource that is missing"
        ),
        pytest.param(
            SynthResult(resources=(resource("a"), resource("b"))),
            SynthResult(resources=(resource("b"), resource("a"))),
            "the order of its resources",
            id="the order of resources",
        ),
        pytest.param(
            SynthResult(resources=(ComposedResource(key="a", manifest={}, ready=True),)),
            SynthResult(resources=(ComposedResource(key="a", manifest={}),)),
            "resources.a.ready",
            id="a resource's readiness",
        ),
        pytest.param(
            SynthResult(resources=(ComposedResource(key="a", manifest={}, moved_from=("b",)),)),
            SynthResult(resources=(ComposedResource(key="a", manifest={}, moved_from=("c",)),)),
            "resources.a.moved_from[0]",
            id="a move",
        ),
        pytest.param(SynthResult(status={"a": [1]}), SynthResult(status={"a": [2]}), "status.a[0]", id="the status"),
        pytest.param(SynthResult(ready=True), SynthResult(ready=False), "ready", id="the XR's readiness"),
        pytest.param(SynthResult(connection={"a": "x"}), SynthResult(), "connection.a", id="connection details"),
        pytest.param(
            SynthResult(conditions=(Condition(type="Up", status="True", reason="R"),)),
            SynthResult(conditions=(Condition(type="Up", status="True", reason="S"),)),
            "conditions[0].reason",
            id="a condition",
        ),
        pytest.param(
            SynthResult(events=(Event(severity="normal", message="a"),)), SynthResult(), "events[0]", id="an event"
        ),
        pytest.param(
            SynthResult(requirements={"a": ResourceRequirement(api_version="v1", kind="Node")}),
            SynthResult(requirements={"a": ResourceRequirement(api_version="v1", kind="Pod")}),
            "requirements.a.kind",
            id="a requirement",
        ),
        pytest.param(
            SynthResult(schemas={"a": SchemaRequirement(api_version="v1", kind="Node")}),
            SynthResult(),
            "schemas.a",
            id="a schema",
        ),
        pytest.param(SynthResult(context={"a": 1}), SynthResult(context={"a": 2}), "context.a", id="the context"),
        pytest.param(SynthResult(ttl_seconds=1), SynthResult(ttl_seconds=2), "ttl_seconds", id="the TTL"),
        pytest.param(SynthFailure(message="a"), SynthFailure(message="a", traceback="b"), "", id="one failure"),
        pytest.param(SynthFailure(message="a"), SynthFailure(message="b"), "the error", id="two failures"),
        pytest.param(SynthResult(), SynthFailure(message="a"), "whether it fails", id="a failure on one"),
    ],
)
def test_the_first_difference_of_two_outcomes(
    one: SynthResult | SynthFailure, other: SynthResult | SynthFailure, path: str
) -> None:
    assert verification.first_difference(one, other) == path
    assert verification.first_difference(other, one) == path
