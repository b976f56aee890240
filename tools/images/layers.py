"""Layers: files packed once, and kept by the digest of what they are made of."""

import dataclasses
import hashlib
import json
import pathlib
import tarfile
from collections.abc import Callable

from images import store, tree, workspace

_MODULES = ("bytecode.py", "debian.py", "layers.py", "parts.py", "pause", "programs.py", "python.py", "tree.py")
"""What decides how layers are made is an input of each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer:
    """What a layer is made of.

    Attributes:
        inputs: Returns a digest of all that decides its files on an architecture; quick.
        files: Returns its files on an architecture.
    """

    inputs: Callable[[str], str]
    files: Callable[[str], tree.Tree]

    def key(self, architecture: str) -> str:
        """Return the digest it is kept by."""
        modules = [f"tools/images/{name}" for name in _MODULES]
        return workspace.digest(self.inputs(architecture), workspace.sources(*modules), architecture)


@dataclasses.dataclass(frozen=True)
class Blob:
    """A packed layer.

    Attributes:
        file: The compressed tar.
        sha256: Digest of that.
        diff: Digest of the tar itself.
    """

    file: pathlib.Path
    sha256: str
    diff: str


def pack(layer: Layer, architecture: str) -> Blob:
    """Return a layer's blob, made on first use."""
    folder = store.folder("layers", layer.key(architecture), lambda work: _pack(layer.files(architecture), work))
    known = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
    return Blob(folder / "layer.tar.gz", known["sha256"], known["diff"])


def unpack(layer: Layer, architecture: str, folder: pathlib.Path) -> None:
    """Unpack a layer over a folder; its files belong to whoever runs this."""
    with tarfile.open(pack(layer, architecture).file) as archive:
        tree.extract(archive, folder)


def _pack(files: tree.Tree, work: pathlib.Path) -> None:
    plain = work / "layer.tar"
    with plain.open("wb") as opened:
        files.write(opened)
    # An image of this one layer, because crane compresses what it appends. The name is a name, nothing is pushed.
    image = work / "image.tar"
    workspace.run("bin/crane", "append", "--new_layer", plain, "--new_tag", "layer", "--output", image)
    with tarfile.open(image) as archive:
        name = json.loads(tree.content(archive, "manifest.json"))[0]["Layers"][0]
        (work / "layer.tar.gz").write_bytes(tree.content(archive, name))
    known = {"sha256": name.removesuffix(".tar.gz"), "diff": _sha256(plain)}
    (work / "digests.json").write_text(json.dumps(known), encoding="utf-8")
    image.unlink()
    plain.unlink()


def _sha256(file: pathlib.Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
