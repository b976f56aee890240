"""Ways to leave a process without memory."""

import contextlib
import pathlib
from typing import Self

import psutil

_GROUP_BYTES = 1 << 20
_MOUNT = pathlib.Path("/sys/fs/cgroup")


class Groups:
    """Control groups of little memory, a new one for each process. Use it as a context manager."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._made: list[pathlib.Path] = []
        unified = (_MOUNT / "cgroup.controllers").exists()
        self._root = _MOUNT if unified else _MOUNT / "memory"
        self._limit, self._open = ("memory.max", "max") if unified else ("memory.limit_in_bytes", "-1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for group in self._made:
            with contextlib.suppress(OSError):
                group.rmdir()

    def refusal(self) -> str:
        """Return why no process can be starved this way here, "" if one can."""
        try:
            self._make().rmdir()
        except OSError as error:
            return f"no memory control group can be made ({error.strerror}: {error.filename})"
        self._made.pop()
        return ""

    def starve(self, process: psutil.Process) -> pathlib.Path:
        """Move a process into a new group, and return that."""
        group = self._make()
        (group / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
        return group

    def feed(self, group: pathlib.Path) -> None:
        """Let a group have all the memory there is."""
        (group / self._limit).write_text(self._open, encoding="ascii")

    def _make(self) -> pathlib.Path:
        group = self._root / f"{self._name}-{len(self._made)}"
        group.mkdir()
        self._made.append(group)
        (group / self._limit).write_text(str(_GROUP_BYTES), encoding="ascii")
        return group


def limit(process: psutil.Process) -> None:
    """Let a process have no more private memory than it has."""
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (1, most))
