"""Take one step of function-cdk8s's back, to see what it gains: the one that FUNCTION_BENCH_WITHOUT names."""

import asyncio
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any


def _replace(owner: Any, name: str, value: object) -> Any:
    """Put a value in the place of another, which must be there, and return that one."""
    former = getattr(owner, name)
    setattr(owner, name, value)
    return former


def _launcher(jsii_runtime: Any) -> None:
    def find(package: str, path: str) -> object:
        return None if package == "jsii" else found(package, path)

    found = _replace(jsii_runtime, "_package_file", find)


def _link(kernel_link: Any) -> None:
    _replace(kernel_link, "_REQUESTS", {})


def _remembered_types(type_checks: Any) -> None:
    _replace(type_checks, "remember", lambda: None)


def _late_deletions(kernel_link: Any) -> None:
    def post_and_wait(link: Any, messages: object) -> None:
        post(link, messages)
        link.settle()

    post = _replace(kernel_link.Link, "post", post_and_wait)


def _deletions(references: Any) -> None:
    def hold(_: object) -> None:
        pass

    _replace(references.References, "release", hold)


def _loop(uvloop: Any) -> None:
    _replace(uvloop, "run", asyncio.run)


_STEPS: Mapping[str, tuple[str, Callable[[Any], None]]] = {
    "launcher": ("cdk8s_function.kernel.node.runtime", _launcher),
    "link": ("cdk8s_function.kernel.node.kernel_link", _link),
    "remembered-types": ("cdk8s_function.kernel.node.type_checks", _remembered_types),
    "late-deletions": ("cdk8s_function.kernel.node.kernel_link", _late_deletions),
    "deletions": ("cdk8s_function.kernel.node.references", _deletions),
    "loop": ("uvloop", _loop),
}


class _Loader(importlib.abc.Loader):
    """Loads a module as another loader does, and takes a step back in it."""

    def __init__(self, loader: importlib.abc.Loader, take_back: Callable[[Any], None]) -> None:
        self._loader = loader
        self._take_back = take_back

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._take_back(module)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module in which a step is taken back, and no other."""

    def __init__(self, name: str, take_back: Callable[[Any], None]) -> None:
        self._name = name
        self._take_back = take_back

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        spec.loader = _Loader(spec.loader, self._take_back)
        return spec


if step := os.environ.get("FUNCTION_BENCH_WITHOUT"):
    sys.meta_path.insert(0, _Finder(*_STEPS[step]))
