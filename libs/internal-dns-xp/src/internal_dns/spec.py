"""The spec of an InternalDNS: what people ask for, with defaults and checks.

This model, with the parts that other modules have, is the one source of the XRD
and of the validation of each reconcile. What Kubernetes can check is in the
schema, so that `kubectl apply` refuses it; Python checks it again, and what a
schema cannot say (records, label selectors), for whoever renders without a
cluster.
"""

from typing import Annotated, Literal, Self

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns import releases
from internal_dns.dns_names import Domain
from internal_dns.fields import Rule, Text, checked_by
from internal_dns.images import Images
from internal_dns.network import NetworkPolicySpec, ServiceSpec
from internal_dns.resources import Resources
from internal_dns.selectors import LabelSelector
from internal_dns.static_record import Record
from internal_dns.tailscale import Tailscale
from internal_dns.texts import MAX_ITEMS, Address, ObjectName, StorageSize
from internal_dns.versions import ExternalDnsVersion, PowerDnsVersion

_MAX_RECORDS = 200


_ONE_OR_ALL = "external-dns watches one namespace or all: leave it empty and choose by ingressClasses or labelSelector"


def _one_or_all(namespaces: list[str]) -> list[str]:
    if len(namespaces) > 1:
        raise ValueError(_ONE_OR_ALL)
    return namespaces


class Targets(ApiModel):
    """What names resolve to."""

    default: Annotated[list[Address], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Addresses every name resolves to, instead of those in the status and the target annotation of its
    Ingress or Gateway. An Ingress without any address in its status still gets no record."""


Source = Literal["ingress", "gateway-httproute"]


class InternalDnsSpec(ApiModel):
    """What an InternalDNS asks for."""

    domain: Domain
    """Domain to answer for. Hosts of ingresses below it get records, other hosts get none."""

    storage_size: StorageSize = "1Gi"
    """Size of the volume with the records."""

    storage_class_name: ObjectName | None = None
    """Storage class of that volume, for a local or block device: SQLite's WAL does not work over a network file
    system. The cluster's default if not given."""

    external_dns_version: ExternalDnsVersion = releases.EXTERNAL_DNS.version
    """Version of external-dns."""

    powerdns_version: PowerDnsVersion = releases.POWERDNS.version
    """Version of PowerDNS."""

    images: Images = Images()
    """Where the images come from, for mirrors and pinned digests."""

    sync_interval: Annotated[
        str, Text(pattern="^([5-9]|[1-4][0-9]|5[0-5])s$", expected="from '5s' to '55s'", max_length=3)
    ] = "30s"
    """How often all ingresses are compared with all records. A change is seen at once, in some 6 seconds; this is
    for a change whose event got lost."""

    ttl: Annotated[int, Field(ge=5, le=86400)] = 60
    """Seconds a client may keep an answer; an Ingress may set its own with the ttl annotation."""

    sources: Annotated[
        list[Source], Field(min_length=1, max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = Field(default=["ingress"])
    """What names come from: `ingress`, `gateway-httproute`."""

    namespaces: Annotated[
        list[ObjectName],
        pydantic.AfterValidator(_one_or_all),
        Field(max_length=MAX_ITEMS, json_schema_extra=checked_by(Rule("self.size() <= 1", _ONE_OR_ALL))),
    ] = Field(default=[])
    """The namespace whose sources count; all if empty. external-dns watches one or all."""

    ingress_classes: Annotated[list[ObjectName], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Ingress classes that count; any if empty."""

    label_selector: LabelSelector = ""
    """Labels of the sources that count, like `dns=internal,tier in (web, api)`; any if empty."""

    targets: Targets = Targets()
    """What names resolve to, where not to the addresses of their load balancer."""

    records: Annotated[
        list[Record],
        Field(
            max_length=_MAX_RECORDS,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "type"]},
        ),
    ] = Field(default=[])
    """Records besides those of the sources. They win over a source of the same name."""

    tailscale: Tailscale = Tailscale()
    """How clients of a tailnet reach the server."""

    service: ServiceSpec = ServiceSpec()
    """The Service clients send their queries to."""

    resources: Resources = Resources()
    """What each container gets of a node."""

    network_policy: NetworkPolicySpec = NetworkPolicySpec()
    """Who may talk to the pod."""

    model_config = pydantic.ConfigDict(
        json_schema_extra=checked_by(
            Rule(
                "has(self.storageClassName) == has(oldSelf.storageClassName) && "
                "(!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)",
                "storageClassName is immutable: move the volume as docs/operations.md says",
            ),
            Rule(
                "self.tailscale.mode != 'subnetRoute' || has(self.service.clusterIP)",
                "tailscale.mode subnetRoute needs service.clusterIP: the route is made for that address",
            ),
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.tailscale.mode == "subnetRoute" and self.service.cluster_ip is None:
            msg = "tailscale.mode 'subnetRoute' needs service.clusterIP: the route is made for that address"
            raise ValueError(msg)
        for record in self.records:
            if len(record.name) + len(self.domain) + 1 > 253:  # noqa: PLR2004  # RFC 1035, 2.3.4
                msg = f"records: {record.name!r} below {self.domain!r} is longer than 253 letters"
                raise ValueError(msg)
        types: dict[str, set[str]] = {}
        for record in self.records:
            of_name = types.setdefault(record.name, set())
            if record.type in of_name:
                msg = f"records: {record.name!r} has two entries of type {record.type}; join their values"
                raise ValueError(msg)
            of_name.add(record.type)
        for name, of_name in types.items():
            if "CNAME" in of_name and len(of_name) > 1:
                msg = f"records: {name!r} is a CNAME and can have no other records (RFC 1034, 3.6.2)"
                raise ValueError(msg)
        return self

    @property
    def sync_seconds(self) -> int:
        """The sync interval in seconds."""
        return int(self.sync_interval.removesuffix("s"))
