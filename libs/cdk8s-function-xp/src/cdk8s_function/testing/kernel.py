"""Let charts run in the process of their tests as they do in a worker: on the native kernel, with Node.js put off.

jsii starts Node.js with the first import of cdk8s, unless this library's kernels
are there before it. A test imports its chart at its top, so they have to come
with the import itself.
"""

import atexit
import contextlib
import importlib.abc
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Generator, Sequence
from types import ModuleType

_NODE_HEAP_MIB = 512
_FIRST = frozenset({"cdk8s", "constructs"})
"""Whatever imports jsii's other packages imports one of these before."""


def install() -> None:
    """Set up the kernels right before the first import of cdk8s; costs nothing where there is none."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path) and _FIRST.isdisjoint(sys.modules):
        sys.meta_path.insert(0, _Finder())


def prepare() -> None:
    """Set up the kernels now."""
    from cdk8s_function.kernel import switch  # noqa: PLC0415  # It imports jsii.

    switch.KERNELS.starting = _node_starting


class _Finder(importlib.abc.MetaPathFinder):
    """Finds no module; is asked for each before it is imported."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        del path, target
        if fullname in _FIRST:
            sys.meta_path.remove(self)
            prepare()


@contextlib.contextmanager
def _node_starting() -> Generator[None]:
    from cdk8s_function.kernel.node import runtime  # noqa: PLC0415

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="cdk8s-function-testing-"))
    # Node.js may still write into it while it is removed.
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    before = dict(os.environ)
    runtime.configure(scratch=scratch, node_heap_mib=_NODE_HEAP_MIB)
    try:
        yield
    finally:
        # Node.js alone is to have them.
        os.environ.clear()
        os.environ.update(before)
