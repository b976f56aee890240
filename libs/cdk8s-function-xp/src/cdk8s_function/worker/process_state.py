"""What the charts of one process share: put back what one altered, notice what can't be put back.

Whatever a chart does to its process, the next chart finds. Most of it can be
undone: streams, search paths, limits, locale. What can't be undone is noticed
where that is cheap, and the worker retires: modules dropped, attributes of the
libraries replaced. SECURITY.md names what is not seen.
"""

import _signal  # pyright: ignore[reportMissingImports]  # It has no types.
import builtins
import contextlib
import copy
import fcntl
import gc
import itertools
import json
import locale
import os
import resource
import signal
import socket
import sys
import types
from collections.abc import Callable, Mapping, ValuesView
from typing import Any, TextIO, cast

import msgspec
import pydantic

_STREAMS = ("stdin", "stdout", "stderr")
_LISTS = ("path", "meta_path", "path_hooks")
_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
_OUT_OF_THE_WAY = 200
"""Our own descriptors are above this number: a chart that closes descriptors by number starts from 0."""

_SPARE_DESCRIPTORS = 64
"""How many files charts may leave open before their worker retires."""

_LIBRARIES = ("cdk8s", "cdk8s_function", "constructs")
"""Packages whose classes, and the attributes of these, must not change."""

_SIGNALS = (
    signal.SIGALRM,
    signal.SIGCHLD,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

# What signal.getsignal calls, which then makes an enumeration's member of each answer.
_handler: Callable[[int], object] = _signal.getsignal  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]

_MODULES: tuple[types.ModuleType, ...] = (builtins, copy, json, json.decoder, json.encoder, msgspec.json, os)


def signal_handlers() -> tuple[object, ...]:
    """Return how signals are handled, to be compared with a later time."""
    return (signal.getitimer(signal.ITIMER_REAL), *map(_handler, _SIGNALS))


class ProcessState:
    """The state of this process, as all charts are to find it.

    Made before the first chart is imported; `keep` follows when all are.
    """

    def __init__(self) -> None:
        """Take note of the streams: a chart may close them when it is imported."""
        self._files = {number: _out_of_the_way(number) for number in range(len(_STREAMS))}
        self._streams: dict[str, Any] = {name: getattr(sys, name) for name in _STREAMS}
        self._lists: dict[str, tuple[list[Any], list[Any]]] = {}
        self._limits: dict[int, tuple[int, int]] = {}
        self._modules: dict[str, types.ModuleType] = {}
        self._module_list: list[types.ModuleType] = []
        self._attributes: list[tuple[str, Mapping[str, object], dict[str, object]]] = []
        self._views: list[ValuesView[object]] = []
        self._values: list[object] = []
        self.keep()

    def keep(self) -> None:
        """Take the state of now for the right one."""
        self._lists = {name: (getattr(sys, name), list(getattr(sys, name))) for name in _LISTS}
        self._settings = _settings()
        self._umask = _umask()
        self._locale = locale.setlocale(locale.LC_ALL)
        self._limits = {limit: resource.getrlimit(limit) for limit in _LIMITS}
        self._free_descriptor = _free_descriptor()
        self._modules = dict(sys.modules)
        self._module_list = list(sys.modules.values())
        self._attributes = [(name, now, dict(now)) for name, now in _watched(self._modules)]
        self._views = [now.values() for _, now, _ in self._attributes]
        self._values = list(itertools.chain.from_iterable(self._views))

    def restore(self, *, imported: bool = False) -> str:
        """Put back what a chart altered.

        Args:
            imported: Whether a chart was imported just now: it may have added places to import from.

        Returns:
            What can't be put back, "" if nothing.
        """
        self._restore_streams()
        self._restore_lists(imported=imported)
        for key, put in _SETTERS.items():
            if (before := self._settings[key]) != _GETTERS[key]():
                put(before)
        os.umask(self._umask)
        if locale.setlocale(locale.LC_ALL) != self._locale:
            locale.setlocale(locale.LC_ALL, self._locale)
        return self._limits_lost() or self._modules_lost() or self._attributes_lost() or self._files_left()

    def _restore_streams(self) -> None:
        for number, (kept, identity) in self._files.items():
            if _identity(number) != identity:
                os.dup2(kept, number)
        for number, name in enumerate(_STREAMS):
            if _is_closed(self._streams[name]):
                self._streams[name] = _stream(number)
                setattr(sys, f"__{name}__", self._streams[name])
            setattr(sys, name, self._streams[name])

    def _restore_lists(self, *, imported: bool) -> None:
        for name, (entries, before) in self._lists.items():
            now: Any = getattr(sys, name, None)
            if now is entries and entries == before:
                continue
            entries[:] = [*_added(now, before), *before] if imported else before
            setattr(sys, name, entries)
            self._lists[name] = (entries, list(entries))

    def _limits_lost(self) -> str:
        for limit, before in self._limits.items():
            if resource.getrlimit(limit) != before:
                try:
                    resource.setrlimit(limit, before)
                except (OSError, ValueError):
                    return "the chart lowered a limit of its process"
        return ""

    def _modules_lost(self) -> str:
        now = sys.modules
        # The cost is the memory that is touched: a comparison of dicts looks at all keys too.
        if (listed := list(now.values())) != self._module_list:
            if any(now.get(name) is not module for name, module in self._modules.items()):
                return "the chart dropped or replaced modules"
            self._modules = dict(now)
            self._module_list = listed
        return ""

    def _attributes_lost(self) -> str:
        if (values := list(itertools.chain.from_iterable(self._views))) == self._values:
            return ""
        for owner, now, before in self._attributes:
            if now == before:
                continue
            for name, value in before.items():
                # What is looked up for the first time may be added, and is the library's own.
                if now.get(name, self) is not value:
                    return f"the chart replaced {owner}.{name}"
        self._values = values
        return ""

    def _files_left(self) -> str:
        left = _free_descriptor() - self._free_descriptor
        return "the chart left files open" if left > _SPARE_DESCRIPTORS else ""


def _watched(modules: Mapping[str, types.ModuleType]) -> list[tuple[str, Mapping[str, object]]]:
    """Return the attributes to watch, live, of modules and of the libraries' classes."""
    watched: list[tuple[str, Mapping[str, object]]] = [(module.__name__, vars(module)) for module in _MODULES]
    watched.append(("pydantic.BaseModel", vars(pydantic.BaseModel)))
    for library in _LIBRARIES:
        if (module := modules.get(library)) is None:
            continue
        members = list(vars(module).values())
        classes = {member for member in members if isinstance(member, type) and _is_of(member, library)}
        watched.append((library, vars(module)))
        watched.extend((f"{library}.{member.__name__}", vars(member)) for member in classes)
    return watched


def _is_of(member: type, library: str) -> bool:
    return member.__module__.partition(".")[0] == library


def _added(now: object, before: list[Any]) -> list[Any]:
    return [entry for entry in cast("list[Any]", now) if entry not in before] if isinstance(now, list) else []


def _out_of_the_way(number: int) -> tuple[int, tuple[int, int]]:
    return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY), _identity(number)


def _identity(number: int) -> tuple[int, int]:
    try:
        found = os.fstat(number)
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _is_closed(stream: TextIO) -> bool:
    try:
        return stream.closed
    except ValueError:
        # It was detached.
        return True


def _stream(number: int) -> TextIO:
    return open(number, "w" if number else "r", encoding="utf-8", errors="backslashreplace", closefd=False)


def _umask() -> int:
    os.umask(mask := os.umask(0))
    return mask


def _free_descriptor() -> int:
    with contextlib.suppress(OSError):
        os.close(number := os.dup(0))
        return number
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _collect(on: bool) -> None:  # noqa: FBT001  # A setter's one argument.
    if on:
        gc.enable()
    else:
        gc.disable()


def _set_thresholds(thresholds: tuple[int, int, int]) -> None:
    gc.set_threshold(*thresholds)


_GETTERS: dict[str, Any] = {
    "trace": sys.gettrace,
    "profile": sys.getprofile,
    "recursion": sys.getrecursionlimit,
    "collecting": gc.isenabled,
    "thresholds": gc.get_threshold,
    "timeout": socket.getdefaulttimeout,
}
_SETTERS: dict[str, Any] = {
    "trace": sys.settrace,
    "profile": sys.setprofile,
    "recursion": sys.setrecursionlimit,
    "collecting": _collect,
    "thresholds": _set_thresholds,
    "timeout": socket.setdefaulttimeout,
}


def _settings() -> dict[str, Any]:
    return {key: get() for key, get in _GETTERS.items()}
