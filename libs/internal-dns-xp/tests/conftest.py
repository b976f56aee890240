"""The chart, composed as the function composes it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdk8s_function.kernel.node import runtime
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthRequest, SynthResult

CHART = ChartRef(name="internal-dns", dist="internal-dns-xp", version="0.1.0", target="internal_dns.chart:InternalDns")

Compose = Callable[..., SynthResult]
Refuse = Callable[..., str]


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, Any], Any], Any]:
    runtime.configure(scratch=tmp_path_factory.mktemp("jsii"), node_heap_mib=128)
    from cdk8s_function.worker import synth
    from internal_dns.chart import InternalDns

    def run(composite: Mapping[str, Any], observed: Mapping[str, Any]) -> SynthResult | SynthFailure:
        return synth.synth(InternalDns, SynthRequest(chart=CHART, composite=composite, observed=observed))

    return run


@pytest.fixture
def compose(synthesise: Callable[..., Any]) -> Compose:
    """Return a function that composes an InternalDNS of a spec."""

    def run(
        *, observed: Mapping[str, Any] | None = None, xr: Mapping[str, Any] | None = None, **spec: Any
    ) -> SynthResult:
        composite = xr or internal_dns(**spec)
        result = synthesise(composite, observed or {})
        assert isinstance(result, SynthResult), result
        return result

    return run


@pytest.fixture
def refuse(synthesise: Callable[..., Any]) -> Refuse:
    """Return a function that says in which words a spec is refused."""

    def run(*, observed: Mapping[str, Any] | None = None, **spec: Any) -> str:
        result = synthesise(internal_dns(**spec), observed or {})
        assert isinstance(result, SynthFailure), result
        return result.message

    return run


def internal_dns(*, name: str = "dns", namespace: str = "internal-dns", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dns.internal/v1alpha1",
        "kind": "InternalDNS",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"domain": "internal.example.org", **spec},
    }


def manifests(result: SynthResult) -> dict[str, dict[str, Any]]:
    return {composed.key: composed.manifest for composed in result.resources}
