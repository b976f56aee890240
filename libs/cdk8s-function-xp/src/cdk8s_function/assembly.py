"""Load this library's own jsii assembly, `node/index.js`, into jsii's kernel.

Importing this module starts Node.js.
"""

import io
import pathlib
import tarfile
import tempfile

import cdk8s  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Loads the assembly that ours depends on.
import jsii

_NODE_DIR = pathlib.Path(__file__).parent / "node"
_FILES = (".jsii", "package.json", "index.js")

NAME = "cdk8s-function-xp"
_VERSION = "0.1.0"


def _load() -> None:
    with tempfile.NamedTemporaryFile(prefix=f"{NAME}-", suffix=".tgz") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tarball:
            for name in _FILES:
                content = (_NODE_DIR / name).read_bytes()
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tarball.addfile(member, io.BytesIO(content))
        file.flush()
        # The kernel reads the file before it answers.
        jsii.kernel.load(NAME, _VERSION, file.name)


_load()
