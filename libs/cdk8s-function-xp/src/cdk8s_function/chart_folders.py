"""Charts in folders instead of installed: mounted from an image volume or a claim, or copied into an image.

A folder holds what `pip install --target FOLDER WHEEL` writes. Folders go to the end of Python's search path, so that
no chart replaces a package that the function itself uses.
"""

import os
import pathlib
import sys

VARIABLE = "CHARTS_DIR"
"""The environment variable with the folder of such folders; worker processes read it too."""


def find(top: pathlib.Path) -> list[pathlib.Path]:
    """Return the folders that have wheels in them: the given one and those directly in it, sorted by name.

    Args:
        top: The folder to look in; none is found where it is missing.
    """
    if not top.is_dir():
        return []
    folders = [top, *sorted(path for path in top.iterdir() if path.is_dir())]
    return [folder for folder in folders if any(folder.glob("*.dist-info"))]


def add() -> None:
    """Add the folders below CHARTS_DIR to Python's search path, those that are not in it yet."""
    top = os.environ.get(VARIABLE)
    if not top:
        return
    sys.path.extend(str(folder) for folder in find(pathlib.Path(top)) if str(folder) not in sys.path)
