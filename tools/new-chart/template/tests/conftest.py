"""The chart, composed as the function composes it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdk8s_function.kernel.node import runtime
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthRequest, SynthResult

CHART = ChartRef(name="sample-chart", dist="sample-chart-xp", version="0", target="sample_chart.chart:SampleChart")

Synthesise = Callable[..., SynthResult | SynthFailure]


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """Return a function that composes an XR, given as a whole or by its name, namespace and spec."""
    runtime.configure(scratch=tmp_path_factory.mktemp("jsii"), node_heap_mib=128)
    from cdk8s_function.worker import synth
    from sample_chart.chart import SampleChart

    def run(
        *,
        xr: Mapping[str, Any] | None = None,
        observed: Mapping[str, Any] | None = None,
        name: str = "demo",
        namespace: str = "team-a",
        **spec: Any,
    ) -> SynthResult | SynthFailure:
        composite = xr or {
            "apiVersion": SampleChart.composite_type.api_version,
            "kind": SampleChart.composite_type.kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }
        return synth.synth(SampleChart, SynthRequest(chart=CHART, composite=composite, observed=observed or {}))

    return run
