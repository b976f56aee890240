"""Charts that are in folders and not installed: mounted from an image volume or a claim, or copied into an image.

A folder holds what `pip install --target FOLDER WHEEL` writes. Such a flat folder goes to the end of Python's search
path, so that no chart replaces a package that the function itself uses.

A folder `<distribution>/<version>` below CHARTS_DIR is not added to the search path: it is an environment of its own,
with its own workers (`cdk8s_function.installed.environments`).
"""

import os
import pathlib
import sys
from collections.abc import Iterable

VARIABLE = "CHARTS_DIR"
"""The environment variable that names the folder of these folders."""


def find(top: pathlib.Path) -> list[pathlib.Path]:
    """Return the folders that have wheels in them: the given one and those directly in it, sorted by name.

    Args:
        top: The folder to look in; none is found where it is missing.
    """
    if not top.is_dir():
        return []
    folders = [top, *sorted(path for path in top.iterdir() if path.is_dir())]
    return [folder for folder in folders if any(folder.glob("*.dist-info"))]


def find_versions(top: pathlib.Path) -> list[pathlib.Path]:
    """Return the folders `<top>/<distribution>/<version>` that have wheels in them, sorted by name.

    Args:
        top: The folder to look in; none is found where it is missing.
    """
    return sorted({wheel.parent for wheel in top.glob("*/*/*.dist-info")})


def top() -> pathlib.Path | None:
    """Return the folder that CHARTS_DIR names, None if it names none."""
    named = os.environ.get(VARIABLE)
    return pathlib.Path(named) if named else None


def use(folders: Iterable[str]) -> None:
    """Put folders at the end of Python's search path, in place of those that an earlier call put there.

    Args:
        folders: The folders. Those that are in the search path already stay where they are.
    """
    own = path_without()
    added = [each for each in folders if each not in own]
    sys.path[:] = [*own, *added]
    _added.clear()
    _added.update(added)


def add() -> None:
    """Put the flat folders below CHARTS_DIR at the end of Python's search path."""
    folder = top()
    use(map(str, find(folder)) if folder else ())


def path_without() -> list[str]:
    """Return Python's search path without what `use` put there."""
    return [entry for entry in sys.path if entry not in _added]


_added: set[str] = set()
