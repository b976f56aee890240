"""Whether the files of a chart are still those that the function discovered: no call gets a response from a mixture."""

import os
import pathlib
import time
from collections.abc import Callable
from typing import NamedTuple

import structlog

from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed.chart_files import ChartFiles
from cdk8s_function.protocol.messages import IMAGE, ChartRef, Environment

_LOOK_SECONDS = 1.0
"""How often each file of a chart is looked at. Files put in place of others are seen at each call."""


class _Home(NamedTuple):
    """Whose files are compared: those of a wheel in the function, or of all wheels of another environment."""

    dist: str
    environment: Environment


class FileWatch:
    """Watches the files of the charts that are called.

    Args:
        on_replaced: Called once when files of a chart were replaced: no call of
            it gets a response from then on, so the process is to end.
        on_folder_replaced: Called when files in the folder that a chart runs
            from were replaced: no call of it gets a response until `forget_folders` is called.
    """

    def __init__(self, on_replaced: Callable[[], None], on_folder_replaced: Callable[[pathlib.Path], None]) -> None:
        """Watch no files yet."""
        self._files: dict[_Home, ChartFiles] = {}
        self._look_at: dict[_Home, float] = {}
        self._replaced = False
        self._on_replaced = on_replaced
        self._on_folder_replaced = on_folder_replaced
        self._replaced_folders: set[str] = set()
        self._log = structlog.stdlib.get_logger()

    def forget_folders(self) -> None:
        """Take the files of folders as they are now, not those of the function itself. From any thread."""
        self._files = {home: files for home, files in self._files.items() if home.environment == IMAGE}
        self._look_at = {home: at for home, at in self._look_at.items() if home.environment == IMAGE}
        self._replaced_folders = set()

    def check(self, chart: ChartRef) -> None:
        """Refuse a chart whose files were replaced.

        Args:
            chart: The chart; its files are watched from its first call on.

        Raises:
            UnavailableError: If they were.
        """
        home = _Home(chart.dist, chart.environment)
        files = self._files.get(home)
        if files is None:
            files = self._files[home] = ChartFiles(chart)
        now = time.monotonic()
        each = now >= self._look_at.get(home, 0.0)
        if each:
            self._look_at[home] = now + _LOOK_SECONDS
        if files.are_of(chart) and files.are_unchanged(each=each):
            return
        if folder := chart.folder or (files.place if files.place in chart.behind.split(os.pathsep) else ""):
            if folder not in self._replaced_folders:
                self._replaced_folders.add(folder)
                about = {"chart": chart.dist, "folder": folder}
                self._log.warning("the files in the folder of a chart were replaced", **about)
                self._on_folder_replaced(pathlib.Path(folder))
            msg = f"the files in {folder} were replaced; the function takes the new ones up within seconds"
            raise UnavailableError(msg)
        if not self._replaced:
            self._replaced = True
            self._log.error("the files of a chart were replaced", chart=chart.dist)
            self._on_replaced()
        msg = f"the files of its wheel, {chart.dist}, were replaced; the function starts again with the new ones"
        raise UnavailableError(msg)
