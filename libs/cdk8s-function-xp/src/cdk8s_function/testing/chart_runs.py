"""Run charts for the function: here, in the process of the test, or in a process of their own.

reconcile -> Function.run (all of a call that the server does) -> Here | Elsewhere -> the chart
"""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function.errors import FatalError
from cdk8s_function.kernel.switch import KERNEL_VARIABLE

# Imports cdk8s: the kernels come first.
# isort: split
from cdk8s_function.installed.registry import Registry
from cdk8s_function.protocol import frames, structs
from cdk8s_function.protocol.messages import ChartRef, Reply, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.server.call import Call, chart_output
from cdk8s_function.testing.errors import CompositionError
from cdk8s_function.worker import loader, synth

_SECONDS = 120.0
"""How long a process may take for one call; its start, on a busy machine, is in it."""

_LENGTH_BYTES = 8


class Synthesis(Protocol):
    """Synthesises a chart for one XR."""

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:  # noqa: D102
        ...


@dataclasses.dataclass(frozen=True)
class Ran:
    """One call of the function.

    Attributes:
        step: The pipeline's step.
        request: What it was called with.
        result: What the chart said; None if it failed.
        reason: Why the call failed, in the chart's own line; "" if it did not.
        traceback: Where the chart failed, "" if that is not known.
    """

    step: str
    request: fnv1.RunFunctionRequest
    result: SynthResult | None = None
    reason: str = ""
    traceback: str = ""


class Function:
    """The function, as a pipeline's steps call it.

    Attributes:
        calls: Its calls since they were last cleared.

    Args:
        charts: The charts it knows.
        synthesis: Runs one of them.
    """

    def __init__(self, charts: Registry, synthesis: Synthesis) -> None:
        """Begin with no calls."""
        self._charts = charts
        self._synthesis = synthesis
        self.calls: list[Ran] = []

    def run(self, step: str, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Return the response to one call.

        Args:
            step: The pipeline's step.
            req: The request.
        """
        call = Call(req)
        kept = fnv1.RunFunctionRequest()
        kept.CopyFrom(req)
        try:
            plan = call.begin(self._charts)
            outcome = self._synthesis(plan.synthesis)
            if isinstance(outcome, SynthFailure):
                self.calls.append(Ran(step, kept, reason=outcome.message, traceback=outcome.traceback))
                return call.refuse(FatalError(outcome.message))
            rsp = call.finish(plan, chart_output(plan, outcome))
        except FatalError as fault:
            self.calls.append(Ran(step, kept, reason=str(fault)))
            return call.refuse(fault)
        self.calls.append(Ran(step, kept, outcome))
        return rsp


class Here:
    """Runs charts in this process, so that a debugger, coverage and patches reach them.

    Args:
        classes: Classes of charts to take instead of what their entry points name.
    """

    def __init__(self, classes: Mapping[ChartRef, Any]) -> None:
        """Load nothing yet."""
        self._classes: dict[ChartRef, Any] = dict(classes)

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:
        """Synthesise as a worker does, on a copy of the request that went through its wire form."""
        chart = request.chart
        if chart not in self._classes:
            try:
                with synth.importing(chart):
                    self._classes[chart] = loader.load(chart)
            except loader.LoadError as error:
                return SynthFailure(message=str(error), traceback=error.traceback)
        copied = frames.decode_request(frames.encode_request(request), unpack=structs.unpack)
        outcome = synth.synth(cast("synth.Factory", self._classes[chart]), copied)
        synth.release()
        try:
            return cast("Reply", frames.decode_from_worker(frames.encode_from_worker(Reply(outcome=outcome)))).outcome
        except (TypeError, ValueError) as error:
            return SynthFailure(message=f"the chart's output has no JSON form: {error}")


class Elsewhere:
    """Runs charts in one process of their own.

    Args:
        process: The process, of `cdk8s_function.testing.process`.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Take a process that has been started."""
        self._process = process

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:
        """Synthesise in the process.

        Raises:
            CompositionError: If the process ends, or does not answer in time.
        """
        assert self._process.stdin  # noqa: S101  # Both are pipes, for type checkers.
        assert self._process.stdout  # noqa: S101
        watch = threading.Timer(_SECONDS, self._process.kill)
        watch.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                send(self._process.stdin, frames.encode_request(request))
            frame = receive(self._process.stdout)
        finally:
            watch.cancel()
        if frame is None:
            msg = f"the process that ran {request.chart.target} ended, or took longer than {_SECONDS:g} s"
            raise CompositionError(msg)
        return cast("Reply", frames.decode_from_worker(frame)).outcome


@contextlib.contextmanager
def elsewhere(*, folder: pathlib.Path | None = None, hash_seed: int = 0, node: bool = False) -> Generator[Elsewhere]:
    """Start a process for charts, and end it with the block.

    Args:
        folder: A folder with an unpacked wheel, whose modules win over those of this process.
        hash_seed: Decides the order of sets (PYTHONHASHSEED).
        node: Whether Node.js alone answers cdk8s there.
    """
    path = [str(pathlib.Path(entry).absolute()) for entry in sys.path]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPATH": os.pathsep.join([*([str(folder)] if folder else []), *path]),
    }
    environment.pop(KERNEL_VARIABLE, None)
    if node:
        environment[KERNEL_VARIABLE] = "node"
    command: Sequence[str] = (sys.executable, "-P", "-m", "cdk8s_function.testing.process")
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield Elsewhere(process)
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
