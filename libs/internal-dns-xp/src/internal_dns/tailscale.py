"""How the Service is offered to a tailnet by the Tailscale operator, and what it says of that.

The operator reads annotations of a Service, or its load balancer class
(tailscale, cmd/k8s-operator/svc.go). A Connector, which the mode `subnetRoute`
needs, is cluster-scoped: a namespaced XR cannot compose one, so the status names
the route for an administrator's.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pydantic
from cdk8s_function import ApiModel, Json
from pydantic import Field

from internal_dns.fields import Rule, Text, checked_by
from internal_dns.texts import MAX_ITEMS

LOAD_BALANCER_CLASS = "tailscale"


class Tailscale(ApiModel):
    """How clients of a tailnet reach the server."""

    mode: Literal["none", "expose", "loadBalancer", "subnetRoute"] = "none"
    """`none`: not at all. `expose`: the Tailscale operator proxies the Service. `loadBalancer`: so does it, and
    the status shows the address. `subnetRoute`: clients reach `service.clusterIP` through a Connector that
    advertises it."""

    hostname: (
        Annotated[
            str,
            Text(
                pattern=r"^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$",
                expected="a DNS label of two letters or more, like 'dns'",
                max_length=63,
            ),
        ]
        | None
    ) = None
    """Machine name in the tailnet, with `expose` and `loadBalancer`."""

    tags: Annotated[
        list[
            Annotated[str, Text(pattern="^tag:[a-zA-Z][a-zA-Z0-9-]*$", expected="a tag, like 'tag:dns'", max_length=63)]
        ],
        Field(max_length=MAX_ITEMS),
    ] = Field(default=[])
    """Tags of that machine; the operator must own them. Its default tags if none are given."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "self.mode in ['expose', 'loadBalancer'] || (!has(self.hostname) && self.tags.size() == 0)",
                "hostname and tags are for the modes expose and loadBalancer",
            )
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.mode in {"none", "subnetRoute"} and (self.hostname or self.tags):
            msg = f"hostname and tags are for the modes 'expose' and 'loadBalancer', not {self.mode!r}"
            raise ValueError(msg)
        return self


def annotations(tailscale: Tailscale) -> dict[str, str]:
    """Return what the operator reads of the Service."""
    chosen: dict[str, str] = {}
    if tailscale.mode == "expose":
        chosen["tailscale.com/expose"] = "true"
    if tailscale.hostname:
        chosen["tailscale.com/hostname"] = tailscale.hostname
    if tailscale.tags:
        chosen["tailscale.com/tags"] = ",".join(tailscale.tags)
    return chosen


def service_fields(tailscale: Tailscale) -> Mapping[str, Json]:
    """Return the fields of the Service's spec that say who can reach it."""
    if tailscale.mode != "loadBalancer":
        return {"type": "ClusterIP"}
    return {
        "type": "LoadBalancer",
        "loadBalancerClass": LOAD_BALANCER_CLASS,
        # The operator's proxy sends to the cluster IP; a node port would only open the server to the nodes' network.
        "allocateLoadBalancerNodePorts": False,
    }
