"""The sources of names: for each, its objects, and the API resources that external-dns reads.

`Source` is the only list of sources, a row for each. The spec, external-dns'
arguments and the Role that the chart composes are made from it. Tests compare the manifests in
`access/` and the table in the documentation with it.
"""

import dataclasses
import enum
from collections.abc import Iterable, Sequence
from typing import Self

from cdk8s_function import Json


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reads:
    """Resources of one API group that external-dns reads for a source.

    Attributes:
        api_group: The API group; "" is Kubernetes' core group.
        resources: Their plural names.
        is_namespaced: Whether they are in namespaces, so that a Role can grant them.
        is_custom: Whether custom resource definitions (CRDs) define them.
    """

    api_group: str
    resources: Sequence[str]
    is_namespaced: bool = True
    is_custom: bool = False

    @property
    def names(self) -> Sequence[str]:
        """Their full names, as in `kubectl get` and in a CRD: `gateways.gateway.networking.k8s.io`."""
        return [f"{resource}.{self.api_group}".rstrip(".") for resource in self.resources]

    @property
    def rule(self) -> Json:
        """The rule of a Role that grants reading them."""
        return {"apiGroups": [self.api_group], "resources": list(self.resources), "verbs": ["get", "list", "watch"]}


_GATEWAY_API = "gateway.networking.k8s.io"


class Source(enum.StrEnum):
    """A source; its value is the name that external-dns' `--source` takes.

    Attributes:
        objects: The objects that names come from, in words.
        reads: What external-dns reads.
        manifest: The file in `access/` that lets external-dns read it in all namespaces.
        arguments: Arguments that external-dns needs for it, besides its name.
    """

    objects: str
    reads: Sequence[Reads]
    manifest: str
    arguments: Sequence[str]

    INGRESS = (
        "ingress",
        "Ingresses",
        (Reads(api_group="networking.k8s.io", resources=["ingresses"]),),
        "sources.yaml",
        # A rule's host is what a client asks for. A wildcard certificate would make every name below it resolve.
        ("--ignore-ingress-tls-spec",),
    )
    SERVICE = (
        "service",
        "Services of type LoadBalancer with the hostname annotation",
        (Reads(api_group="", resources=["services"]),),
        "service-sources.yaml",
        # For the other types external-dns would read nodes, pods and EndpointSlices too.
        ("--service-type-filter=LoadBalancer",),
    )
    GATEWAY_HTTPROUTE = (
        "gateway-httproute",
        "HTTPRoutes, with the addresses of their Gateways",
        (
            Reads(api_group=_GATEWAY_API, resources=["gateways", "httproutes"], is_custom=True),
            # A Gateway's listener can choose the namespaces of its routes by their labels.
            Reads(api_group="", resources=["namespaces"], is_namespaced=False),
        ),
        "gateway-sources.yaml",
        (),
    )

    def __new__(cls, name: str, objects: str, reads: Sequence[Reads], manifest: str, arguments: Sequence[str]) -> Self:
        """Make a member that is equal to its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.objects = objects
        member.reads = reads
        member.manifest = manifest
        member.arguments = arguments
        return member

    @classmethod
    def describe(cls) -> str:
        """Return a description of each source, on one line."""
        return " ".join(f"`{source}`: {source.objects}." for source in cls)

    @property
    def is_namespaced(self) -> bool:
        """Whether a Role is enough to read it in one namespace."""
        return all(each.is_namespaced for each in self.reads)

    @property
    def definitions(self) -> Sequence[str]:
        """Names of the custom resource definitions that the cluster needs."""
        return [name for each in self.reads if each.is_custom for name in each.names]


def rules(sources: Iterable[Source]) -> list[Json]:
    """Return the rules of a Role that lets external-dns read sources."""
    return [each.rule for source in sources for each in source.reads]
