"""The chart, composed as the function composes it.

This is the one place of this library that imports more than the public names of
`cdk8s_function`: charts have no test kit yet.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdk8s_function.chart import spec_validation
from cdk8s_function.errors import FatalError
from cdk8s_function.kernel.node import runtime
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.schema import xrd
from internal_dns.api.spec import InternalDnsSpec

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
    """Return a function that returns the message with which an InternalDNS of a spec is refused."""

    def run(*, observed: Mapping[str, Any] | None = None, **spec: Any) -> str:
        result = synthesise(internal_dns(**spec), observed or {})
        assert isinstance(result, SynthFailure), result
        return result.message

    return run


@pytest.fixture(scope="session")
def load() -> Callable[..., InternalDnsSpec]:
    """Return a function that validates a spec, as each reconcile does."""

    def run(**fields: Any) -> InternalDnsSpec:
        return spec_validation.load(InternalDnsSpec, spec={"domain": "internal.example.org", **fields}, props={})

    return run


@pytest.fixture(scope="session")
def refusal(load: Callable[..., InternalDnsSpec]) -> Refuse:
    """Return a function that returns the message with which a spec is refused."""

    def run(**fields: Any) -> str:
        with pytest.raises(FatalError) as error:
            load(**fields)
        return str(error.value)

    return run


@pytest.fixture(scope="session")
def definition(synthesise: object) -> Mapping[str, Any]:  # noqa: ARG001  # It configures what the import starts.
    """Return the XRD made from the models."""
    from internal_dns.chart import InternalDns

    return xrd.of(InternalDns.composite_type)


def internal_dns(*, name: str = "dns", namespace: str = "internal-dns", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dns.internal/v1alpha1",
        "kind": "InternalDNS",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"domain": "internal.example.org", **spec},
    }
