"""The Service that clients query."""

from cdk8s_function import Json

from internal_dns import tailscale
from internal_dns.api.service import ServiceSpec
from internal_dns.api.tailscale import Tailscale
from internal_dns.replica import Replica

_PORT = 53


def manifest(chosen: ServiceSpec, offered: Tailscale, *, replica: Replica) -> Json:
    """Return the Service of a replica.

    Args:
        chosen: `spec.service`.
        offered: `spec.tailscale`.
        replica: The replica.
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
    if cluster_ip := chosen.cluster_ip if replica.number == 1 else chosen.second_cluster_ip:
        fields["clusterIP"] = cluster_ip
    annotations = {**chosen.annotations, **tailscale.annotations(offered, suffix=replica.suffix)}
    metadata = {"annotations": annotations} if annotations else {}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": fields}
