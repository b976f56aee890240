"""CPU and memory of each container."""

from typing import Annotated, Self

import pydantic
from cdk8s_function import ApiModel, quantity
from pydantic import Field

from internal_dns.api.fields import Rule, checked_by
from internal_dns.api.string_types import Quantity

_NAMES = ("cpu", "memory", "ephemeral-storage")
_OTHER_NAME = f"give amounts of {', '.join(_NAMES)}"


def _named(amounts: dict[str, str]) -> dict[str, str]:
    if others := amounts.keys() - set(_NAMES):
        msg = f"{_OTHER_NAME}, not of {min(others)!r}"
        raise ValueError(msg)
    return amounts


_Amounts = Annotated[
    dict[str, Quantity],
    # Before the validator: pydantic describes a length after it as that of a string.
    Field(max_length=4),
    pydantic.AfterValidator(_named),
    Field(json_schema_extra=checked_by(Rule(f"self.all(name, name in {list(_NAMES)})", _OTHER_NAME))),
]

_EXCEEDS = "a request cannot exceed the limit of the same name"


class ContainerResources(ApiModel):
    """Requests and limits of a container."""

    requests: _Amounts = Field(default={"cpu": "10m", "memory": "64Mi"})
    """Amounts that the node reserves for the container."""

    limits: _Amounts = Field(default={"memory": "256Mi"})
    """Amounts that the container cannot exceed."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "self.requests.all(name, !(name in self.limits) || "
                "quantity(self.requests[name]).compareTo(quantity(self.limits[name])) <= 0)",
                _EXCEEDS,
            )
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for name, amount in self.requests.items():
            limit = self.limits.get(name)
            if limit and quantity(amount) > quantity(limit):
                msg = f"{_EXCEEDS}: {name} {amount!r} is more than {limit!r}"
                raise ValueError(msg)
        return self


class SidecarResources(ContainerResources):
    """Requests and limits of the sidecar."""

    requests: _Amounts = Field(default={"cpu": "10m", "memory": "32Mi"})
    """Amounts that the node reserves for the container."""

    limits: _Amounts = Field(default={"memory": "128Mi"})
    """Amounts that the container cannot exceed."""


class Resources(ApiModel):
    """CPU and memory of each container."""

    powerdns: ContainerResources = ContainerResources()
    """CPU and memory of PowerDNS, the DNS server."""

    sidecar: SidecarResources = SidecarResources()
    """CPU and memory of the sidecar, which checks what external-dns writes to PowerDNS."""

    external_dns: ContainerResources = ContainerResources()
    """CPU and memory of external-dns, which holds all ingresses in memory."""
