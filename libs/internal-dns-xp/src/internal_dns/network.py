"""The Service clients query, and the NetworkPolicy of the pod."""

from collections.abc import Mapping
from typing import Annotated

import pydantic
from cdk8s_function import ApiModel, Json
from pydantic import Field

from internal_dns import layout, tailscale
from internal_dns.fields import Rule, checked_by
from internal_dns.tailscale import Tailscale
from internal_dns.texts import MAX_ITEMS, Address, Network, ObjectName

_PORT = 53


class ServiceSpec(ApiModel):
    """The Service clients send their queries to."""

    cluster_ip: Address | None = Field(default=None, alias="clusterIP")
    """Its cluster IP; assigned by the cluster if not given. Give one that clients can keep: they configure it."""

    annotations: Annotated[dict[str, str], Field(max_length=MAX_ITEMS)] = Field(default={})
    """More annotations."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "!has(oldSelf.clusterIP) || (has(self.clusterIP) && self.clusterIP == oldSelf.clusterIP)",
                "clusterIP is immutable once given",
            )
        )
    )


class NetworkPolicySpec(ApiModel):
    """Who may talk to the pod, and to whom it may talk."""

    enabled: bool = True
    """Whether there is a NetworkPolicy."""

    clients: Annotated[list[Network], Field(max_length=64)] = Field(default=[])
    """Networks that may send queries; any if empty. A Tailscale proxy sends from its pod's address."""

    metrics_namespaces: Annotated[list[ObjectName], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Namespaces that may read metrics, on the ports 7979 (external-dns) and 9090 (the guard)."""

    api_server_ports: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(min_length=1, max_length=4)] = Field(
        default=[443, 6443]
    )
    """Ports of the cluster's API server, the only thing the pod may connect to."""


def service(chosen: ServiceSpec, offered: Tailscale, *, selector: Mapping[str, str]) -> Json:
    """Return the Service.

    Args:
        chosen: The spec's choice.
        offered: How it is offered to a tailnet.
        selector: Labels of the pod.
    """
    fields = {
        **tailscale.service_fields(offered),
        "ipFamilyPolicy": "PreferDualStack",
        # A pod is unready as soon as one container is. PowerDNS answers on while external-dns fails, with all it knew.
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


def policy(chosen: NetworkPolicySpec, *, selector: Mapping[str, str]) -> Json:
    """Return the NetworkPolicy.

    The kubelet's probes need no rule: Kubernetes lets a node reach its pods.

    Args:
        chosen: The spec's choice.
        selector: Labels of the pod.
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
            "podSelector": {"matchLabels": dict(selector)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in chosen.api_server_ports]}],
        },
    }
