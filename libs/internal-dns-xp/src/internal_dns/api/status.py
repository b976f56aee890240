"""The status of an InternalDNS: what clients need to use the server."""

from cdk8s_function import ApiModel
from pydantic import Field


class InternalDnsStatus(ApiModel):
    """Status of the DNS server."""

    zone: str | None = None
    """Domain that the server answers for."""

    nameserver_ip: str | None = Field(default=None, alias="nameserverIP")
    """Address to send queries to."""

    nameserver_ips: list[str] | None = Field(default=None, alias="nameserverIPs")
    """All addresses to send queries to, those of each replica."""

    tailnet_name: str | None = None
    """Name of the server in the tailnet."""

    route: str | None = None
    """Route for a Connector to advertise, if `tailscale.mode` is `subnetRoute`."""

    routes: list[str] | None = None
    """All routes for a Connector to advertise, one for each replica, if `tailscale.mode` is `subnetRoute`."""

    split_dns: str | None = Field(default=None, alias="splitDNS")
    """Body for Tailscale's split DNS API (PATCH /api/v2/tailnet/-/dns/split-dns). In the admin console, add the
    address as a custom nameserver that is restricted to the domain."""

    service_account: str | None = None
    """Service account that reads the sources. A ClusterRoleBinding for it grants them in all namespaces."""
