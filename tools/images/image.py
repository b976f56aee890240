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


def build(image: Image) -> Built:
    """Return an image's archive, built on first use.

    Raises:
        BuildError: If it cannot be built.
    """

    def make(work: pathlib.Path) -> None:
        blobs = [layers.pack(layer) for layer in image.layers]
        config = image.config.document(workspace.architecture(), blobs)
        file = work / f"{image.name}.tar"
        digest = archive.write(file, config=config, blobs=blobs, references=image.references)
        (work / "digest").write_text(digest, encoding="utf-8")

    folder = store.folder("archives", key(image), make)
    return Built(folder / f"{image.name}.tar", (folder / "digest").read_text(encoding="utf-8"))


def root(image: Image) -> pathlib.Path:
    """Return a folder with all files of an image, unpacked on first use.

    Raises:
        BuildError: If it cannot be built.
    """

    def make(work: pathlib.Path) -> None:
        for layer in image.layers:
            layers.unpack(layer, work)

    return store.folder("roots", workspace.digest(*(layer.key() for layer in image.layers)), make)


def key(image: Image) -> str:
    """Return the digest of everything an image is built of."""
    return workspace.digest(*(layer.key() for layer in image.layers), repr(image.config), *image.references)
