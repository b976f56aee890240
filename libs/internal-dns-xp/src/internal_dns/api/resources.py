"""CPU and memory of each container."""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api.string_types import Quantity


class ContainerResources(ApiModel):
    """Requests and limits of a container."""

    requests: Annotated[dict[str, Quantity], Field(max_length=4)] = Field(default={})
    """Amounts that the node reserves for the container."""

    limits: Annotated[dict[str, Quantity], Field(max_length=4)] = Field(default={})
    """Amounts that the container cannot exceed."""


def _resources(*, memory: str, memory_limit: str) -> ContainerResources:
    return ContainerResources(requests={"cpu": "10m", "memory": memory}, limits={"memory": memory_limit})


class Resources(ApiModel):
    """CPU and memory of each container."""

    powerdns: ContainerResources = _resources(memory="64Mi", memory_limit="256Mi")
    """CPU and memory of PowerDNS, the DNS server."""

    sidecar: ContainerResources = _resources(memory="32Mi", memory_limit="128Mi")
    """CPU and memory of the sidecar, which checks what external-dns writes to PowerDNS."""

    external_dns: ContainerResources = _resources(memory="64Mi", memory_limit="256Mi")
    """CPU and memory of external-dns, which holds all ingresses in memory."""
