"""The XR's status and conditions, from the observed objects."""

import dataclasses
import json
from collections.abc import Sequence

from cdk8s_function import Composite, Observed

from internal_dns import access
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.api.status import InternalDnsStatus


@dataclasses.dataclass(frozen=True, kw_only=True)
class Addresses:
    """The server's addresses.

    Attributes:
        cluster: Its cluster IPs.
        tailnet: Its addresses in the tailnet that the Service's status has.
        tailnet_name: Its name in the tailnet, if known.
    """

    cluster: Sequence[str] = ()
    tailnet: Sequence[str] = ()
    tailnet_name: str | None = None

    def of_clients(self, spec: InternalDnsSpec) -> Sequence[str]:
        """Return the addresses clients send their queries to."""
        match spec.tailscale.mode:
            case "loadBalancer":
                return self.tailnet
            case "expose":
                return ()
            case "subnetRoute":
                # The route covers the address of the spec, and no second one of another family.
                return self.cluster[:1]
            case _:
                return self.cluster


def addresses(spec: InternalDnsSpec, service: Observed | None) -> Addresses:
    """Return the server's addresses.

    Args:
        spec: The spec.
        service: The observed Service; None before there is one.
    """
    if service is None:
        return Addresses()
    cluster_ips: list[str] = service.field("spec", "clusterIPs", default=[])
    balancers: list[dict[str, str]] = service.field("status", "loadBalancer", "ingress", default=[])
    names = [each["hostname"] for each in balancers if "hostname" in each]
    return Addresses(
        cluster=[address for address in cluster_ips if address != "None"],
        tailnet=[each["ip"] for each in balancers if "ip" in each],
        tailnet_name=names[0] if names else spec.tailscale.hostname,
    )


def tell(composite: Composite[InternalDnsSpec], found: Addresses) -> None:
    """Set the XR's status and conditions.

    Args:
        composite: The XR.
        found: The server's addresses.
    """
    spec = composite.spec
    reachable = list(found.of_clients(spec))
    is_routed = spec.tailscale.mode == "subnetRoute" and reachable
    composite.set_status(
        InternalDnsStatus(
            zone=spec.domain,
            nameserverIP=reachable[0] if reachable else None,
            nameserverIPs=reachable or None,
            tailnet_name=found.tailnet_name,
            route=_route(reachable[0]) if is_routed else None,
            splitDNS=json.dumps({spec.domain: reachable}) if reachable and spec.tailscale.mode != "none" else None,
            service_account=access.account_name(composite.name),
        )
    )
    _tell_reachable(composite, reachable)
    _tell_serving(composite)


def _route(address: str) -> str:
    return f"{address}/128" if ":" in address else f"{address}/32"


def _tell_reachable(composite: Composite[InternalDnsSpec], reachable: Sequence[str]) -> None:
    if reachable:
        composite.set_condition("AddressKnown", status=True, reason="Assigned")
        return
    match composite.spec.tailscale.mode:
        case "expose":
            reason, message = (
                "NotReported",
                "the Tailscale operator writes this address nowhere in the cluster; read it in the admin console",
            )
        case "loadBalancer":
            reason, message = "Waiting", "the Tailscale operator has not given the Service an address"
        case _:
            reason, message = "Waiting", "the cluster has not given the Service an address"
    composite.set_condition("AddressKnown", status=False, reason=reason, message=message)


def _tell_serving(composite: Composite[InternalDnsSpec]) -> None:
    deployment = composite.observed.get("deployment")
    available = deployment.condition("Available") if deployment else "Unknown"
    if available == "True":
        composite.set_condition("Serving", status=True, reason="Synced")
        return
    message = "the zone does not yet have the hosts of the sources"
    if not access.is_local(composite.spec, composite.namespace):
        account = access.account_name(composite.name)
        message = f"{message}; service account {account!r} needs a ClusterRoleBinding to read them"
    composite.set_condition("Serving", None if available == "Unknown" else False, reason="NotReady", message=message)
