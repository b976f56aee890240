"""Charts in several versions side by side: each in a folder that is an environment of its own.

    <charts>/<distribution>/<version>/    what `pip install --target` writes: the wheel, and what the image lacks for it

A worker of such an environment imports from its folder first, and then from what the
function itself has installed. So two versions of a chart can use two versions of a
library. A folder is used only if each of its files is the one that the RECORDs of its
wheels list, and each requirement is met.
"""

import dataclasses
import importlib.metadata
import pathlib
import sys
from collections.abc import Iterable, Iterator

from cdk8s_function.errors import FatalError
from cdk8s_function.installed import chart_environment, chart_folders, flat_folders, folder_files, registry, source_only
from cdk8s_function.installed.registry import Registry, Unusable
from cdk8s_function.protocol.messages import ChartRef

FUNCTION = ("cdk8s-function-xp", "function-cdk8s")
"""The function's own distributions. A folder must not hold them: a worker runs the same code as its server."""


def discover() -> Registry:
    """Return the charts that are installed, and those in folders below CHARTS_DIR.

    Flat folders are not checked: a command runs charts that somebody is working on.
    """
    top = chart_folders.top()
    folders = chart_folders.find(top) if top else []
    return Environments(top, flat=flat_folders.Flat.of(folders)).look()


def with_folders(top: pathlib.Path) -> Registry:
    """Return the charts that are installed, and those in folders `<top>/<distribution>/<version>`.

    Args:
        top: The folder of these folders; flat folders in it are left out.
    """
    return Environments(top, flat=flat_folders.Flat()).look()


class MixedError(FatalError):
    """This process has imported charts or libraries of another environment, and so cannot import this chart."""


def activate(chart: ChartRef) -> None:
    """Let this process import a chart from its folder first, and then from what the function has installed.

    A worker is started this way. A command that imports a chart in its own process calls this function before.

    Args:
        chart: The chart.

    Raises:
        MixedError: If this process runs charts of another environment, or has
            already imported a module that the folder has too.
    """
    active = _active.setdefault("folder", chart.folder)
    if active != chart.folder:
        here, other = (folder or "what is installed" for folder in (chart.folder, active))
        msg = f"chart {chart.name} runs from {here}, and this command runs charts from {other}: run a command for each"
        raise MixedError(msg)
    if not chart.folder or chart.folder in sys.path:
        return
    for module in sorted(folder_files.top_modules(pathlib.Path(chart.folder)) & sys.modules.keys()):
        msg = f"{chart.folder} has a {module} of its own: run this command with PYTHONPATH={chart.folder}"
        raise MixedError(msg)
    source_only.use(chart.folder)
    sys.path.insert(0, chart.folder)
    sys.dont_write_bytecode = True


_active: dict[str, str] = {}


class Environments:
    """Finds the charts there are, again and again. Use it from one thread at a time.

    Args:
        top: The folder of folders `<distribution>/<version>`, and of flat folders; None for none.
        flat: The flat folders, if they are known; otherwise each look finds those whose files are complete.

    Attributes:
        installed: The charts that are installed in the function itself; they do not change.
        flat: The flat folders that the last look found, to put into Python's search path.
    """

    def __init__(self, top: pathlib.Path | None, *, flat: flat_folders.Flat | None = None) -> None:
        """Find what is installed in the function itself."""
        self._top = top
        image = chart_folders.path_without()
        self.installed = registry.discover(image)
        self._given = flat
        self._flat = flat_folders.FlatFolders(top, image)
        self.flat: tuple[str, ...] = ()
        self._known: dict[pathlib.Path, _Known] = {}

    def look(self, *, again: Iterable[pathlib.Path] = ()) -> Registry:
        """Return the charts there are now.

        Only folders that have changed since the last time are read.

        Args:
            again: Folders to read whether or not they seem to have changed.
        """
        again = set(again)
        for folder in again:
            self._known.pop(folder, None)
        folders = chart_folders.find_versions(self._top) if self._top else []
        self._known = {folder: self._read(folder) for folder in folders}
        found = [known.found for known in self._known.values()]
        charts = [chart for each in found if not isinstance(each, Unusable) for chart in each]
        beside = self._given or self._flat.look(again=again)
        self.flat = beside.folders
        return Registry(
            registry.in_order([*beside.charts(self.installed.charts), *charts]),
            (*beside.unusable, *(each for each in found if isinstance(each, Unusable))),
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

    A folder that can't be used may be one that is still being copied: the state of each of its files counts then.
    """

    state: folder_files.State
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
    wheels = folder_files.wheels_by_name(folder)
    own = wheels.get(name)
    if own is None:
        yield f"{folder} holds no wheel {name}"
        return
    if registry.version_of(own.version or "") != registry.version_of(folder.name):
        yield f"{folder} holds {name} {own.version}: name the folder so"
    for each in sorted(wheels.keys() & FUNCTION):
        yield f"{folder} holds {each}, which is the function's own; leave it out"
    yield from folder_files.altered(folder, wheels)
    yield from (f"{file} is of no wheel" for file in folder_files.unlisted(folder, wheels.values()))
    for module in sorted(folder_files.top_modules(folder) & sys.stdlib_module_names):
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


def _state(folder: pathlib.Path, *, each: bool) -> folder_files.State:
    return folder_files.state(folder_files.files(folder)) if each else folder_files.quick_state(folder)
