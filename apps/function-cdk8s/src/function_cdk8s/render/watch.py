"""`render --watch`: render again when a file changes that the render depends on.

    input files, and the charts' sources -> a new process -> a summary, or the differences

Each render is a new process: it imports the changed files, and a chart that
crashes or hangs does not end the watch. Changes are found by polling the files'
modification times, which works on every file system and in every container.
"""

import contextlib
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import NoReturn

import click

_INTERVAL_SECONDS = 0.3
_END_SECONDS = 5.0

INTERRUPTED = 128 + signal.SIGINT
"""Exit status after Ctrl-C, as in a shell."""

_MOST = 20_000
"""The most files that are watched."""

_LEFT_OUT = {"__pycache__", "node_modules"}

_State = Mapping[pathlib.Path, tuple[int, int, int]]


def run(arguments: Sequence[str], given: Sequence[pathlib.Path], *, is_shown: bool) -> NoReturn:
    """Render again and again until Ctrl-C, which ends this process with status 130.

    Args:
        arguments: The command line, without the program and `--watch`.
        given: Files and folders that the command line names.
        is_shown: Whether the command line chooses what to print. If not, the first
            render prints a summary, and each later one the differences from the last.
    """
    # A shell makes background processes ignore SIGINT; Ctrl-C ends this one there too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="function-cdk8s-watch-") as folder:
        _Watch(arguments, given, pathlib.Path(folder), is_shown=is_shown).run()
    sys.exit(INTERRUPTED)


class _Watch:
    """A series of renders.

    Args:
        arguments: As for `run`.
        given: As for `run`.
        folder: A scratch folder that only this watch uses.
        is_shown: As for `run`.
    """

    def __init__(
        self, arguments: Sequence[str], given: Sequence[pathlib.Path], folder: pathlib.Path, *, is_shown: bool
    ) -> None:
        self._arguments = arguments
        self._given = list(given)
        self._is_shown = is_shown
        self._last = folder / "last.yaml"
        self._sources = folder / "sources.json"
        self._watched: list[pathlib.Path] = list(given)
        self._again = False

    def run(self) -> None:
        """Render now, and again after each change."""
        while True:
            before = _state(self._watched)
            self._render()
            self._watch_sources()
            # A change during the render counts too, except in files that were found only by this render.
            known = {path: before.get(path, now) for path, now in _state(self._watched).items()}
            _remove_bytecode_of_now(known)
            click.echo(f"waiting for a change of {len(known)} files; Ctrl-C ends", err=True)
            self._await_change(known)

    def _await_change(self, before: _State) -> None:
        """Wait for a change, and then until nothing changes any more."""
        while (now := _state(self._watched)) == before:
            time.sleep(_INTERVAL_SECONDS)
        names = sorted({str(path) for path in {*before, *now} if before.get(path) != now.get(path)})
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        click.echo(f"\nchanged: {names[0]}{more}", err=True)
        while True:
            time.sleep(_INTERVAL_SECONDS)
            if (later := _state(self._watched)) == now:
                return
            now = later

    def _render(self) -> None:
        options = [] if self._is_shown else ["--save", str(self._last)]
        compared = not self._is_shown and self._last.exists()
        if not self._is_shown:
            options += ["--diff", str(self._last)] if compared else ["--summary"]
        # Python compares a bytecode file with its source by second and size: a new one could hide the next edit.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"} if self._again else dict(os.environ)
        self._again = True
        command = [
            sys.executable,
            "-P",
            "-m",
            "function_cdk8s",
            *self._arguments,
            *options,
            "--list-sources",
            str(self._sources),
        ]
        with _child(command, environment) as process:
            status = process.wait()
        if compared and status == 0:
            click.echo("the same is composed", err=True)

    def _watch_sources(self) -> None:
        try:
            listed = json.loads(self._sources.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        self._watched = sorted({*self._given, *map(pathlib.Path, listed)})


def _state(paths: Sequence[pathlib.Path]) -> dict[pathlib.Path, tuple[int, int, int]]:
    found: dict[pathlib.Path, tuple[int, int, int]] = {}
    for file in _files(paths):
        with contextlib.suppress(OSError):
            stat = file.stat()
            found[file] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def _remove_bytecode_of_now(state: _State) -> None:
    """Remove the bytecode of what was written in this second.

    Python compares seconds and sizes, and the next edit may have the same of both
    (https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation).
    """
    second = int(time.time())
    for path, (modified_ns, *_) in state.items():
        if path.suffix == ".py" and modified_ns // 1_000_000_000 >= second:
            with contextlib.suppress(OSError):
                pathlib.Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _files(paths: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
    """Return the files, and the files below folders, except hidden files and caches.

    Args:
        paths: Files and folders.
    """
    left = _MOST
    for path in paths:
        for file in _below(path):
            yield file
            left -= 1
            if not left:
                return


def _below(path: pathlib.Path) -> Iterator[pathlib.Path]:
    if not path.is_dir():
        yield path
        return
    try:
        entries = sorted(path.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.name not in _LEFT_OUT and not entry.is_symlink():
            yield from _below(entry)


@contextlib.contextmanager
def _child(command: Sequence[str], environment: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """Start a process that does not get the signal of Ctrl-C, and end it on exit."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
