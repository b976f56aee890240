"""What the app's tests share: the command line as a process, and a served function."""

import contextlib
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator

import pytest
from function_cdk8s import serve as serving

Environment = dict[str, str]
Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]

CHARTS = pathlib.Path(__file__).parent / "charts"
START_SECONDS = 60
END_SECONDS = 60


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The command line of function-cdk8s, to be run by this Python."""
    return [sys.executable, "-c", "from function_cdk8s.cli import main; main(prog_name='function-cdk8s')"]


@pytest.fixture(scope="session")
def environment() -> Environment:
    """An environment in which the charts of this folder are installed too, and no flag is set."""
    unset = {"CHARTS_DIR", "TMPDIR"}
    for option in serving.command.params:
        unset.update([option.envvar] if isinstance(option.envvar, str) else option.envvar or ())
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONPATH": str(CHARTS)}


@pytest.fixture(scope="session")
def serve(command: list[str], environment: Environment) -> Serve:
    """Start `function-cdk8s serve` on a free port; yields the process and the port."""

    @contextlib.contextmanager
    def started(*arguments: str, env: Environment | None = None) -> Generator[tuple[subprocess.Popen[str], int]]:
        process = subprocess.Popen(
            [*command, "serve", *arguments],
            env={**environment, "ADDRESS": "127.0.0.1:0", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        listening = threading.Thread(target=_listen, args=(process, said))
        listening.start()
        try:
            yield process, _port(said)
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            listening.join()
            process.wait()

    return started


def _listen(process: subprocess.Popen[str], said: "queue.SimpleQueue[str | None]") -> None:
    """Pass on each line a process prints, then None."""
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            said.put(line)
    said.put(None)


def _port(said: "queue.SimpleQueue[str | None]") -> int:
    """Return the port a server says it listens on."""
    lines: list[str] = []
    while (line := said.get(timeout=START_SECONDS)) is not None:
        lines.append(line)
        with contextlib.suppress(json.JSONDecodeError):
            entry = json.loads(line)
            if entry.get("msg") == "serving":
                return entry["port"]
    raise AssertionError("the server ended:\n" + "".join(lines))
