"""The function as a cluster runs it: one process tree that is started again when it ends."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import psutil
from cdk8s_function import proc

from function_bench import served

_COMMAND = pathlib.Path(sys.executable).parent / "function-cdk8s"
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.01


class Supervised:
    """A served function on the loopback interface. Use it as a context manager."""

    def __init__(self, folder: pathlib.Path, *, workers: int) -> None:
        self._folder = folder
        self.workers = workers
        self.port = served.free_port()
        self.temporary = folder / "tmp"
        self.log = folder / "log"
        self._changed = threading.Lock()
        self._stopping = False
        self._ends_expected: set[int] = set()
        self.restarts = 0
        self.faults: list[str] = []
        """What the server did that it should not."""

    def __enter__(self) -> Self:
        # What outlives its server becomes a child of this process, where it shows.
        proc.adopt_orphans()
        self.temporary.mkdir()
        self._process = self._start()
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stopping = True
            process = self._process
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.faults.append(f"the server did not stop within {_STOP_SECONDS} s")
            process.kill()
        else:
            if status:
                self.faults.append(f"the server stopped with status {status}")
        self._thread.join()
        self.faults += [f"the server left a process running: {left}" for left in end_orphans()]
        self.faults += [f"the server left the folder {left.name}" for left in self.temporary.iterdir()]

    @property
    def pid(self) -> int:
        """The process id of the server that runs."""
        return self._process.pid

    def expect_end(self, pid: int) -> None:
        """Take the end of a server for no fault of its own."""
        self._ends_expected.add(pid)

    def _supervise(self) -> None:
        while True:
            status = self._process.wait()
            with self._changed:
                if self._stopping:
                    return
                if self._process.pid not in self._ends_expected:
                    self.faults.append(f"the server ended by itself, with status {status}")
                end_orphans()
                self._process = self._start()
                self.restarts += 1

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [_COMMAND, "serve", "--insecure", f"--address=127.0.0.1:{self.port}", f"--workers={self.workers}"],
                env={**os.environ, "TMPDIR": str(self.temporary)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def end_orphans() -> list[str]:
    """Kill every descendant of this process, and return what those were that were alive."""
    alive: dict[int, str] = {}
    end = time.monotonic() + _STOP_SECONDS
    # What is a child of another process now becomes one of this when its parent has died.
    while (found := psutil.Process().children(recursive=True)) and time.monotonic() < end:
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                state = process.status()
                if state != psutil.STATUS_ZOMBIE:
                    alive.setdefault(process.pid, f"{process.name()}, {state}")
                    process.kill()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
        time.sleep(_LOOK_SECONDS)
    return list(alive.values())
