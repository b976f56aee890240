"""Load this library's own jsii assembly, `node/index.js`, into jsii's kernel.

Importing this module starts Node.js.
"""

import io
import pathlib
import tarfile
import tempfile
from collections.abc import Sequence

import cdk8s  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Loads the assembly that ours depends on.
import jsii
from jsii import _kernel as kernel

from cdk8s_function import kernel_link, type_checks
from cdk8s_function.reads import View

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


def _take_views() -> None:
    """Let a chart hand what it sees of the cluster to a construct.

    jsii takes a mapping that is no dict for an object with methods to call.
    """
    converted = kernel._make_reference_for_native  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def convert(self: kernel.Kernel, value: object) -> object:
        return converted(self, value.to_dict() if isinstance(value, View) else value)

    kernel._make_reference_for_native = convert  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def forget(refs: Sequence[str]) -> None:
    """Let the kernel delete objects.

    Args:
        refs: Their references. No call may name them afterwards; if the kernel
            answers with one of them again, it gets another reference.

    Raises:
        OutOfStepError: If the kernel does not.
    """
    named = [{"$jsii.byref": ref} for ref in refs]
    _link.post(
        [
            {"api": "sinvoke", "fqn": f"{NAME}.Synthesis", "method": "unname", "args": [named]},
            *({"api": "del", "objref": ref} for ref in named),
        ]
    )


_take_views()
_load()
_link = kernel_link.take_over()
type_checks.remember()
