"""`spec.images`: mirrors, digests and pull secrets of the container images."""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api import releases
from internal_dns.api.string_types import MAX_ITEMS, Digest, ObjectName, Registry


class PowerDnsImage(ApiModel):
    """Where PowerDNS' image comes from."""

    registry: Registry = releases.POWERDNS.registry
    """Registry of the image, or a mirror with the same repositories: `powerdns/pdns-auth-50` for PowerDNS 5.0,
    `powerdns/pdns-auth-51` for 5.1."""

    digest: Digest | None = None
    """Digest that the image of this version must have. Not needed for the default version from the default
    registry: its digest is built in."""


class ExternalDnsImage(ApiModel):
    """Where external-dns' image comes from."""

    registry: Registry = releases.EXTERNAL_DNS.registry
    """Registry of the image, or a mirror with the same repository, `external-dns/external-dns`."""

    digest: Digest | None = None
    """Digest that the image of this version must have. Not needed for the default version from the default
    registry: its digest is built in."""


class Images(ApiModel):
    """Where the images come from."""

    powerdns: PowerDnsImage = PowerDnsImage()
    """Image of PowerDNS. The sidecar also uses this image, and its Python."""

    external_dns: ExternalDnsImage = ExternalDnsImage()
    """Image of external-dns."""

    pull_secrets: Annotated[
        list[ObjectName], Field(max_length=MAX_ITEMS, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = Field(default=[])
    """Secrets, in the namespace of the InternalDNS, to pull the images with."""
