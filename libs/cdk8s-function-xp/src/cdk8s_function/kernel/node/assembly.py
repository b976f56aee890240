"""Load this library's own jsii assembly, `javascript/index.js`, into jsii's kernel.

Importing this module starts Node.js.
"""

import io
import pathlib
import tarfile
import tempfile
from collections.abc import Sequence
from typing import Any

import cdk8s  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Loads the assembly that ours depends on.
import jsii
from jsii import _kernel as kernel

from cdk8s_function.chart.read_log import View
from cdk8s_function.kernel.node import kernel_link, type_checks

_NODE_DIR = pathlib.Path(__file__).parent / "javascript"
_FILES = (".jsii", "package.json", "index.js")

NAME = "cdk8s-function-xp"
_VERSION = "0.1.0"

_LEAVES = frozenset({str, int, float, bool, type(None)})


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
        # Most are these, and jsii asks five other questions before it hands them back.
        if type(value) in _LEAVES:
            return value
        return converted(self, value.to_dict() if isinstance(value, View) else value)

    kernel._make_reference_for_native = convert  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _spare_looks() -> None:
    """Let jsii look for what a class overrides only where it can override something: not in a class of jsii's own."""
    looked = kernel._get_overides  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]

    def look(klass: type[Any], instance: object) -> list[Any]:
        # Where jsii's own look ends before it has begun.
        if getattr(type(instance), "__jsii_declared_type__", None) is not None:
            return []
        return looked(klass, instance)

    kernel._get_overides = look  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def forget(refs: Sequence[str]) -> None:
    """Let the kernel delete objects, while Python goes on: see `settle`.

    Args:
        refs: Their references. No call may name them afterwards; if the kernel
            answers with one of them again, it gets another reference.

    Raises:
        OutOfStepError: If the kernel did not delete those before.
    """
    named = [{"$jsii.byref": ref} for ref in refs]
    _link.post(
        [
            {"api": "sinvoke", "fqn": f"{NAME}.Synthesis", "method": "unname", "args": [named]},
            *({"api": "del", "objref": ref} for ref in named),
        ]
    )


def settle() -> None:
    """Wait until the kernel has deleted what it was to forget.

    Raises:
        OutOfStepError: If it has not.
    """
    _link.settle()


_take_views()
_spare_looks()
_load()
_link = kernel_link.take_over()
type_checks.remember()
