"""Free jsii's objects once nothing can refer to them any more.

jsii keeps every object it ever made, on both sides: neither knows what the other
still refers to (aws/jsii#643). Here more is known. The objects of a synthesis are
not needed once its result is written, unless a module of the chart keeps them.
So Python's objects are held during a synthesis, and afterwards only by whoever
else holds them. To name an object to the kernel, Python needs the ObjRef that
jsii made of one of the kernel's replies: when the last ObjRef of an object is
gone, the kernel is asked to delete it. Node.js itself keeps objects that other
objects refer to.
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
"""How many are deleted at once: one at a time would cost a call each."""


class References:
    """The references by which Python can name the kernel's objects.

    Args:
        delete: Deletes objects of the kernel, by their references.
    """

    def __init__(self, delete: Callable[[Sequence[str]], None]) -> None:
        """Replace jsii's own map, which keeps everything."""
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
        """Stop holding what the last synthesis made, and delete objects that can't be named any more."""
        self._instances.release()
        if len(self._unnamed) < _BATCH:
            return
        noted, self._unnamed = self._unnamed, {}
        # The kernel may have returned one of them since.
        unnamed = [ref for ref in noted if ref not in self._living]
        for index in range(0, len(unnamed), _BATCH):
            self._delete(unnamed[index : index + _BATCH])

    def _register(self, instance: Any) -> None:
        # jsii registers an object that Python made twice.
        if instance.__jsii_ref__.ref not in self._instances:
            self._watch(instance.__jsii_ref__)
        self._own.register(instance)

    def _resolve(self, kernel: Any, ref: Any) -> Any:
        # References of enumerations end with @.
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
    """Reports that an ObjRef is gone, and which object it named."""

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
        lasting: Those that are held for the life of the process.
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
                # A class with __slots__ has no weak references.
                self._lasting[ref] = instance
