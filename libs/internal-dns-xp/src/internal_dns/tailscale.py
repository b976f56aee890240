"""The fields of the Service that the Tailscale operator reads.

The operator reads a Service's annotations and its load balancer class
(tailscale, cmd/k8s-operator/svc.go). The mode `subnetRoute` needs a Connector,
which is cluster-scoped: a namespaced XR cannot compose one. So the status names
the route, and an administrator makes the Connector.
"""

from collections.abc import Mapping

from cdk8s_function import Json

from internal_dns.api.tailscale import Tailscale

LOAD_BALANCER_CLASS = "tailscale"


def annotations(tailscale: Tailscale, *, suffix: str) -> dict[str, str]:
    """Return the Service's annotations for the operator.

    Args:
        tailscale: `spec.tailscale`.
        suffix: What the machine's name ends with: two machines of a tailnet cannot have one name.
    """
    chosen: dict[str, str] = {}
    if tailscale.mode == "expose":
        chosen["tailscale.com/expose"] = "true"
    if tailscale.hostname:
        chosen["tailscale.com/hostname"] = f"{tailscale.hostname}{suffix}"
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
