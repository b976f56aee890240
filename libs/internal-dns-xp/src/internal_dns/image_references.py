"""The image references that the containers run, made of registry, version and digest."""

from internal_dns.api import releases
from internal_dns.api.images import ExternalDnsImage, Images, PowerDnsImage
from internal_dns.api.releases import Release


def powerdns(images: Images, version: str) -> str:
    """Return the image reference of a version of PowerDNS."""
    return _reference(images.powerdns, powerdns_repository(version), version, releases.POWERDNS)


def external_dns(images: Images, version: str) -> str:
    """Return the image reference of a version of external-dns."""
    return _reference(images.external_dns, releases.EXTERNAL_DNS.repository, version, releases.EXTERNAL_DNS)


def powerdns_repository(version: str) -> str:
    """Return the repository that has the image of a PowerDNS version.

    PowerDNS has one for each minor version: the tag 5.1.4 is in `pdns-auth-51` only
    (PowerDNS/pdns auth-5.1.4, .github/workflows/build-docker-images-tags.yml).
    """
    major, minor, _ = version.split(".")
    return f"powerdns/pdns-auth-{major}{minor}"


def _reference(image: PowerDnsImage | ExternalDnsImage, repository: str, tag: str, default: Release) -> str:
    # A mirror may pack an image again, and its digest is then another.
    is_default = (image.registry, repository, tag) == (default.registry, default.repository, default.version)
    digest = image.digest or (default.digest if is_default else None)
    return f"{image.registry}/{repository}:{tag}" + (f"@{digest}" if digest else "")
