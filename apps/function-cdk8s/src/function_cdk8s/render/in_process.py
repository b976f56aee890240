"""Run calls in this process, with the code of the server.

    RunFunctionRequest -> call.begin -> synth (here, not in a worker) -> call.finish -> bytes -> RunFunctionResponse

A chart runs in the same surroundings as in a worker: a scratch folder is its
working and temporary folder, and it gets a copy of the request. Its output goes
to standard error. As in a worker, its timeout starts with its synthesis, after
jsii has started and the chart is imported. What would end a worker ends this
process: a chart that exceeds its timeout, or that ends jsii's Node.js process.
"""

import contextlib
import faulthandler
import functools
import math
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, NoReturn, cast

import click
import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import printable, proc
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import chart_environment, environments
from cdk8s_function.kernel.node import runtime
from cdk8s_function.pool.process import Limits
from cdk8s_function.protocol import deep, frames, structs
from cdk8s_function.protocol.messages import ChartRef, Synthesised, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.server.call import Call, chart_output
from cdk8s_function.worker import loader, reply_frames

if TYPE_CHECKING:
    from cdk8s_function.worker.synth import Factory

_STDOUT = 1
_STDERR = 2
_LINE_CHARACTERS = 4_000

_NODE_HEAP_MIB = 512
_LAST_RESORT_SECONDS = 3.0
"""How much later C code ends the process, if Python can't run the timer's thread."""

_MARK = "FUNCTION_CDK8S_RENDER"
"""Environment variable that marks the processes that a chart starts."""


class Charts:
    """The installed charts, in this process.

    Args:
        scratch: A folder that only this process uses.
        deadline: When to end this process, in seconds on the clock of
            time.monotonic; `math.inf` for no time limit, also not the chart's.
        verify: Whether Node.js repeats each synthesis of the native kernel.
        fault: The exit status if the time limit is exceeded.
    """

    def __init__(self, scratch: pathlib.Path, *, deadline: float, verify: bool = False, fault: int = 1) -> None:
        """Find the charts, without importing them."""
        self._fault = fault
        self._scratch = scratch
        self._deadline = deadline
        self._verify = verify
        try:
            chart_environment.check()
        except chart_environment.ContradictionError as error:
            raise RenderError(str(error)) from error
        self._charts = environments.discover()
        self._pid = os.getpid()
        self._over = threading.Event()

    def run(self, step: str, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Return the response to one call.

        Args:
            step: The name of the pipeline's step, for the error.
            req: The request.

        Raises:
            RenderError: If verify is set and the kernels' outcomes differ.
        """
        call = Call(req)
        try:
            plan = call.begin(self._charts)
            with self._time_limit(step, call):
                factory = self._load(plan.synthesis.chart)
            with self._time_limit(step, call, plan.timeout_seconds):
                outcome = self._synthesise(step, call, factory, plan.synthesis)
            response = call.finish(plan, chart_output(plan, outcome))
        except FatalError as fault:
            response = call.refuse(fault)
        return deep.parse(fnv1.RunFunctionResponse, response)

    def _load(self, chart: ChartRef) -> "Factory":
        """Import cdk8s, which a worker does before its first request, and then the chart."""
        environments.activate(chart)
        from cdk8s_function.kernel import switch  # noqa: PLC0415  # These import cdk8s.
        from cdk8s_function.worker import synth  # noqa: PLC0415

        if _MARK not in os.environ:
            switch.KERNELS.starting = functools.partial(_node_starting, dict(os.environ), pathlib.Path.cwd())
            synth.warm()
        # Set after Node.js has started: only processes that the chart starts have it.
        os.environ[_MARK] = str(self._scratch)
        with synth.importing(chart):
            return cast("Factory", loader.load(chart))

    def _synthesise(
        self, step: str, call: Call, factory: "Factory", request: SynthRequest
    ) -> SynthResult | SynthFailure:
        from cdk8s_function.worker import synth  # noqa: PLC0415  # Imported by `_load`.

        reply = None
        with contextlib.suppress(synth.KernelLostError):
            reply = synth.reply(
                factory,
                frames.decode_request(frames.encode_request(request), unpack=structs.unpack),
                verifies=lambda _: self._verify,
            )
        if os.getpid() != self._pid:
            # This is a child that the chart forked, and that returned from the synthesis too.
            os._exit(0)
        if reply is None or reply.spoiled:
            self._end(step, call, reply.spoiled if reply else "its Node.js process died")
        while proc.kill_marked_children(f"{_MARK}={self._scratch}"):
            pass
        if self._verify and reply.synthesised:
            self._report(step, call, reply.synthesised, synth.why_node(request.chart))
        outcome = reply.outcome
        if isinstance(outcome, SynthFailure):
            click.echo(outcome.traceback, err=True, nl=False)
        return reply_frames.as_sent(outcome, most_mib=Limits().output_mib)

    def _report(self, step: str, call: Call, synthesised: Synthesised, why_node: str) -> None:
        """Print why a synthesis could not be verified.

        Raises:
            RenderError: If the kernels' outcomes differ.
        """
        if synthesised.verification == "different":
            fault = f"the native kernel's outcome differs from Node.js's at {synthesised.difference}"
            raise RenderError(call.explain(fault))
        reasons = {None: f"Node.js synthesised it alone: {why_node}", "undecided": "each synthesis has another outcome"}
        if reason := reasons.get(synthesised.verification):
            line = printable.line(f'step "{step}" was not verified: {reason}', limit=_LINE_CHARACTERS)
            click.echo(line, err=True)

    @contextlib.contextmanager
    def _time_limit(self, step: str, call: Call, timeout_seconds: float = math.inf) -> Generator[None]:
        if self._deadline == math.inf:
            yield
            return
        remaining = self._deadline - time.monotonic()
        limit = f"its timeout of {timeout_seconds:g}s" if timeout_seconds < remaining else "--timeout"
        seconds = max(0, min(timeout_seconds, remaining))
        timer = threading.Timer(seconds, self._end, (step, call, f"its chart did not finish within {limit}"))
        timer.daemon = True
        timer.start()
        faulthandler.dump_traceback_later(seconds + _LAST_RESORT_SECONDS, exit=True, file=_STDERR)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            timer.cancel()

    def _end(self, step: str, call: Call, fault: str) -> NoReturn:
        """End this process and its children. A timer's thread calls this, as a running chart can't be stopped."""
        if self._over.is_set():
            threading.Event().wait()
        self._over.set()
        error = f'cannot compose resources: cannot run Composition pipeline step "{step}": {call.explain(fault)}'
        os.write(_STDERR, f"Error: {error}\n".encode())
        # Keep the error the last line: Node.js or a chart may print while they are killed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDERR)
        shutil.rmtree(self._scratch, ignore_errors=True)
        while proc.kill_marked_children(f"TMPDIR={self._scratch}"):
            pass
        os._exit(self._fault)


@contextlib.contextmanager
def _node_starting(environment: Mapping[str, str], folder: pathlib.Path) -> Generator[None]:
    opened = proc.descriptors()
    with runtime.started_in(environment, folder):
        yield
    _keep_from_children(proc.descriptors() - opened)


def _keep_from_children(pipes: set[int]) -> None:
    """Keep children that a chart forks from writing to Node.js of this process."""

    def in_child() -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for pipe in pipes:
            os.dup2(nothing, pipe)

    os.register_at_fork(after_in_child=in_child)


@contextlib.contextmanager
def surroundings() -> Generator[pathlib.Path]:
    """Make the surroundings of a chart the same as in a worker; yield the scratch folder."""
    # Node.js may still write into the folder while it is removed.
    made = tempfile.TemporaryDirectory(prefix="function-cdk8s-", ignore_cleanup_errors=True)
    with made as folder, _stdout_as_stderr():
        scratch = pathlib.Path(folder)
        before = pathlib.Path.cwd()
        os.chdir(scratch)
        faulthandler.enable(file=_STDERR)
        proc.adopt_orphans()
        runtime.configure(scratch=scratch, node_heap_mib=_NODE_HEAP_MIB)
        tempfile.tempdir = None
        try:
            yield scratch
        finally:
            try:
                _end_node()
            finally:
                os.chdir(before)


def _end_node() -> None:
    """End Node.js, also after an error, while standard output is still redirected: what it printed may be in a pipe."""
    if "jsii" in sys.modules:
        from cdk8s_function.kernel import switch  # noqa: PLC0415  # It imports cdk8s.

        switch.end_node()


def leave(status: int) -> None:
    """Exit. If a thread of a chart would keep the process from exiting, end it at once.

    Args:
        status: The exit status.
    """
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(status)
    if status:
        sys.exit(status)


@contextlib.contextmanager
def _stdout_as_stderr() -> Generator[None]:
    """Redirect the output of Python, C code and child processes to standard error."""
    sys.stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)
