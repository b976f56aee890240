"""Servers on the loopback interface."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Self

from cdk8s_function import proc

from function_bench import processes

ADDRESSES = ("--address={address}", "--metrics-address={metrics}")
"""The options by which function-cdk8s is told where to listen."""

SECONDS = 60
"""How long a server may take for whatever it is waited for."""


class Server:
    """A server whose log and temporary files are in a folder. Use it as a context manager."""

    def __init__(self, folder: pathlib.Path, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.port, self.metrics_port = _free_port(), _free_port()
        places = {"address": f"127.0.0.1:{self.port}", "metrics": f"127.0.0.1:{self.metrics_port}"}
        self._command = [argument.format(**places) for argument in command]
        self.log, self.temporary = folder / "log", folder / "tmp"
        inherited = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        self._variables = {**inherited, "TMPDIR": str(self.temporary), **variables}
        self.faults: list[str] = []  # What it did that it should not.

    def __enter__(self) -> Self:
        self.temporary.mkdir()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        members = processes.family(self.process.pid)
        self.stop()
        for member in members:
            # psutil tells a process from a later one with its id.
            with contextlib.suppress(processes.Gone):
                member.kill()

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                self._command,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End it as a cluster does."""
        self.process.terminate()
        try:
            if status := self.process.wait(SECONDS):
                self.faults.append(f"the server stopped with status {status}")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.faults.append(f"the server did not stop within {SECONDS} s")


class Function(Server):
    """The workspace's function-cdk8s, the only server of this process, so that what it leaves behind shows."""

    def __init__(self, folder: pathlib.Path, *, workers: int, charts: pathlib.Path | None = None) -> None:
        program = str(pathlib.Path(sys.executable).with_name("function-cdk8s"))
        command = (program, "serve", "--insecure", *ADDRESSES, f"--workers={workers}")
        super().__init__(folder, command, {"CHARTS_DIR": str(charts or "")})
        self.workers = workers

    def __enter__(self) -> Self:
        # What outlives its server becomes a child of this process.
        proc.adopt_orphans()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.faults += [f"the server left a process running: {left}" for left in processes.end_orphans()]
        self.faults += [f"the server left the folder {left.name}" for left in self.temporary.iterdir()]


@contextlib.contextmanager
def folder() -> Generator[pathlib.Path]:
    """Yield a folder for a server, which is removed at last."""
    with tempfile.TemporaryDirectory(prefix="function-bench-") as name:
        yield pathlib.Path(name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
