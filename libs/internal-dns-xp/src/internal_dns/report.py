"""The XR's status and conditions, from the observed objects."""

import dataclasses
import json
from collections.abc import Sequence

from cdk8s_function import Composite, Observed

from internal_dns import access
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.api.status import InternalDnsStatus
from internal_dns.readiness import Readiness
from internal_dns.replica import INSTANCE_LABEL, Replica

_KEPT = "until it is ready, the other one answers and keeps its settings and version"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Addresses:
    """The addresses of one replica.

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


def addresses(spec: InternalDnsSpec, replica: Replica, service: Observed | None) -> Addresses:
    """Return the addresses of a replica.

    Args:
        spec: The spec.
        replica: The replica.
        service: Its observed Service; None before there is one.
    """
    if service is None:
        return Addresses()
    cluster_ips: list[str] = service.field("spec", "clusterIPs", default=[])
    balancers: list[dict[str, str]] = service.field("status", "loadBalancer", "ingress", default=[])
    names = [each["hostname"] for each in balancers if "hostname" in each]
    machine = f"{spec.tailscale.hostname}{replica.suffix}" if spec.tailscale.hostname else None
    return Addresses(
        cluster=[address for address in cluster_ips if address != "None"],
        tailnet=[each["ip"] for each in balancers if "ip" in each],
        tailnet_name=names[0] if names else machine,
    )


def of_nameserver(spec: InternalDnsSpec, found: Sequence[Addresses]) -> Sequence[str]:
    """Return the addresses that the nameserver's own name has: those of every replica.

    Args:
        spec: The spec.
        found: The addresses of each replica.
    """
    return [address for each in found for address in each.of_clients(spec) or each.cluster]


def tell(composite: Composite[InternalDnsSpec], found: Sequence[Addresses], of_each: Sequence[Readiness]) -> None:
    """Set the XR's status and conditions.

    Args:
        composite: The XR.
        found: The addresses of each replica.
        of_each: The readiness of each replica.
    """
    spec = composite.spec
    of_clients = [list(each.of_clients(spec)) for each in found]
    reachable = [address for each in of_clients for address in each]
    routes = [_route(each[0]) for each in of_clients if each] if spec.tailscale.mode == "subnetRoute" else []
    composite.set_status(
        InternalDnsStatus(
            zone=spec.domain,
            nameserverIP=reachable[0] if reachable else None,
            nameserverIPs=reachable or None,
            tailnet_name=found[0].tailnet_name,
            route=routes[0] if routes else None,
            routes=routes or None,
            splitDNS=json.dumps({spec.domain: reachable}) if reachable and spec.tailscale.mode != "none" else None,
            service_account=access.account_name(composite.name),
        )
    )
    _tell_reachable(composite, of_clients)
    _tell_serving(composite, of_each)
    _tell_fresh(composite, of_each)


def _route(address: str) -> str:
    return f"{address}/128" if ":" in address else f"{address}/32"


def _tell_reachable(composite: Composite[InternalDnsSpec], of_each: Sequence[Sequence[str]]) -> None:
    unknown = [number for number, addresses in enumerate(of_each, start=1) if not addresses]
    if not unknown:
        composite.set_condition("AddressKnown", status=True, reason="Assigned")
        return
    match composite.spec.tailscale.mode:
        case "expose":
            reason, message = (
                "NotReported",
                "the Tailscale operator writes this address nowhere in the cluster; read it in the admin console",
            )
        case "loadBalancer":
            reason = "Waiting"
            message = f"the Tailscale operator has not given the Service an address: {_describe(composite)} shows why"
        case _:
            reason = "Waiting"
            message = f"the cluster has not given the Service an address: {_describe(composite)} shows why"
    composite.set_condition(
        "AddressKnown", status=False, reason=reason, message=_of_replicas(of_each, unknown, message)
    )


def _describe(composite: Composite[InternalDnsSpec]) -> str:
    return f"kubectl describe -n {composite.namespace} service -l {INSTANCE_LABEL}={composite.name}"


def _tell_serving(composite: Composite[InternalDnsSpec], of_each: Sequence[Readiness]) -> None:
    failing = [number for number, each in enumerate(of_each, start=1) if not each.is_serving]
    if not failing:
        is_stale = not all(each.is_fresh for each in of_each)
        composite.set_condition("Serving", status=True, reason="Stale" if is_stale else "Synced")
        return
    message = _of_replicas(of_each, failing, of_each[failing[0] - 1].reason)
    if len(failing) < len(of_each):
        composite.set_condition("Serving", status=True, reason="Degraded", message=f"{message}; {_KEPT}")
        return
    status = None if all(each.is_serving is None for each in of_each) else False
    composite.set_condition("Serving", status, reason="NotReady", message=message)


def _tell_fresh(composite: Composite[InternalDnsSpec], of_each: Sequence[Readiness]) -> None:
    stale = [number for number, each in enumerate(of_each, start=1) if not each.is_fresh]
    if not stale:
        composite.set_condition("Fresh", status=True, reason="ChangesReachClients")
        return
    first = of_each[stale[0] - 1]
    if first.is_fresh is None:
        message = _of_replicas(of_each, stale, "it is not known whether changes reach clients")
        composite.set_condition("Fresh", None, reason="NotKnown", message=message)
        return
    message = (
        "changes do not reach clients, and records stay as they are: the log of the container 'sidecar' says why; "
        f"if PersistentVolumeClaim {first.volume!r} is full, give a larger spec.storageSize if its storage class "
        "can expand volumes"
    )
    composite.set_condition("Fresh", status=False, reason="Stale", message=_of_replicas(of_each, stale, message))


def _of_replicas(all_: Sequence[object], numbers: Sequence[int], message: str) -> str:
    """Return a message about some replicas; with all of them it names none."""
    if len(numbers) == len(all_):
        return message
    return f"replica {numbers[0]} of {len(all_)}: {message}"
