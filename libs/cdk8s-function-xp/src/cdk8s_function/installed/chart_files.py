"""Notice that the files of a chart's wheel were replaced while this process runs.

After files are replaced, modules that are imported already stay old, and what a
chart imports or reads later is new: its output is of neither version. So the server
compares the files before each call, and a worker before each reply. A process that
finds them replaced ends.
"""

import importlib.metadata
import itertools
import os
import pathlib

from cdk8s_function.installed import registry
from cdk8s_function.protocol.messages import ChartRef

_State = tuple[object, ...]


class ChartFiles:
    """The files of one wheel, or of all wheels in the folder that the chart runs from.

    An editable install has no files of its own in its wheel: only its RECORD is compared.

    Args:
        chart: A chart of the wheel.

    Attributes:
        place: The folder that the wheel is in.
        record_digest: As `ChartRef.record_digest`.
    """

    def __init__(self, chart: ChartRef) -> None:
        """Note how the files are now."""
        wheels = _wheels(chart)
        paths = [
            str(pathlib.Path(str(wheel.locate_file(file))))
            for wheel in wheels
            for file in wheel.files or ()
            if "__pycache__" not in file.parts
        ]
        self.place = str(wheels[0].locate_file("")) if wheels else ""
        self._files = tuple(sorted(paths))
        self._folders = tuple(sorted({os.path.dirname(path) for path in paths}))  # noqa: PTH120  # As text: many.
        if chart.folder:
            self.record_digest = registry.content_digest(wheels)
        else:
            self.record_digest = registry.record_digest(wheels[0]) if wheels else ""
        self._quick = _state(self._folders)
        self._whole = _state(self._files)

    def are_of(self, chart: ChartRef) -> bool:
        """Return whether they are the files of the wheel that a chart was found in."""
        return not chart.record_digest or chart.record_digest == self.record_digest

    def are_unchanged(self, *, each: bool) -> bool:
        """Return whether they are as they were.

        If a file is replaced by another, the time of its folder changes: a few system
        calls show that. If a file is overwritten, only its own time changes.

        Args:
            each: Whether to look at each file: after an import.
        """
        folders = _state(self._folders)
        if not each and folders == self._quick:
            return True
        if _state(self._files) != self._whole:
            return False
        # Python writes its __pycache__ into these folders too.
        self._quick = folders
        return True


def _wheels(chart: ChartRef) -> list[importlib.metadata.Distribution]:
    if chart.folder:
        return registry.wheels_in(pathlib.Path(chart.folder))
    return list(itertools.islice(importlib.metadata.distributions(name=chart.dist), 1))


def _state(paths: tuple[str, ...]) -> _State:
    return tuple(map(stamp, paths))


def stamp(path: str) -> tuple[int, int, int] | None:
    """Return time, size and inode of a file, which tell it from another one at its path; None if there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116  # pathlib takes three times as long.
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
