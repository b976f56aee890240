"""Load this library's own jsii assembly, `javascript/index.js`, into jsii's kernel.

Importing this module starts Node.js, unless `cdk8s_function.kernel.switch` puts that off.
"""

import io
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import cdk8s  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Loads the assembly that ours depends on.
import jsii
from jsii import _kernel as kernel

from cdk8s_function.chart.read_log import View
from cdk8s_function.kernel.node import references, type_checks

if TYPE_CHECKING:
    from cdk8s_function.kernel.node import kernel_link

_NODE_DIR = pathlib.Path(__file__).parent / "javascript"
_FILES = (".jsii", "package.json", "index.js")

NAME = "cdk8s-function-xp"
_link: "kernel_link.Link | None" = None
_references: references.References | None = None
_VERSION = "0.1.0"

_LEAVES = frozenset({str, int, float, bool, type(None)})


def _load() -> None:
    import tarfile  # noqa: PLC0415  # Most workers start no Node.js.

    with tempfile.NamedTemporaryFile(prefix=f"{NAME}-", suffix=".tgz") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tarball:
            for name in _FILES:
                content = (_NODE_DIR / name).read_bytes()
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tarball.addfile(member, io.BytesIO(content))
        file.flush()
        # The kernel reads the file before it replies.
        jsii.kernel.load(NAME, _VERSION, file.name)


def _take_views() -> None:
    """Let a chart pass a `View` to a construct.

    jsii would take a mapping that is not a dict for an object with methods.
    """
    converted = kernel._make_reference_for_native  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def convert(self: kernel.Kernel, value: object) -> object:
        # Most values are of these types, and jsii makes five other checks before it returns them.
        if type(value) in _LEAVES:
            return value
        return converted(self, value.to_dict() if isinstance(value, View) else value)

    kernel._make_reference_for_native = convert  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _skip_override_lookups() -> None:
    """Let jsii look for overridden methods only in classes that can override some: not in jsii's own classes."""
    looked = kernel._get_overides  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]

    def look(klass: type[Any], instance: object) -> list[Any]:
        # jsii's own classes: its lookup would find nothing.
        if getattr(type(instance), "__jsii_declared_type__", None) is not None:
            return []
        return looked(klass, instance)

    kernel._get_overides = look  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def forget(refs: Sequence[str]) -> None:
    """Let the kernel delete objects while Python continues: see `settle`.

    Args:
        refs: Their references. No call may name them afterwards; if the kernel
            returns one of the objects again, it gets a new reference.

    Raises:
        OutOfStepError: If the kernel did not delete the previous ones.
    """
    if _link is None:
        return
    named = [{"$jsii.byref": ref} for ref in refs]
    _link.post(
        [
            {"api": "sinvoke", "fqn": f"{NAME}.Synthesis", "method": "unname", "args": [named]},
            *({"api": "del", "objref": ref} for ref in named),
        ]
    )


def settle() -> None:
    """Wait until the kernel has deleted the objects given to `forget`.

    Raises:
        OutOfStepError: If it has not.
    """
    if _link is not None:
        _link.settle()


def release() -> None:
    """Hold what the last synthesis made no longer: see `Link.abandon` and `References.release`.

    Raises:
        OutOfStepError: If the kernel did not delete what it was to forget before, or calls back without end.
    """
    if _link is not None:
        _link.abandon()
    if _references is not None:
        _references.release()


def start() -> None:
    """Start Node.js, load what has been loaded into it, and talk to it the shorter way."""
    global _link, _references  # noqa: PLW0603  # One process has one link.
    from cdk8s_function.kernel.node import kernel_link  # noqa: PLC0415  # It imports jsii's way to Node.js.

    _take_views()
    _skip_override_lookups()
    _load()
    _link = kernel_link.take_over()
    _references = references.References(forget)


# Where both kernels are there, Node.js starts when it is needed.
defer: Callable[[Callable[[], None]], None] | None = getattr(jsii.kernel, "defer", None)
type_checks.remember()
if defer is None:
    start()
else:
    defer(start)
