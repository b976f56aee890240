"""A contender's server, from its start to the end of its last process."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator

import psutil

from function_bench import footprint
from function_bench.contenders import Contender

_STOP_SECONDS = 15
_LOG_LINES = 20


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, metrics_port: int, started: float) -> None:
        self._process = process
        self.port = port
        self.metrics_port = metrics_port
        self.started = started

    @property
    def pid(self) -> int:
        """The id of its first process."""
        return self._process.pid

    def family(self) -> list[int]:
        """Return the ids of all its processes."""
        return [process.pid for process in footprint.family(self.pid)]

    def stop(self) -> None:
        """End the server and whatever it left behind."""
        status = self._process.poll()
        members = footprint.family(self.pid)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for member in members:
            # psutil tells a process from a later one with its id.
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        if status is not None:
            msg = f"the server ended with status {status}"
            raise RuntimeError(msg)


@contextlib.contextmanager
def serving(contender: Contender) -> Generator[Server]:
    """Start a contender's server on a free port of the loopback interface, and stop it at last."""
    with tempfile.TemporaryDirectory(prefix="function-bench-") as name:
        folder = pathlib.Path(name)
        log = folder / "log"
        try:
            server = _start(contender, folder, log)
            try:
                yield server
            finally:
                server.stop()
        except (RuntimeError, OSError) as error:
            end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
            msg = f"{contender.title}: {error}\n{end}"
            raise RuntimeError(msg) from error


def _start(contender: Contender, folder: pathlib.Path, log: pathlib.Path) -> Server:
    port, metrics_port = free_port(), free_port()
    places = {"address": f"127.0.0.1:{port}", "metrics": f"127.0.0.1:{metrics_port}"}
    command = [argument.format(**places) for argument in contender.command]
    variables = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, **contender.variables, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Server(process, port, metrics_port, started)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
