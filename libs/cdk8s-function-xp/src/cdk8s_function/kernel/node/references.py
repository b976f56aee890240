"""Let jsii's objects go once nothing can name them any more.

jsii keeps every object it ever made, on both sides: neither knows what the other
still refers to (aws/jsii#643). Here more is known. What a synthesis made is of
no use once its answer is written, unless a module of the chart's holds on to
it; so Python's objects are held for as long as a synthesis lasts, and then for
as long as somebody else holds them. And whoever names an object to the kernel
has the ObjRef that jsii made of one of the kernel's answers: when the last
ObjRef of an object is gone the kernel is told to delete it. To what its objects
refer among themselves, Node.js sees.
"""

# jsii has no public name and no types for any of this. Its version is pinned.
# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import collections
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Self

from jsii import _reference_map as reference_map

_BATCH = 64
"""So many are deleted at a time: one at a time would cost a call each."""


class References:
    """Which of the kernel's objects can be named, and by what.

    Args:
        delete: Deletes objects of the kernel, by their references.
    """

    def __init__(self, delete: Callable[[Sequence[str]], None]) -> None:
        """Take the place of jsii's own map, which forgets nothing."""
        self._delete = delete
        self._own: Any = reference_map._refs
        self._instances = _Instances(self._own._refs)
        self._own._refs = self._instances
        self._living = collections.Counter[str]()
        self._watches: set[_Watch] = set()
        self._unnamed: dict[str, None] = {}
        reference_map.register_reference = self._register
        reference_map.resolve_reference = self._resolve

    def release(self) -> None:
        """Hold what the last synthesis made no longer, and delete what can't be named any more, or a part of it."""
        self._instances.release()
        if len(self._unnamed) < _BATCH:
            return
        noted, self._unnamed = self._unnamed, {}
        # The kernel may have answered with one of them since.
        unnamed = [ref for ref in noted if ref not in self._living]
        for index in range(0, len(unnamed), _BATCH):
            self._delete(unnamed[index : index + _BATCH])

    def _register(self, instance: Any) -> None:
        # jsii registers an object that Python made twice.
        if instance.__jsii_ref__.ref not in self._instances:
            self._watch(instance.__jsii_ref__)
        self._own.register(instance)

    def _resolve(self, kernel: Any, ref: Any) -> Any:
        # A reference that ends so is of an enumeration.
        if ref.ref not in self._instances and not ref.ref.endswith("@"):
            self._watch(ref)
        return self._own.resolve(kernel, ref)

    def _watch(self, ref: Any) -> None:
        self._living[ref.ref] += 1
        self._watches.add(_Watch(ref, self._end))

    def _end(self, watch: "_Watch") -> None:
        self._watches.discard(watch)
        self._living[watch.ref] -= 1
        if not self._living[watch.ref]:
            del self._living[watch.ref]
            self._unnamed[watch.ref] = None


class _Watch(weakref.ref[Any]):
    """Notes the end of an ObjRef, and which object it named."""

    __slots__ = ("ref",)
    # An ObjRef has no hash.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    ref: str

    def __new__(cls, named: Any, end: "Callable[[_Watch], None]") -> Self:
        watch = super().__new__(cls, named, end)
        watch.ref = named.ref
        return watch


class _Instances:
    """Python's objects, by the reference of their counterpart in the kernel.

    Args:
        lasting: Those that are held for good.
    """

    def __init__(self, lasting: dict[str, Any]) -> None:
        self._lasting = lasting
        self._held: dict[str, Any] = {}
        self._known = weakref.WeakValueDictionary[str, Any]()

    def __setitem__(self, ref: str, instance: Any) -> None:
        self._held[ref] = instance

    def __getitem__(self, ref: str) -> Any:
        if ref in self._held:
            return self._held[ref]
        return self._lasting[ref] if ref in self._lasting else self._known[ref]

    def __contains__(self, ref: str) -> bool:
        return ref in self._held or ref in self._known or ref in self._lasting

    def release(self) -> None:
        while self._held:
            ref, instance = self._held.popitem()
            try:
                self._known[ref] = instance
            except TypeError:
                # Of a class with __slots__: nothing tells when it ends.
                self._lasting[ref] = instance
