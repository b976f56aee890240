"""What each container gets of a node."""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.texts import Quantity


class ContainerResources(ApiModel):
    """What a container gets of a node."""

    requests: Annotated[dict[str, Quantity], Field(max_length=4)] = Field(default={})
    """What is kept free for it."""

    limits: Annotated[dict[str, Quantity], Field(max_length=4)] = Field(default={})
    """The most it gets."""


def _resources(*, memory: str, most: str) -> ContainerResources:
    return ContainerResources(requests={"cpu": "10m", "memory": memory}, limits={"memory": most})


class Resources(ApiModel):
    """What each container gets of a node."""

    powerdns: ContainerResources = _resources(memory="64Mi", most="256Mi")
    """The DNS server."""

    guard: ContainerResources = _resources(memory="32Mi", most="128Mi")
    """The program between external-dns and the DNS server."""

    external_dns: ContainerResources = _resources(memory="64Mi", most="256Mi")
    """external-dns; it holds all ingresses in memory."""
