"""What befalls the function's processes, one every few seconds, so drawn that a run can be repeated."""

import contextlib
import dataclasses
import itertools
import pathlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self

import psutil

from function_bench import processes

Undo = Callable[[], object]
ROLES = ("worker", "Node.js", "server")
_CGROUPS = pathlib.Path("/sys/fs/cgroup")
_GROUP_BYTES = 1 << 20
_PAUSE_SECONDS = (0.2, 3.0)
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0


@dataclasses.dataclass(frozen=True)
class Kind:
    """One sort of fault."""

    role: str  # Which process it is for: one of ROLES.
    what: str
    inflict: Callable[[psutil.Process], Undo | None]
    lasts: bool = True  # Whether it lasts until the process ends; else it is taken back after a while.
    ends: bool = True  # Whether the process may end of it.

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.role} {self.what}"


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault that struck."""

    kind: str  # Its sort's name.
    at: float  # When, on time.monotonic's clock, in seconds.
    pid: int  # The process it struck.


class Groups:
    """Control groups of little memory, a new one for each process. Use it as a context manager."""

    def __init__(self, name: str) -> None:
        unified = (_CGROUPS / "cgroup.controllers").exists()
        self._first = _CGROUPS / ("" if unified else "memory") / name
        self._made: list[pathlib.Path] = []
        self._limit, self._open = ("memory.max", "max") if unified else ("memory.limit_in_bytes", "-1")
        self.refusal = ""  # Why no process can be starved this way here.

    def __enter__(self) -> Self:
        try:
            self._make()
        except OSError as error:
            self.refusal = f"no memory control group can be made ({error.strerror}: {error.filename})"
        return self

    def __exit__(self, *_: object) -> None:
        for group in self._made:
            with contextlib.suppress(OSError):
                group.rmdir()

    def starve(self, process: psutil.Process) -> Undo:
        """Move a process into a new group."""
        group = self._make()
        (group / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
        return lambda: (group / self._limit).write_text(self._open, encoding="ascii")

    def _make(self) -> pathlib.Path:
        group = self._first.with_name(f"{self._first.name}-{len(self._made)}")
        group.mkdir()
        self._made.append(group)
        (group / self._limit).write_text(str(_GROUP_BYTES), encoding="ascii")
        return group


def kinds(groups: Groups) -> list[Kind]:
    """Return every sort of fault that can be inflicted here."""
    found: list[Kind] = []
    for role in ROLES:
        found += [Kind(role, "killed", psutil.Process.kill), Kind(role, "paused", _stop, lasts=False, ends=False)]
        if role != "server":
            found += [Kind(role, "stopped", _stop), Kind(role, "starved by RLIMIT_DATA", _limit)]
        if not groups.refusal:
            found.append(Kind(role, "starved by cgroup", groups.starve, lasts=role != "server"))
    return found


def _stop(process: psutil.Process) -> Undo:
    process.suspend()
    return process.resume


def _limit(process: psutil.Process) -> None:
    """Let a process have no more private memory than it has."""
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (1, most))


def _targets(server: int, role: str) -> list[psutil.Process]:
    """Return the processes of a role, those that only start included."""
    if role == "server":
        return processes.family(server)[:1]
    workers = [child for child in processes.children(server) if processes.runs(child, "cdk8s_function.worker")]
    below = itertools.chain(*(processes.children(worker.pid) for worker in workers))
    return workers if role == "worker" else [child for child in below if processes.runs(child, "node")]


@dataclasses.dataclass(kw_only=True)
class Injector:
    """Strikes a function again and again."""

    kinds: Sequence[Kind]
    draw: random.Random
    every_seconds: float
    server: Callable[[], int]  # Returns the id of the function's first process.
    expected: Callable[[int], object]  # Is told which server may end.
    recovered: Callable[[float], bool]  # Returns whether the fault that struck at a moment is felt no more.
    say: Callable[[str], None]
    struck: list[Fault] = dataclasses.field(default_factory=list[Fault])

    def strike(self, ending: threading.Event) -> None:
        """Strike every few seconds until the end; then take back all that can be."""
        with contextlib.ExitStack() as pauses:
            for kind in self._order():
                ending.wait(self.every_seconds)
                while self.struck and not self.recovered(self.struck[-1].at) and not ending.wait(_LOOK_SECONDS):
                    pass
                # Both drawn here, so that the next ones do not depend on what is found.
                choice, pause = self.draw.random(), self.draw.uniform(*_PAUSE_SECONDS)
                end = time.monotonic() + _PATIENCE_SECONDS
                while not ending.is_set() and not self._strike(kind, choice, pause, pauses):
                    if time.monotonic() > end:
                        msg = f"no {kind.role} was there for {_PATIENCE_SECONDS:g} s"
                        raise RuntimeError(msg)
                    ending.wait(_LOOK_SECONDS)
                if ending.is_set():
                    return

    def _order(self) -> Iterator[Kind]:
        while True:
            yield from self.draw.sample(self.kinds, len(self.kinds))

    def _strike(self, kind: Kind, choice: float, pause: float, pauses: contextlib.ExitStack) -> bool:
        found = _targets(self.server(), kind.role)
        if not found:
            return False
        process = found[int(choice * len(found))]
        if kind.role == "server" and kind.ends:
            self.expected(process.pid)
        try:
            at, undo = time.monotonic(), kind.inflict(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False
        self.struck.append(Fault(kind.name, at, process.pid))
        self.say(f"fault {len(self.struck)}: {kind.name}")
        if undo and not kind.lasts:
            timer = threading.Timer(pause, _take_back, [undo])
            timer.start()
            pauses.callback(_take_back, undo)
            pauses.callback(timer.cancel)
        return True


def _take_back(undo: Undo) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, OSError):
        undo()
