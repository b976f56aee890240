"""What was put into a cluster's registry.

`crane registry serve --disk` keeps blobs on disk and manifests in memory
(go-containerregistry v0.21, pkg/registry), so after a restart all has to be put
in again.
"""

import json
import pathlib
from collections.abc import Sequence

from cluster.images import Image


class Pushed:
    """The record of it.

    Args:
        file: Where it is kept.
    """

    def __init__(self, file: pathlib.Path) -> None:
        """Hold the file's path."""
        self._file = file

    def add(self, image: Image) -> None:
        """Note an image; one of the same name before it is forgotten."""
        noted = {**self._read(), image.name: str(image.archive)}
        self._file.write_text(json.dumps(noted), encoding="utf-8")

    def images(self) -> Sequence[Image]:
        """Return those whose archives are still there."""
        noted = [Image(pathlib.Path(archive), name) for name, archive in self._read().items()]
        return [image for image in noted if image.archive.exists()]

    def _read(self) -> dict[str, str]:
        return json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
