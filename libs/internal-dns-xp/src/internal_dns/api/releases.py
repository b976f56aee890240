"""The releases that run by default, each with its image and the image's digest.

Renovate raises version and digest together: renovate.json5 finds them here. A
digest is that of an image index, which names the image of each platform.
third_party/images/README.md says how they were verified.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """A published release.

    Attributes:
        image: Registry and repository.
        version: Its version, the image's tag.
        digest: The digest of that tag.
    """

    image: str
    version: str
    digest: str

    @property
    def registry(self) -> str:
        """The registry."""
        return self.image.partition("/")[0]

    @property
    def repository(self) -> str:
        """The repository in that registry."""
        return self.image.partition("/")[2]


# The next minor version of PowerDNS is in another repository. Renovate does not look there: change it by hand.
POWERDNS = Release(
    image="docker.io/powerdns/pdns-auth-51",
    version="5.1.4",
    digest="sha256:bb5b1c133bcca1dd455075321de7d55db4945a8d7f2ba23339e3c7bbe416b205",
)

EXTERNAL_DNS = Release(
    image="registry.k8s.io/external-dns/external-dns",
    version="v0.21.0",
    digest="sha256:f53faaf71cb270d1ca9dce6ea0c94bfebf1a18696263487f0fbc74b9bf2bd7ff",
)
