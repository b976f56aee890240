"""Run charts in processes of their own, each `python -m cdk8s_function.testing.process`: one for each folder of charts.

Two folders may hold two versions of one chart, or of a library, and a process imports one.
"""

import atexit
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any, cast

from cdk8s_function.kernel.switch import KERNEL_VARIABLE

# Imports cdk8s: the kernels come first.
# isort: split
from cdk8s_function.protocol import frames
from cdk8s_function.protocol.messages import ChartRef, Reply, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.testing.chart_runs import Here
from cdk8s_function.testing.errors import CompositionError
from cdk8s_function.testing.xr_kind import XrKind
from cdk8s_function.worker import loader

_SECONDS = 120.0
"""How long a process may take for one call; its start, on a busy machine, is in it."""

_LENGTH_BYTES = 8

KIND = b"kind"
_SYNTHESIS = b"synthesis"
"""What a process of `cdk8s_function.testing.process` is asked for."""


class Elsewhere:
    """Runs charts in processes of their own: those of each folder in another.

    Args:
        start: Starts a process of `cdk8s_function.testing.process` for the charts of a folder with such a digest;
            "" is what is installed.
    """

    def __init__(self, start: Callable[[str, str], subprocess.Popen[bytes]]) -> None:
        """Start nothing yet."""
        self._process = functools.cache(start)

    def start(self) -> None:
        """Start the process for charts without a folder of their own."""
        self._process("", "")

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:
        """Synthesise in the process of the chart's folder.

        Raises:
            CompositionError: If the process ends, or does not answer in time.
        """
        frame = self._answer(request.chart, _SYNTHESIS, frames.encode_request(request))
        return cast("Reply", frames.decode_from_worker(frame)).outcome

    def kind(self, chart: ChartRef) -> XrKind:
        """Return the kind of XR that a chart composes.

        Args:
            chart: The chart.

        Raises:
            CompositionError: If the process ends, or does not answer in time.
            LoadError: If the chart can't be imported, or declares no composite type.
        """
        answer = json.loads(self._answer(chart, KIND, json.dumps(dataclasses.asdict(chart)).encode()))
        if "fault" in answer:
            raise loader.LoadError(*answer["fault"])
        return XrKind(**answer["kind"])

    def _answer(self, chart: ChartRef, asked: bytes, frame: bytes) -> bytes:
        process = self._process(chart.folder, chart.digest)
        assert process.stdin  # noqa: S101  # Both are pipes, for type checkers.
        assert process.stdout  # noqa: S101
        watch = threading.Timer(_SECONDS, process.kill)
        watch.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                send(process.stdin, asked)
                send(process.stdin, frame)
            answer = receive(process.stdout)
        finally:
            watch.cancel()
        if answer is None:
            msg = f"the process that ran {chart.target} ended, or took longer than {_SECONDS:g} s"
            raise CompositionError(msg)
        return answer


class Anywhere:
    """Runs the charts of folders in processes that are kept for them, and all others here.

    Args:
        here: Runs charts in this process.
    """

    def __init__(self, here: Here) -> None:
        """Start nothing yet."""
        self._here = here

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:
        """Synthesise where the chart belongs.

        Raises:
            CompositionError: If the process of its folder ends, or does not answer in time.
        """
        return kept()(request) if request.chart.folder else self._here(request)


@functools.cache
def kept() -> Elsewhere:
    """Return the processes of folders, which are kept until this process ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(elsewhere(start=False))


@contextlib.contextmanager
def elsewhere(
    *, folder: pathlib.Path | None = None, hash_seed: int = 0, node: bool = False, start: bool = True
) -> Generator[Elsewhere]:
    """Start processes for charts, and end them with the block.

    Args:
        folder: A folder with an unpacked wheel, whose modules win over those of this process.
        hash_seed: Decides the order of sets (PYTHONHASHSEED).
        node: Whether Node.js alone answers cdk8s there.
        start: Whether to start the one for charts without a folder of their own now, and not when it is asked.
    """
    with contextlib.ExitStack() as stack:

        def started(own: str, digest: str) -> subprocess.Popen[bytes]:
            del digest  # Files that were replaced need another process.
            first = own or str(folder or "")
            return stack.enter_context(_process(first, ignored_bytecode=own, hash_seed=hash_seed, node=node))

        processes = Elsewhere(started)
        if start:
            processes.start()
        yield processes


@contextlib.contextmanager
def _process(folder: str, *, ignored_bytecode: str, hash_seed: int, node: bool) -> Generator[subprocess.Popen[bytes]]:
    path = [str(pathlib.Path(entry).absolute()) for entry in sys.path]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPATH": os.pathsep.join([*([folder] if folder else []), *path]),
        **({"PYTHONDONTWRITEBYTECODE": "1"} if folder else {}),
    }
    environment.pop(KERNEL_VARIABLE, None)
    if node:
        environment[KERNEL_VARIABLE] = "node"
    command = [sys.executable, "-P", "-m", "cdk8s_function.testing.process", *filter(None, [ignored_bytecode])]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            assert process.stdin  # noqa: S101
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def send(pipe: Any, frame: bytes) -> None:  # noqa: ANN401  # Raw and buffered files have no common type.
    """Write a frame, with its length before it."""
    pipe.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)
    pipe.flush()


def receive(pipe: Any) -> bytes | None:  # noqa: ANN401
    """Return the next frame, None at the end."""
    length = pipe.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    frame = pipe.read(int.from_bytes(length, "big"))
    return frame if len(frame) == int.from_bytes(length, "big") else None
