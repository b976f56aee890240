"""Where the images come from: mirrors, digests, and the references made of them and of versions."""

from typing import Annotated

from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns import releases, versions
from internal_dns.releases import Release
from internal_dns.texts import MAX_ITEMS, Digest, ObjectName, Registry


class PowerDnsImage(ApiModel):
    """Where PowerDNS' image comes from."""

    registry: Registry = releases.POWERDNS.registry
    """The registry, or a mirror of it that keeps the repository: `powerdns/pdns-auth-50` or `-51`, as the version
    says."""

    digest: Digest | None = None
    """Digest the image must have, besides its version. The default version from the default registry has one of
    its own."""


class ExternalDnsImage(ApiModel):
    """Where external-dns' image comes from."""

    registry: Registry = releases.EXTERNAL_DNS.registry
    """The registry, or a mirror of it that keeps the repository `external-dns/external-dns`."""

    digest: Digest | None = None
    """Digest the image must have, besides its version. The default version from the default registry has one of
    its own."""


class Images(ApiModel):
    """Where the images come from."""

    powerdns: PowerDnsImage = PowerDnsImage()
    """PowerDNS, whose Python runs the guard too."""

    external_dns: ExternalDnsImage = ExternalDnsImage()
    """external-dns."""

    pull_secrets: Annotated[
        list[ObjectName], Field(max_length=MAX_ITEMS, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = Field(default=[])
    """Secrets in the XR's namespace to pull the images with."""


def powerdns(images: Images, version: str) -> str:
    """Return the reference of a version of PowerDNS."""
    return _reference(images.powerdns, versions.powerdns_repository(version), version, releases.POWERDNS)


def external_dns(images: Images, version: str) -> str:
    """Return the reference of a version of external-dns."""
    return _reference(images.external_dns, releases.EXTERNAL_DNS.repository, version, releases.EXTERNAL_DNS)


def _reference(image: PowerDnsImage | ExternalDnsImage, repository: str, tag: str, default: Release) -> str:
    # A mirror may pack an image anew, and its digest is then another.
    is_default = (image.registry, repository, tag) == (default.registry, default.repository, default.version)
    digest = image.digest or (default.digest if is_default else None)
    return f"{image.registry}/{repository}:{tag}" + (f"@{digest}" if digest else "")
