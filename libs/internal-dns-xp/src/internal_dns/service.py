"""The Service that clients query."""

import ipaddress

from cdk8s_function import InvalidFieldError, Json, Observed

from internal_dns import tailscale
from internal_dns.api.service import ServiceSpec
from internal_dns.api.tailscale import Tailscale
from internal_dns.replica import Replica

_PORT = 53


def manifest(chosen: ServiceSpec, offered: Tailscale, *, replica: Replica, observed: Observed | None) -> Json:
    """Return the Service of a replica.

    Args:
        chosen: `spec.service`.
        offered: `spec.tailscale`.
        replica: The replica.
        observed: The replica's observed Service; None before there is one.

    Raises:
        InvalidFieldError: If the observed Service has another cluster IP, which the API server does not change.
    """
    fields = {
        **tailscale.service_fields(offered),
        "ipFamilyPolicy": "PreferDualStack",
        # One unready container makes the pod unready. While external-dns fails, PowerDNS still answers with all it has.
        "publishNotReadyAddresses": True,
        "selector": dict(replica.labels),
        "ports": [
            {"name": "dns", "port": _PORT, "targetPort": "dns", "protocol": "UDP"},
            {"name": "dns-tcp", "port": _PORT, "targetPort": "dns-tcp", "protocol": "TCP"},
        ],
    }
    if cluster_ip := _cluster_ip(chosen, replica, observed):
        fields["clusterIP"] = cluster_ip
    annotations = {**chosen.annotations, **tailscale.annotations(offered, suffix=replica.suffix)}
    metadata = {"annotations": annotations} if annotations else {}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": fields}


def _cluster_ip(chosen: ServiceSpec, replica: Replica, observed: Observed | None) -> str | None:
    field, given = "spec.service.clusterIP", chosen.cluster_ip
    if replica.number > 1:
        field, given = "spec.service.secondClusterIP", chosen.second_cluster_ip
    # With two families it is the first of spec.clusterIPs, which is immutable.
    present: str | None = observed.field("spec", "clusterIP") if observed else None
    if not given or not present or present == "None":
        return given
    if ipaddress.ip_address(given) != ipaddress.ip_address(present):
        reason = f"the Service has {present!r} and cannot change to {given!r}"
        remedy = f"give {present!r} or leave it out, or delete the Service to have it made again"
        raise InvalidFieldError(field, f"{reason}; {remedy}")
    # The API server compares text: fd00:0::53 would be a change of fd00::53.
    return present
