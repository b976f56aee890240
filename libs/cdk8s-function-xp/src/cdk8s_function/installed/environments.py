"""Charts in several versions side by side: each in a folder that is an environment of its own.

    <charts>/<distribution>/<version>/    what `pip install --target` writes: the wheel, and what the image lacks for it

A worker of such an environment imports from its folder first, and then what the
function itself has installed. So two versions of a chart may need two versions
of a library. A folder is taken whole or not at all: each file has to be what the
RECORDs of its wheels say, and each requirement has to be met.
"""

import base64
import dataclasses
import hashlib
import importlib.machinery
import importlib.metadata
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator, Mapping

from cdk8s_function.errors import FatalError
from cdk8s_function.installed import chart_environment, chart_files, chart_folders, registry
from cdk8s_function.installed.registry import Registry, Unusable
from cdk8s_function.protocol.messages import ChartRef

_Wheel = importlib.metadata.Distribution
_State = tuple[object, ...]

FUNCTION = ("cdk8s-function-xp", "function-cdk8s")
"""The function itself: a worker has to speak its server's language."""

_MODULES = (*importlib.machinery.SOURCE_SUFFIXES, *importlib.machinery.EXTENSION_SUFFIXES)

_SCRIPTS = "bin"
"""Where pip puts the commands of wheels; no module is imported from there."""


def discover() -> Registry:
    """Return the charts that are installed, and those in folders of their own below CHARTS_DIR."""
    return Environments(chart_folders.top()).look()


class MixedError(FatalError):
    """This process can't import a chart as a worker of its environment does: it has imported others."""


def activate(chart: ChartRef) -> None:
    """Let this process import a chart from its folder first, before what the function has installed.

    A worker is started so; a command that imports a chart in its own process calls this before.

    Args:
        chart: The chart.

    Raises:
        MixedError: If this process runs charts of another environment, or has
            imported already what the folder has, too.
    """
    active = _active.setdefault("folder", chart.folder)
    if active != chart.folder:
        here, other = (folder or "what is installed" for folder in (chart.folder, active))
        msg = f"chart {chart.name} runs from {here}, and this command runs charts from {other}: run a command for each"
        raise MixedError(msg)
    if not chart.folder or chart.folder in sys.path:
        return
    for module in sorted(_top_modules(pathlib.Path(chart.folder)) & sys.modules.keys()):
        msg = f"{chart.folder} has a {module} of its own: run this command with PYTHONPATH={chart.folder}"
        raise MixedError(msg)
    sys.path.insert(0, chart.folder)
    sys.dont_write_bytecode = True


_active: dict[str, str] = {}


class Environments:
    """The charts there are, each time one looks. For one thread at a time.

    Args:
        top: The folder of folders `<distribution>/<version>`; None for none.
    """

    def __init__(self, top: pathlib.Path | None) -> None:
        """Find what is installed in the function itself: that stays as it is."""
        self._top = top
        self._installed = registry.discover()
        self._known: dict[pathlib.Path, _Known] = {}

    def look(self, *, again: Iterable[pathlib.Path] = ()) -> Registry:
        """Return the charts there are now.

        Only folders that have changed since the last time are read.

        Args:
            again: Folders to read whether or not they seem to have changed.
        """
        for folder in again:
            self._known.pop(folder, None)
        folders = chart_folders.find_versions(self._top) if self._top else []
        self._known = {folder: self._read(folder) for folder in folders}
        found = [known.found for known in self._known.values()]
        charts = [chart for each in found if not isinstance(each, Unusable) for chart in each]
        return Registry(
            registry.in_order([*self._installed.charts, *charts]),
            tuple(each for each in found if isinstance(each, Unusable)),
        )

    def _read(self, folder: pathlib.Path) -> "_Known":
        known = self._known.get(folder)
        if known and known.state == _state(folder, each=isinstance(known.found, Unusable)):
            return known
        quick, whole = _state(folder, each=False), _state(folder, each=True)
        charts: tuple[ChartRef, ...] = ()
        try:
            reason = fault(folder)
            charts = () if reason else registry.of_folder(folder)
        except OSError as error:
            reason = f"{error.filename} cannot be read: {error.strerror}"
        if not reason and whole != _state(folder, each=True):
            reason = "its files change just now"
        if not reason:
            return _Known(quick, charts)
        return _Known(whole, Unusable(dist=registry.normalized(folder.parent.name), version=folder.name, reason=reason))


@dataclasses.dataclass(frozen=True)
class _Known:
    """What was found in a folder, and the state of its files then.

    A folder that can't be used may be in the middle of being copied: each of its files counts then.
    """

    state: _State
    found: tuple[ChartRef, ...] | Unusable


def fault(folder: pathlib.Path) -> str:
    """Return why a folder `<distribution>/<version>` is not an environment, "" if it is one.

    Args:
        folder: The folder.

    Raises:
        OSError: If it can't be read.
    """
    return next(_faults(folder), "")


def _faults(folder: pathlib.Path) -> Iterator[str]:
    """Return, in words, why a folder is not an environment."""
    name = registry.normalized(folder.parent.name)
    wheels = {registry.normalized(wheel.metadata["Name"] or ""): wheel for wheel in registry.wheels_in(folder)}
    own = wheels.get(name)
    if own is None:
        yield f"{folder} holds no wheel {name}"
        return
    if registry.version_of(own.version or "") != registry.version_of(folder.name):
        yield f"{folder} holds {name} {own.version}: name the folder so"
    for each in sorted(wheels.keys() & FUNCTION):
        yield f"{folder} holds {each}, which is the function's own; leave it out"
    yield from _altered(folder, wheels)
    for module in sorted(_top_modules(folder) & sys.stdlib_module_names):
        yield f"module {module} in {folder} would hide Python's own"
    image = chart_folders.path_without()
    path = [str(folder), *image]
    function = {each: next(iter(importlib.metadata.distributions(name=each, path=image)), None) for each in FUNCTION}
    for each, wheel in sorted({**function, **wheels}.items()):
        if wheel is not None:
            yield from chart_environment.unmet(each, wheel, path)
    if not own.entry_points.select(group=registry.GROUP):
        yield f"{name} {own.version} offers no chart: it has no entry point in the group {registry.GROUP}"
    yield from chart_environment.hidden(name, own, path, wheels)


def _altered(folder: pathlib.Path, wheels: Mapping[str, _Wheel]) -> Iterator[str]:
    """Return, in words, how files differ from what the RECORDs say of them."""
    listed: dict[str, str] = {}
    for name, wheel in sorted(wheels.items()):
        files = registry.listed_files(wheel)
        if not files:
            yield f"wheel {name} {wheel.version} in {folder} has no RECORD of its files"
        listed.update((path, digest) for path, digest in files if not path.startswith(("../", "/")))
    for path in sorted(listed):
        if not (folder / path).is_file():
            yield f"{folder / path} is missing"
            return
    for path, digest in sorted(listed.items()):
        if not _is_of_digest(folder / path, digest):
            yield f"{folder / path} is not the file that its wheel's RECORD tells of"
    for file in _files(folder):
        path = file.relative_to(folder)
        if path.name.endswith(_MODULES) and path.parts[0] != _SCRIPTS and path.as_posix() not in listed:
            yield f"{file} is of no wheel"


def _is_of_digest(file: pathlib.Path, digest: str) -> bool:
    """Return whether a file has a digest as a RECORD tells it: `sha256=` and base64 for URLs, without padding."""
    algorithm, _, value = digest.partition("=")
    if algorithm not in hashlib.algorithms_guaranteed:
        return False
    with file.open("rb") as content:
        found = hashlib.file_digest(content, algorithm).digest()
    return base64.urlsafe_b64encode(found).rstrip(b"=") == value.rstrip("=").encode()


def _top_modules(folder: pathlib.Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.iterdir() if path.is_dir() or path.name.endswith(_MODULES)}


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            yield pathlib.Path(path, name)


def _state(folder: pathlib.Path, *, each: bool) -> _State:
    wheels = sorted(folder.glob("*.dist-info"))
    files = _files(folder) if each else [folder, *wheels, *(wheel / "RECORD" for wheel in wheels)]
    return tuple((path, chart_files.stamp(path)) for path in map(str, files))
