"""Faults, one every few seconds, drawn so that each kind comes equally often and a run can be repeated."""

import contextlib
import dataclasses
import random
import time
from collections.abc import Callable, Iterator, Sequence

import psutil

from function_bench import background
from function_bench.chaos import faults
from function_bench.chaos.supervised import Supervised

_PAUSE_SECONDS = (0.2, 3.0)
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that struck."""

    kind: str  # Its sort's name.
    at: float  # When, on time.monotonic's clock, in seconds.
    pid: int  # The process it struck.


class Injector(background.Background):
    """Strikes a function in a thread of its own. As a context manager it takes back all it can at its end."""

    def __init__(
        self,
        server: Supervised,
        *,
        kinds: Sequence[faults.Kind],
        seed: int,
        every_seconds: float,
        rounds: int,
        recovered: Callable[[float], bool],
    ) -> None:
        super().__init__()
        self._server = server
        self._kinds = kinds
        self._draw = random.Random(seed)
        self._every_seconds = every_seconds
        self._least = rounds * len(kinds)
        self._recovered = recovered
        self._undo: list[tuple[float, faults.Undo]] = []
        self.struck: list[Fault] = []
        self.broken: BaseException | None = None
        """What ended the thread before its time."""

    @property
    def done(self) -> bool:
        """Whether each kind struck as often as it must, or no more will."""
        return len(self.struck) >= self._least or not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for kind in self._order():
                over = self._wait_until(time.monotonic() + self._every_seconds)
                while not over and self.struck and not self._recovered(self.struck[-1].at):
                    over = self._wait_until(time.monotonic() + _LOOK_SECONDS)
                if over:
                    break
                self._strike(kind)
        except BaseException as error:
            self.broken = error
            raise
        finally:
            self._take_back(float("inf"))

    def _order(self) -> Iterator[faults.Kind]:
        while True:
            yield from self._draw.sample(self._kinds, len(self._kinds))

    def _strike(self, kind: faults.Kind) -> None:
        # Both drawn here, so that the next ones do not depend on what is found.
        choice, pause = self._draw.random(), self._draw.uniform(*_PAUSE_SECONDS)
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self._struck(kind, choice, pause):
            if time.monotonic() > end:
                msg = f"no {kind.role} was there for {_PATIENCE_SECONDS:g} s"
                raise RuntimeError(msg)
            if self._wait_until(time.monotonic() + _LOOK_SECONDS):
                return

    def _struck(self, kind: faults.Kind, choice: float, pause: float) -> bool:
        found = faults.targets(self._server.pid, kind.role)
        if not found:
            return False
        process = found[int(choice * len(found))]
        if kind.role == "server" and kind.ends:
            self._server.expect_end(process.pid)
        try:
            at = time.monotonic()
            undo = kind.inflict(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False
        self.struck.append(Fault(kind=kind.name, at=at, pid=process.pid))
        if undo and not kind.lasts:
            self._undo.append((at + pause, undo))
        return True

    def _wait_until(self, moment: float) -> bool:
        """Wait, take back what is due meanwhile, and return whether the end came first."""
        while (now := time.monotonic()) < moment:
            due = min([moment, *(at for at, _ in self._undo)])
            if self._ending.wait(max(0.0, due - now)):
                return True
            self._take_back(time.monotonic())
        return self._ending.is_set()

    def _take_back(self, now: float) -> None:
        due = [undo for at, undo in self._undo if at <= now]
        self._undo = [(at, undo) for at, undo in self._undo if at > now]
        for undo in due:
            with contextlib.suppress(psutil.NoSuchProcess, OSError):
                undo()
