"""An image, and how it is built of its layers."""

import dataclasses
import pathlib
from collections.abc import Sequence

from images import archive, layers, store, workspace
from images.layers import Layer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Image:
    """An image.

    Attributes:
        name: What it is called here.
        summary: What it is made from.
        layers: Its layers, the lowest first.
        config: How it runs.
        version: Its tag.
        repositories: Repositories, registry and all, that it is published as or stands in for.
        stands_in: Whether it stands in for an image of others: the same software, built here.
    """

    name: str
    summary: str
    layers: Sequence[Layer]
    config: archive.Config
    version: str
    repositories: Sequence[str]
    stands_in: bool = True

    @property
    def references(self) -> list[str]:
        """Its repositories with its tag."""
        return [f"{repository}:{self.version}" for repository in self.repositories]


@dataclasses.dataclass(frozen=True)
class Built:
    """An image that is built.

    Attributes:
        file: Its archive.
        digest: Its digest in a registry.
    """

    file: pathlib.Path
    digest: str


def build(image: Image, architecture: str) -> Built:
    """Return an image's archive for an architecture, built on first use.

    Raises:
        BuildError: If it cannot be built.
    """
    name = f"{image.name}-{architecture}.tar"

    def make(work: pathlib.Path) -> None:
        blobs = [layers.pack(layer, architecture) for layer in image.layers]
        config = image.config.document(architecture, blobs)
        file = work / name
        digest = archive.write(file, config=config, blobs=blobs, references=image.references)
        (work / "digest").write_text(digest, encoding="utf-8")

    folder = store.folder("archives", key(image, architecture), make)
    return Built(folder / name, (folder / "digest").read_text(encoding="utf-8"))


def root(image: Image, architecture: str) -> pathlib.Path:
    """Return a folder with all files of an image for an architecture, unpacked on first use.

    Raises:
        BuildError: If it cannot be built.
    """

    def make(work: pathlib.Path) -> None:
        for layer in image.layers:
            layers.unpack(layer, architecture, work)

    return store.folder("roots", workspace.digest(*(layer.key(architecture) for layer in image.layers)), make)


def key(image: Image, architecture: str) -> str:
    """Return the digest of everything an image is built of."""
    keys = (layer.key(architecture) for layer in image.layers)
    return workspace.digest(*keys, repr(image.config), *image.references)
