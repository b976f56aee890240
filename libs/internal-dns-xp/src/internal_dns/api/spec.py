"""The spec of an InternalDNS: its fields, defaults and checks.

The XRD is generated from this model, and each reconcile validates the spec with
it. All that Kubernetes can check is in the schema, so that `kubectl apply`
refuses a bad value. Python repeats these checks for renders without a cluster,
and also checks what a schema cannot express (records, label selectors).
"""

from typing import Annotated, Self

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api import releases, static_records
from internal_dns.api.dns_names import Domain
from internal_dns.api.fields import Rule, StringType, checked_by
from internal_dns.api.images import Images
from internal_dns.api.network_policy import NetworkPolicySpec
from internal_dns.api.resources import Resources
from internal_dns.api.selectors import LabelSelector
from internal_dns.api.service import ServiceSpec
from internal_dns.api.sources import Source
from internal_dns.api.static_record import StaticRecord
from internal_dns.api.string_types import MAX_ITEMS, Address, ObjectName, StorageSize
from internal_dns.api.tailscale import Tailscale
from internal_dns.api.versions import ExternalDnsVersion, PowerDnsVersion

_MAX_RECORDS = 200

_MAX_MACHINE = 61
"""Letters of a machine's name that leave room for "-2" in a DNS label (RFC 1035, 2.3.4)."""

_LONG_MACHINE = (
    f"tailscale.hostname has at most {_MAX_MACHINE} letters with 2 replicas: the second machine's name ends with -2"
)

_ONE_OR_ALL = "external-dns watches one namespace or all: leave it empty and choose by ingressClasses or labelSelector"


def _one_or_all(namespaces: list[str]) -> list[str]:
    if len(namespaces) > 1:
        raise ValueError(_ONE_OR_ALL)
    return namespaces


class Targets(ApiModel):
    """Addresses that names resolve to."""

    default: Annotated[list[Address], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Addresses that every name resolves to, instead of those in the status or the target annotation of its
    Ingress, Gateway or Service. An object without an address in its status still gets no record."""


class InternalDnsSpec(ApiModel):
    """Settings of the DNS server."""

    domain: Domain
    """Domain that the server answers for. Hosts below it get records; other hosts get none."""

    replicas: Annotated[int, Field(ge=1, le=2)] = 1
    """Number of servers. Each of two has an address, a volume and an external-dns of its own, and knows all names, so
    clients that ask both never wait for a pod that restarts."""

    storage_size: StorageSize = "1Gi"
    """Size of the volume that holds the database. Each replica has one."""

    storage_class_name: ObjectName | None = None
    """Storage class of the volume. If not given, the cluster's default. It must provide local or block devices:
    SQLite's write-ahead log does not work on a network file system."""

    external_dns_version: ExternalDnsVersion = releases.EXTERNAL_DNS.version
    """Version of external-dns."""

    powerdns_version: PowerDnsVersion = releases.POWERDNS.version
    """Version of PowerDNS."""

    images: Images = Images()
    """Where the container images come from, for mirrors and pinned digests."""

    sync_interval: Annotated[
        str, StringType(pattern="^([5-9]|[1-4][0-9]|5[0-5])s$", expected="from '5s' to '55s'", max_length=3)
    ] = "30s"
    """How often external-dns compares all sources with all records. A change usually reaches it as an event, within
    about 6 seconds; the comparison finds changes whose event was lost."""

    ttl: Annotated[int, Field(ge=5, le=86400)] = 60
    """Seconds that a client may cache an answer. The ttl annotation of an Ingress, HTTPRoute or Service overrides
    it."""

    sources: Annotated[
        list[Annotated[Source, Field(description=Source.describe())]],
        Field(min_length=1, max_length=len(Source), json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = Field(default=[Source.INGRESS])
    """Kinds of objects that names come from."""

    namespaces: Annotated[
        list[ObjectName],
        pydantic.AfterValidator(_one_or_all),
        Field(max_length=MAX_ITEMS, json_schema_extra=checked_by(Rule("self.size() <= 1", _ONE_OR_ALL))),
    ] = Field(default=[])
    """Namespace that names come from. If empty, all namespaces: external-dns watches one namespace or all."""

    ingress_classes: Annotated[list[ObjectName], Field(max_length=MAX_ITEMS)] = Field(default=[])
    """Ingress classes that names come from. If empty, all classes."""

    label_selector: LabelSelector = ""
    """Label selector of the objects that names come from, like `dns=internal,tier in (web, api)`. If empty, all
    objects."""

    targets: Targets = Targets()
    """Addresses that names resolve to, instead of the addresses of their load balancers."""

    records: Annotated[
        list[StaticRecord],
        Field(
            max_length=_MAX_RECORDS,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "type"]},
        ),
    ] = Field(default=[])
    """Static records, in addition to those of the sources. A static record takes precedence over a source with the
    same name."""

    tailscale: Tailscale = Tailscale()
    """How clients of a tailnet reach the server."""

    service: ServiceSpec = ServiceSpec()
    """The Service that clients send their queries to."""

    resources: Resources = Resources()
    """CPU and memory of each container. Each amount is text, in quotes if it is a number: `cpu: "1"`."""

    network_policy: NetworkPolicySpec = NetworkPolicySpec()
    """Which connections the pod accepts and makes."""

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
            Rule(
                "self.replicas == 1 || self.tailscale.mode != 'subnetRoute' || has(self.service.secondClusterIP)",
                "tailscale.mode subnetRoute with 2 replicas needs service.secondClusterIP: "
                "the second route is made for that address",
            ),
            Rule(
                "self.replicas == 1 || !has(self.tailscale.hostname) || "
                f"self.tailscale.hostname.size() <= {_MAX_MACHINE}",
                _LONG_MACHINE,
            ),
        )
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.tailscale.mode == "subnetRoute" and self.service.cluster_ip is None:
            msg = "tailscale.mode 'subnetRoute' needs service.clusterIP: the route is made for that address"
            raise ValueError(msg)
        self._check_second()
        static_records.check(self.records, self.domain)
        return self

    def _check_second(self) -> None:
        if self.replicas == 1:
            return
        if self.tailscale.mode == "subnetRoute" and self.service.second_cluster_ip is None:
            msg = (
                "tailscale.mode 'subnetRoute' with 2 replicas needs service.secondClusterIP: "
                "the second route is made for that address"
            )
            raise ValueError(msg)
        if len(self.tailscale.hostname or "") > _MAX_MACHINE:
            raise ValueError(_LONG_MACHINE)

    @property
    def sync_seconds(self) -> int:
        """The sync interval in seconds."""
        return int(self.sync_interval.removesuffix("s"))
