"""The chart, composed as the function composes it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from cdk8s_function.testing import Reconcile, Scenario
from internal_dns.api.spec import InternalDnsSpec

Compose = Callable[..., Reconcile]
Refuse = Callable[..., str]


@pytest.fixture
def scenario(chart: Callable[..., Scenario]) -> Callable[..., Scenario]:
    """Return a function that begins a scenario of an InternalDNS of a spec."""

    def run(
        *, observed: Mapping[str, Any] | None = None, required: Sequence[Mapping[str, Any]] = (), **spec: Any
    ) -> Scenario:
        return chart(internal_dns(**spec), observed=observed, required=required)

    return run


@pytest.fixture
def compose(chart: Callable[..., Scenario]) -> Compose:
    """Return a function that composes an InternalDNS of a spec once, beside objects that exist already."""

    def run(
        *, observed: Mapping[str, Any] | None = None, xr: Mapping[str, Any] | None = None, **spec: Any
    ) -> Reconcile:
        return chart(xr or internal_dns(**spec), observed=observed).last

    return run


@pytest.fixture
def refuse(scenario: Callable[..., Scenario]) -> Refuse:
    """Return a function that returns the message with which an InternalDNS of a spec is refused."""

    def run(*, observed: Mapping[str, Any] | None = None, **spec: Any) -> str:
        return scenario(observed=observed, **spec).refusal()

    return run


@pytest.fixture
def load() -> Callable[..., InternalDnsSpec]:
    """Return a function that validates a spec, as each reconcile does."""

    def run(**fields: Any) -> InternalDnsSpec:
        return InternalDnsSpec.model_validate({"domain": "internal.example.org", **fields})

    return run


def internal_dns(*, name: str = "dns", namespace: str = "internal-dns", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dns.internal/v1alpha1",
        "kind": "InternalDNS",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"domain": "internal.example.org", **spec},
    }
