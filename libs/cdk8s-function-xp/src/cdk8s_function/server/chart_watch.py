"""Look for charts that appear in folders of their own, and for those that go, while the function serves."""

import contextlib
import dataclasses
import pathlib
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Self

import structlog

from cdk8s_function.installed import chart_folders
from cdk8s_function.installed.environments import Environments
from cdk8s_function.installed.registry import Registry
from cdk8s_function.protocol.messages import ChartRef

LOOK_SECONDS = 2.0
"""The time between two looks. A folder is served within 10 s: a copy may just miss one look and so need two, and the
rest is for a worker's start."""


class ChartWatch:
    """A thread that looks for charts every two seconds. Use it as a context manager.

    Args:
        top: The folder of folders `<distribution>/<version>`, and of flat folders; None for none.

    Attributes:
        listeners: Called in turn with the charts there are, each time they are others; once more if one of them fails.
    """

    def __init__(self, top: pathlib.Path | None) -> None:
        """Look for the first time."""
        self._environments = Environments(top)
        self._found = self._environments.look()
        chart_folders.use(self._environments.flat)
        self.listeners: list[Callable[[Registry], None]] = []
        self._asked = queue.SimpleQueue[pathlib.Path | None]()
        self._log = structlog.stdlib.get_logger()
        self._thread = threading.Thread(target=self._run, name="chart-watch", daemon=True)

    @property
    def charts(self) -> Registry:
        """The charts that were found last."""
        return self._found

    def __enter__(self) -> Self:
        """Begin to look."""
        self._tell(self._environments.installed, self._found)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Look no more."""
        self._asked.put(None)
        self._thread.join()

    def look_again(self, folder: pathlib.Path) -> None:
        """Read a folder again, soon, and call the listeners whatever is in it. From any thread.

        Args:
            folder: A folder `<charts>/<distribution>/<version>`, or a flat one.
        """
        self._asked.put(folder)

    def _run(self) -> None:
        again: set[pathlib.Path] = set()
        while True:
            with contextlib.suppress(queue.Empty):
                if (folder := self._asked.get(timeout=LOOK_SECONDS)) is None:
                    return
                again.add(folder)
            try:
                self._look(again)
                again.clear()
            except Exception:  # noqa: BLE001  # Whatever it is, it is logged, and the next look may succeed.
                self._log.error("charts could not be looked for", traceback=traceback.format_exc())

    def _look(self, again: set[pathlib.Path]) -> None:
        found = self._environments.look(again=again)
        if found == self._found and not again:
            return
        chart_folders.use(self._environments.flat)
        for listener in self.listeners:
            listener(found)
        # Only now: after a failure the next look finds others again, and calls each listener.
        before, self._found = self._found, found
        self._tell(before, found)

    def _tell(self, before: Registry, now: Registry) -> None:
        for word, some, others in (("appeared", now, before), ("went", before, now)):
            known = {_identity(chart) for chart in others.charts}
            for chart in some.charts:
                if _identity(chart) not in known:
                    about = {"chart": f"{chart.dist}:{chart.name}", "version": chart.version}
                    whole = {"digest": chart.digest, "folder": chart.folder} if chart.folder else {}
                    self._log.info(f"a version of a chart {word}", **about, **whole)
        for each in now.unusable:
            if each not in before.unusable:
                self._log.error("a version can't be used", wheel=each.dist, version=each.version, reason=each.reason)


def _identity(chart: ChartRef) -> ChartRef:
    """Return a chart without the folders behind it: what is in one of them is no other version of the rest."""
    return dataclasses.replace(chart, behind="", behind_digest="")
