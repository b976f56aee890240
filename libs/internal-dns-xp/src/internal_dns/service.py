"""The Service that clients query."""

from collections.abc import Mapping

from cdk8s_function import Json

from internal_dns import tailscale
from internal_dns.api.service import ServiceSpec
from internal_dns.api.tailscale import Tailscale

_PORT = 53


def manifest(chosen: ServiceSpec, offered: Tailscale, *, selector: Mapping[str, str]) -> Json:
    """Return the Service.

    Args:
        chosen: `spec.service`.
        offered: `spec.tailscale`.
        selector: Labels of the pod.
    """
    fields = {
        **tailscale.service_fields(offered),
        "ipFamilyPolicy": "PreferDualStack",
        # One unready container makes the pod unready. While external-dns fails, PowerDNS still answers with all it has.
        "publishNotReadyAddresses": True,
        "selector": dict(selector),
        "ports": [
            {"name": "dns", "port": _PORT, "targetPort": "dns", "protocol": "UDP"},
            {"name": "dns-tcp", "port": _PORT, "targetPort": "dns-tcp", "protocol": "TCP"},
        ],
    }
    if chosen.cluster_ip:
        fields["clusterIP"] = chosen.cluster_ip
    annotations = {**chosen.annotations, **tailscale.annotations(offered)}
    metadata = {"annotations": annotations} if annotations else {}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": fields}
