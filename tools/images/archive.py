"""An image as one file: what `docker load`, `kind load image-archive`, `ctr image import` and `crane push` take.

The file is an OCI image layout and a `docker save` archive at once. Both name the same manifest, so that the image
has one digest whichever way it goes to a registry.
"""

import dataclasses
import hashlib
import io
import json
import pathlib
import tarfile
from collections.abc import Sequence
from typing import Any

from images.layers import Blob

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
"""Docker's media types, schema 2: what crane gives to a manifest that it makes of such an archive."""

_NO_TIME = "1970-01-01T00:00:00Z"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """How an image runs (https://github.com/opencontainers/image-spec/blob/main/config.md).

    Attributes:
        entrypoint: The command.
        arguments: Its arguments, unless others are given.
        environment: Variables, as NAME=VALUE.
        user: Numeric user, or user:group.
        folder: Where it starts.
        ports: Ports it listens on, as 9443/tcp.
        labels: Annotations of the image.
        stop: The signal that ends it, unless SIGTERM does.
    """

    entrypoint: Sequence[str] = ()
    arguments: Sequence[str] = ()
    environment: Sequence[str] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
    user: str = ""
    folder: str = "/"
    ports: Sequence[str] = ()
    labels: tuple[tuple[str, str], ...] = ()
    stop: str = ""

    def document(self, architecture: str, blobs: Sequence[Blob]) -> bytes:
        """Return the image's config file."""
        settings: dict[str, Any] = {
            "Cmd": list(self.arguments),
            "Entrypoint": list(self.entrypoint),
            "Env": list(self.environment),
            "ExposedPorts": {port: {} for port in self.ports},
            "Labels": dict(self.labels),
            "StopSignal": self.stop,
            "User": self.user,
            "WorkingDir": self.folder,
        }
        return _json(
            {
                "architecture": architecture,
                "config": {name: value for name, value in settings.items() if value},
                "created": _NO_TIME,
                "history": [{"created": _NO_TIME, "created_by": "bin/images"} for _ in blobs],
                "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{blob.diff}" for blob in blobs]},
            }
        )


def write(file: pathlib.Path, *, config: bytes, blobs: Sequence[Blob], references: Sequence[str]) -> str:
    """Write an archive, and return the image's digest.

    Args:
        file: The archive.
        config: The image's config file.
        blobs: Its layers, the lowest first.
        references: Names it gets where it is loaded.
    """
    config_digest = hashlib.sha256(config).hexdigest()
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, len(config), config_digest),
            "layers": [_descriptor(_LAYER, blob.file.stat().st_size, blob.sha256) for blob in blobs],
        }
    )
    digest = hashlib.sha256(manifest).hexdigest()
    described = _descriptor(_MANIFEST, len(manifest), digest)
    named = [
        described | {"annotations": {"io.containerd.image.name": each, "org.opencontainers.image.ref.name": each}}
        for each in references
    ]
    docker = {
        "Config": f"blobs/sha256/{config_digest}",
        "RepoTags": list(references),
        "Layers": [f"blobs/sha256/{blob.sha256}" for blob in blobs],
    }
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": named}
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as archive:
        _add(archive, f"blobs/sha256/{config_digest}", config)
        _add(archive, f"blobs/sha256/{digest}", manifest)
        for blob in dict.fromkeys(blobs):
            _add(archive, f"blobs/sha256/{blob.sha256}", blob.file)
        _add(archive, "index.json", _json(index))
        _add(archive, "manifest.json", _json([docker]))
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
    return f"sha256:{digest}"


def _descriptor(media_type: str, size: int, digest: str) -> dict[str, Any]:
    return {"mediaType": media_type, "size": size, "digest": f"sha256:{digest}"}


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _add(archive: tarfile.TarFile, name: str, content: bytes | pathlib.Path) -> None:
    entry = tarfile.TarInfo(name)
    if isinstance(content, bytes):
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as opened:
        archive.addfile(entry, opened)
