"""Which kernel answers what jsii's generated classes call: this library's own, or Node.js.

jsii's classes call `jsii.create`, `jsii.invoke` and so on. These are replaced
here, before cdk8s is imported, so that importing it starts no Node.js; that is
started once something needs it, and then loads what was loaded, and makes what
charts made while they were imported.
"""

# jsii has no public name and no types for any of this. Its version is pinned, and tests compare both kernels.
# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import atexit
import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from typing import Any

from cdk8s_function.kernel.node import without_mock  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Before jsii.

# isort: split
from cdk8s_function.kernel.node import (
    without_provider,  # pyright: ignore[reportUnusedImport]  # noqa: F401  # Imports it.
)

# isort: split
import jsii
from jsii import _kernel
from jsii import _reference_map as reference_map

from cdk8s_function import extras
from cdk8s_function.kernel.native import assemblies, decline, dispatch, journal
from cdk8s_function.kernel.native.objects import Native
from cdk8s_function.kernel.node import type_checks

_CALLS = ("create", "get", "set", "invoke", "sget", "sinvoke")
_REFUSED = ("delete", "ainvoke", "sainvoke", "stats", "unsafe_cast")

KERNEL_VARIABLE = "CDK8S_FUNCTION_KERNEL"
"""Environment variable that leaves all to Node.js when it is "node"."""

_ENVIRONMENT = ("CDK8S_DISABLE_SORT", "CDK8S_LEGACY_HASH", "CDK8S_OUTDIR", "CDK8S_RECORD_CONSTRUCT_METADATA")
"""Variables by which cdk8s answers otherwise."""

_LANGUAGES = ("az", "lt", "tr")
"""In these JavaScript makes small letters in another way."""


class Kernels:
    """The two kernels of this process.

    Attributes:
        unusable: Why all is left to Node.js, "" if it is not.
        node_runs: Whether Node.js has been started.
        starting: What surrounds the start of Node.js.
    """

    def __init__(self) -> None:
        """Take the place of jsii's calls, for the import of charts to begin with."""
        self.unusable = _unusable()
        # Who imported cdk8s before has started it.
        self.node_runs = bool(reference_map._assembly_to_module)
        self.starting: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        self._fallen = ""
        self._loads: list[Callable[[], None]] = []
        self._node = {name: getattr(jsii, name) for name in (*_CALLS, *_REFUSED)}
        self._native: Mapping[str, Callable[..., Any]] = {
            **{name: getattr(dispatch, name) for name in _CALLS if name != "set"},
            "set": dispatch.set_,
            **dict.fromkeys(_REFUSED, dispatch.refuse),
        }
        self._journal = journal.Journal(self._fall_back)
        self._importing = {
            name: self._journal.noting(name, call, self._node[name]) for name, call in self._native.items()
        }
        Native.made_in_node = staticmethod(journal.made_in_node)
        self._registered = reference_map.register_reference
        reference_map.register_reference = self._register
        jsii.kernel.load = self._load
        setattr(jsii.kernel, "defer", self._defer)  # noqa: B010  # Found by `assembly`; no attribute of jsii's.
        for module in reference_map._assembly_to_module.values():
            known = sys.modules[f"{module}._jsii"].__jsii_assembly__
            folder = pathlib.Path(sys.modules[f"{module}._jsii"].__file__ or "").parent
            self._note(known.name, known.version, str(folder / known.filename))
        self._use_first()

    def _use_first(self) -> None:
        self._use(self._starting if self.unusable else self._importing)

    @property
    def _starting(self) -> Mapping[str, Callable[..., Any]]:
        def first(name: str) -> Callable[..., Any]:
            def call(*arguments: Any) -> Any:
                self.start_node()
                self._use(self._node)
                return self._node[name](*arguments)

            return call

        return {name: first(name) for name in self._node}

    @contextlib.contextmanager
    def importing(self) -> Generator[Callable[[], str]]:
        """Import a chart; what is yielded says why Node.js had to help, "" if it did not."""
        self._use_first()
        self._fallen = ""
        try:
            yield lambda: self.unusable or self._fallen
        finally:
            self._use_first()

    @contextlib.contextmanager
    def native(self) -> Generator[Callable[[], str]]:
        """Let this kernel answer; what is yielded says why it declined, "" if it did not."""
        decline.ATTEMPT.begin()
        self._use(self._native)
        try:
            yield lambda: decline.ATTEMPT.reason
        finally:
            decline.ATTEMPT.end()
            self._use_first()

    @contextlib.contextmanager
    def node(self) -> Generator[None]:
        """Let Node.js answer."""
        self.start_node()
        self._use(self._node)
        try:
            yield
        finally:
            self._use_first()

    def start_node(self) -> None:
        """Start Node.js, unless it runs, and let it know what this process has loaded and made."""
        if self.node_runs:
            return
        extras.require_node()
        self.node_runs = True
        with self.starting(), self._node_registers():
            self._use(self._node)
            for load in self._loads:
                load()
        self._journal.replay()

    def _fall_back(self) -> None:
        if decline.ATTEMPT.epoch:
            decline.decline("a call outside of any synthesis")
        self._fallen = self._fallen or "its import needs Node.js"
        self.start_node()
        self._use(self._node)

    def _use(self, calls: Mapping[str, Callable[..., Any]]) -> None:
        for name, call in calls.items():
            setattr(jsii, name, call)

    def _register(self, instance: Any) -> None:
        if not isinstance(instance.__jsii_ref__, Native):
            self._registered(instance)

    @contextlib.contextmanager
    def _node_registers(self) -> Generator[None]:
        reference_map.register_reference = self._registered
        yield
        # It may have been replaced.
        self._registered = reference_map.register_reference
        reference_map.register_reference = self._register

    def _load(self, name: str, version: str, tarball: str) -> None:
        if pathlib.Path(tarball).parent.name != "_jsii":
            # Not in its wheel's own folder: it may be gone when it is read.
            tarball = _copy_for_this_process(tarball)
        self._note(name, version, tarball)
        self._defer(lambda: _kernel.Kernel.load(jsii.kernel, name, version, tarball))

    def _note(self, name: str, version: str, tarball: str) -> None:
        self.unusable = self.unusable or assemblies.note(name, version, tarball)

    def _defer(self, load: Callable[[], None]) -> None:
        if self.node_runs:
            with self._node_registers():
                load()
        else:
            self._loads.append(load)


def _unusable() -> str:
    if os.environ.get(KERNEL_VARIABLE) == "node":
        return f"{KERNEL_VARIABLE} is node"
    for variable in _ENVIRONMENT:
        if os.environ.get(variable):
            return f"{variable} is set"
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        if os.environ.get(variable, "").lower().startswith(_LANGUAGES):
            return f"{variable} is {os.environ[variable]}"
    if jsii.__version__ != assemblies.JSII_VERSION:
        return f"jsii {jsii.__version__} is not known"
    return ""


def _copy_for_this_process(file: str) -> str:
    """Copy a file to where it is until this process ends."""
    folder, process = tempfile.mkdtemp(prefix="cdk8s-function-assembly-"), os.getpid()

    def remove() -> None:
        # A child that a chart forked may end first.
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return shutil.copy(file, folder)


def end_node() -> None:
    """End Node.js if it runs, once all that it printed has been printed here."""
    if KERNELS.node_runs:
        jsii.kernel.provider._process.stop()  # pyright: ignore[reportAttributeAccessIssue]  # Of its one subclass.


type_checks.remember()
KERNELS = Kernels()
"""Those of this process: whoever imports this before cdk8s puts Node.js off."""
