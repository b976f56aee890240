"""Flat folders of charts: each holds what `pip install --target` writes, and goes to the end of Python's search path.

    <charts>/<any name>/    or the folder of folders itself

All of them belong to the environment of what is installed in the function. A folder
is used only if its files are the ones that the RECORDs of its wheels list, and its
charts do not contradict those that are in use already.
"""

import dataclasses
import hashlib
import itertools
import os
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Self

from cdk8s_function.installed import chart_environment, chart_folders, folder_files, registry
from cdk8s_function.installed.registry import Unusable
from cdk8s_function.protocol.messages import ChartRef


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flat:
    """The flat folders that can be used, and what is in them.

    Attributes:
        folders: The folders, in the order in which they are searched.
        digest: Digest of what the wheels in them consist of; "" without a folder.
        unusable: Wheels in the other folders.
    """

    folders: tuple[str, ...] = ()
    digest: str = ""
    unusable: tuple[Unusable, ...] = ()

    @classmethod
    def of(cls, folders: Iterable[pathlib.Path]) -> Self:
        """Return folders without checking their files."""
        return cls(folders=tuple(map(str, folders)))

    def charts(self, installed: Iterable[ChartRef]) -> list[ChartRef]:
        """Return the charts of the environment: those installed in the function, and those in the folders."""
        installed = list(installed)
        there = {chart.dist for chart in installed}
        beside = registry.discover(self.folders).charts if self.folders else ()
        charts = [*installed, *(chart for chart in beside if chart.dist not in there)]
        behind = os.pathsep.join(self.folders)
        return [dataclasses.replace(chart, behind=behind, behind_digest=self.digest) for chart in charts]


@dataclasses.dataclass(frozen=True)
class _Known:
    """What was found in a folder, and the state of its files then: its wheels with charts, or its first wheel."""

    state: folder_files.State
    digest: str
    fault: str
    wheels: tuple[tuple[str, str], ...]

    def unusable(self, reason: str) -> Iterable[Unusable]:
        """Return its wheels as unusable."""
        return [Unusable(dist=dist, version=version, reason=reason) for dist, version in self.wheels]


class FlatFolders:
    """Finds the flat folders, again and again.

    Args:
        top: The folder to look in; None for none.
        image: Python's search path without flat folders.
    """

    def __init__(self, top: pathlib.Path | None, image: Sequence[str]) -> None:
        """Start without folders."""
        self._top = top
        self._image = list(image)
        self._known: dict[pathlib.Path, _Known] = {}
        self._emptied: dict[pathlib.Path, _Known] = {}
        self._found = Flat()

    def look(self, *, again: Collection[pathlib.Path] = ()) -> Flat:
        """Return the flat folders there are now. Only those that have changed since the last look are read.

        Args:
            again: Folders to read whether or not they seem to have changed.
        """
        last = {**self._emptied, **self._known}
        kept = {folder: known for folder, known in last.items() if folder not in again}
        folders = chart_folders.find(self._top) if self._top else []
        known = {folder: _read(folder, kept.get(folder)) for folder in folders}
        # pip removes the old wheel's metadata before it writes the new one's: until the next look it may be that.
        emptied = {folder: each for folder, each in self._known.items() if folder not in known and folder.is_dir()}
        if known != self._known or emptied != self._emptied:
            self._known, self._emptied, self._found = known, emptied, self._take(known, emptied)
        return self._found

    def _take(self, known: Mapping[pathlib.Path, _Known], emptied: Mapping[pathlib.Path, _Known]) -> Flat:
        faults = {folder: each.fault for folder, each in known.items() if each.fault}
        taken, contradictions = self._agreeing([folder for folder in known if folder not in faults])
        reasons = {**faults, **contradictions, **dict.fromkeys(emptied, "it was removed, or is being replaced")}
        digests = [f"{folder},{known[folder].digest}\n" for folder in taken]
        return Flat(
            folders=tuple(map(str, taken)),
            digest="sha256:" + hashlib.sha256("".join(digests).encode()).hexdigest() if taken else "",
            unusable=tuple(
                wheel for folder, why in reasons.items() for wheel in {**emptied, **known}[folder].unusable(why)
            ),
        )

    def _agreeing(self, folders: list[pathlib.Path]) -> tuple[list[pathlib.Path], dict[pathlib.Path, str]]:
        """Return which folders can all be used together, those in use before others, and why the rest can't."""
        if not self._contradiction(folders):
            return folders, {}
        waiting = sorted(folders, key=lambda folder: str(folder) not in self._found.folders)
        taken: list[pathlib.Path] = []
        # A folder may need a library in another: try again while one more can be used.
        while more := next((each for each in waiting if not self._contradiction([*taken, each])), None):
            taken.append(more)
            waiting.remove(more)
        return sorted(taken, key=folders.index), {each: self._contradiction([*taken, each]) for each in waiting}

    def _contradiction(self, folders: Iterable[pathlib.Path]) -> str:
        try:
            chart_environment.check([*self._image, *map(str, folders)])
        except chart_environment.ContradictionError as error:
            return str(error)
        return ""


def _fault(folder: pathlib.Path) -> str:
    try:
        return next(folder_files.altered(folder, folder_files.wheels_by_name(folder)), "")
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"


def _read(folder: pathlib.Path, known: _Known | None) -> _Known:
    if known and known.state == _state(folder, each=bool(known.fault)):
        return known
    quick, whole = _state(folder, each=False), _state(folder, each=True)
    why = _fault(folder)
    digest = "" if why else registry.content_digest(registry.wheels_in(folder))
    wheels = _wheels(folder) or (known.wheels if known else ())
    # Last, so that all of the above is of the same files.
    if not why and whole != _state(folder, each=True):
        why, digest = "its files change just now", ""
    return _Known(whole if why else quick, digest, why, wheels)


def _state(folder: pathlib.Path, *, each: bool) -> folder_files.State:
    """Return the state of a folder: of each file that its wheels list, where it is perhaps being copied just now."""
    quick = folder_files.quick_state(folder)
    if not each:
        return quick
    wheels = registry.wheels_in(folder)
    return quick + folder_files.state(folder / path for wheel in wheels for path, _ in registry.listed_files(wheel))


def _wheels(folder: pathlib.Path) -> tuple[tuple[str, str], ...]:
    """Return names and versions of a folder's wheels with charts, or of its first wheel."""
    wheels = folder_files.wheels_by_name(folder)
    with_charts = {name: wheel for name, wheel in wheels.items() if wheel.entry_points.select(group=registry.GROUP)}
    named = with_charts or dict(itertools.islice(sorted(wheels.items()), 1))
    return tuple((name, wheel.version or "") for name, wheel in sorted(named.items()))
