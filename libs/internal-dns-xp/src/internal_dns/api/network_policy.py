"""`spec.networkPolicy`: the pod's NetworkPolicy."""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api.string_types import MAX_ITEMS, Network, ObjectName


class NetworkPolicySpec(ApiModel):
    """Which connections the pod accepts and makes."""

    enabled: bool = True
    """Whether to make a NetworkPolicy."""

    clients: Annotated[list[Network], Field(max_length=64)] = Field(default=[])
    """Networks that may send queries. If empty, all networks. Queries through a Tailscale proxy come from the address
    of the proxy's pod."""

    metrics_namespaces: Annotated[list[ObjectName], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Namespaces that may read metrics, on the ports 7979 (external-dns) and 9090 (sidecar)."""

    api_server_ports: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(min_length=1, max_length=4)] = Field(
        default=[443, 6443]
    )
    """Ports of the cluster's API server. The pod may connect to these TCP ports, of any address, and to nothing
    else. `kubectl get endpoints kubernetes -n default` shows the port behind its Service."""
