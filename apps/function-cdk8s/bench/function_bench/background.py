"""Work in a thread of its own, beside what is measured."""

import abc
import threading
from types import TracebackType
from typing import Self


class Background(abc.ABC):
    """Works from the beginning to the end of a `with` block."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    @abc.abstractmethod
    def _run(self) -> None:
        """Work until `_ending` is set."""
