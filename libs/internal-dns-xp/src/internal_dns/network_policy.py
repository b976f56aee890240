"""The NetworkPolicy of the pods."""

from cdk8s_function import Json

from internal_dns import layout
from internal_dns.api.network_policy import NetworkPolicySpec


def manifest(chosen: NetworkPolicySpec, *, selector: Json) -> Json:
    """Return the NetworkPolicy.

    The kubelet's probes need no rule: Kubernetes lets a node reach its pods.

    Args:
        chosen: `spec.networkPolicy`.
        selector: Label selector of the pods.
    """
    queries: dict[str, Json] = {
        "ports": [{"port": layout.DNS_PORT, "protocol": "UDP"}, {"port": layout.DNS_PORT, "protocol": "TCP"}]
    }
    if chosen.clients:
        queries["from"] = [{"ipBlock": {"cidr": network}} for network in chosen.clients]
    ingress = [queries]
    if chosen.metrics_namespaces:
        ingress.append(
            {
                "ports": [
                    {"port": layout.EXTERNAL_DNS_PORT, "protocol": "TCP"},
                    {"port": layout.HEALTH_PORT, "protocol": "TCP"},
                ],
                "from": [
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
                    for namespace in chosen.metrics_namespaces
                ],
            }
        )
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in chosen.api_server_ports]}],
        },
    }
