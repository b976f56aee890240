"""A worker process: imports the charts, warms jsii, then synthesises one XR after another.

The pool starts it as `python -m cdk8s_function.worker` with one end of a socket
pair. It runs users' code, so it leads a process group, and whatever it prints goes to
a pipe that the pool reads.
"""

import argparse
import contextlib
import contextvars
import copy
import dataclasses
import faulthandler
import gc
import os
import pathlib
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, NoReturn

from cdk8s_function import proc
from cdk8s_function.installed import chart_folders, registry
from cdk8s_function.installed.chart_files import ChartFiles
from cdk8s_function.kernel.node import runtime
from cdk8s_function.protocol import channel, frames, structs
from cdk8s_function.protocol.messages import (
    FILES_REPLACED_STATUS,
    LOADING_MARK,
    OUT_OF_MEMORY_STATUS,
    ChartRef,
    Ready,
    Reply,
    SynthFailure,
    SynthRequest,
    SynthResult,
)
from cdk8s_function.schema import sensitive_fields
from cdk8s_function.worker import confinement, loader, process_state, reply_frames, verification


def main(arguments: list[str] | None = None) -> None:
    """Run a worker until the pool closes the socket."""
    options = _parse(arguments)
    confinement.tie_to_parent()
    # Processes that a chart leaves running, daemons too, become children of this one and are found.
    proc.adopt_orphans()
    faulthandler.enable()
    connection = channel.Channel(confinement.private(socket.socket(fileno=options.socket)))
    pid = os.getpid()
    forks = confinement.Forks(connection)
    os.register_at_fork(after_in_child=forks.in_child, after_in_parent=forks.in_parent)
    scratch = pathlib.Path(options.scratch)
    runtime.configure(scratch=scratch, node_heap_mib=options.node_heap_mib)
    worker = _Worker(scratch, forks, options.output_mib, verification.Share(options.verify_share))
    worker.start(_charts(options.folder, options.behind), skip=frozenset(options.skip))
    confinement.limit_memory(options.memory_mib)
    worker.state.keep()
    ready = Ready(unloadable=worker.unloadable, altering=worker.altering, on_node=worker.on_node())
    connection.send(frames.encode_from_worker(ready), ticket=bytes.fromhex(options.ticket))
    while True:
        try:
            ticket, frame = connection.receive()
        except channel.ClosedError:
            return
        reply = worker.serve(frames.decode_request(frame, unpack=structs.unpack))
        if os.getpid() != pid:
            # A chart forked in C, and this is the child: the worker answers.
            os._exit(0)
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(reply, ticket=ticket)
        worker.rest()


class _Worker:
    """The charts of this process and what serving them leaves behind."""

    def __init__(
        self, scratch: pathlib.Path, forks: confinement.Forks, output_mib: int, verified: verification.Share
    ) -> None:
        self._scratch = scratch
        self._forks = forks
        self._output_mib = output_mib
        self._verified = verified
        self._charts: dict[tuple[str, str], Callable[..., object]] = {}
        self._imported: list[ChartRef] = []
        self._files: dict[str, ChartFiles] = {}
        self._contexts: dict[tuple[str, str], contextvars.Context] = {}
        self.state = process_state.ProcessState()
        self._altered = ""
        self.unloadable: dict[str, str] = {}
        self.altering: dict[str, str] = {}
        self._environment: dict[str, str] = {}
        self._encoded_environment: object = None
        self._folder = pathlib.Path.cwd()
        self._threads = 0
        self._children: set[int] = set()
        self._signals: tuple[object, ...] = ()

    def start(self, charts: Iterable[ChartRef], *, skip: frozenset[str]) -> None:
        """Warm jsii and import charts, but those in skip (`dist:name`)."""
        # These import jsii and cdk8s, with the environment set just now.
        from cdk8s_function.kernel import switch  # noqa: PLC0415
        from cdk8s_function.worker import synth  # noqa: PLC0415

        self._synth = synth
        switch.KERNELS.starting = self._node_starting
        synth.warm()
        self.state.keep()
        # Python takes a file's bytecode for that of another file of the same size and second: of one that replaced it
        # while the function served, say. The next worker would run old code under a new version's name.
        sys.dont_write_bytecode = True
        mark = self._scratch / LOADING_MARK
        for chart in charts:
            label = f"{chart.dist}:{chart.name}"
            if label in skip:
                continue
            mark.write_text(label, encoding="utf-8")
            failure = self._load(chart)
            if failure:
                self.unloadable[label] = failure.message
            if self._altered:
                self.altering[label] = self._altered
                self._altered = ""
                self.state.keep()
        mark.unlink(missing_ok=True)
        # These objects live as long as the process: leave them out of each collection.
        gc.collect()
        gc.freeze()
        self._environment = dict(os.environ)
        self._encoded_environment = copy.copy(_encoded(os.environ))
        self._folder = pathlib.Path.cwd()
        self._threads = threading.active_count()
        self._children = proc.children(os.getpid())
        self._signals = process_state.signal_handlers()
        self._forks.seen = False

    def on_node(self) -> dict[str, str]:
        """Return the charts that are left to Node.js, by `dist:name`, each with why."""
        reasons = {chart: self._synth.why_node(chart) for chart in self._imported}
        return {f"{chart.dist}:{chart.name}": reason for chart, reason in reasons.items() if reason}

    def serve(self, request: SynthRequest) -> bytes:
        """Return the encoded reply to a request."""
        reply = self._reply(request)
        if spoiled := self._traces():
            reply = dataclasses.replace(reply, spoiled=spoiled)
        return reply_frames.encode(reply, most_mib=self._output_mib)

    def _reply(self, request: SynthRequest) -> Reply:
        if failure := self._load(request.chart):
            return Reply(outcome=failure)
        if request.asks_secrecy:
            self._check_files(request.chart, each=False)
            return Reply(outcome=self._secrecy(request.chart))
        key = request.chart.dist, request.chart.name
        imported = len(sys.modules)
        # Context variables that a synthesis sets end with it.
        run = self._contexts[key].copy().run
        try:
            chart: Any = self._charts[key]  # The synthesis checks it.
            reply = run(self._synth.reply, chart, request, verifies=self._verified.is_due)
        except self._synth.KernelLostError:
            _end_without_kernel()
        self._check_files(request.chart, each=len(sys.modules) != imported)
        return reply

    def rest(self) -> None:
        """Free what the last request left."""
        try:
            self._synth.release()
        except self._synth.KernelLostError:
            _end_without_kernel()

    def _secrecy(self, chart: ChartRef) -> SynthResult | SynthFailure:
        try:
            declared = loader.composite_type(self._charts[chart.dist, chart.name])
        except loader.LoadError as error:
            return SynthFailure(message=str(error))
        return SynthResult(secrecy=sensitive_fields.of(declared))

    def _check_files(self, chart: ChartRef, *, each: bool) -> None:
        """End the process if a chart's files are not those that it was loaded from, and that the server knows."""
        files = self._files[chart.dist]
        if not files.are_of(chart) or not files.are_unchanged(each=each):
            print(f"the files of {chart.dist} were replaced", file=sys.stderr, flush=True)  # noqa: T201  # The pool's log.
            os._exit(FILES_REPLACED_STATUS)

    def _load(self, chart: ChartRef) -> SynthFailure | None:
        key = chart.dist, chart.name
        if chart.dist not in self._files:
            self._files[chart.dist] = ChartFiles(chart)
        if key in self._charts:
            # Its files are compared before the reply is sent.
            return None
        failure = None
        self._contexts[key] = context = contextvars.copy_context()
        try:
            with self._synth.importing(chart):
                self._charts[key] = context.run(loader.load, chart)
            self._imported.append(chart)
        except loader.LoadError as error:
            failure = SynthFailure(message=str(error), traceback=error.traceback)
        self._check_files(chart, each=True)
        # An import may use the kernel, and fail if it is gone.
        if not self._synth.in_step():
            _end_without_kernel()
        self._altered = self.state.restore(imported=True)
        return failure

    @contextlib.contextmanager
    def _node_starting(self) -> Generator[None]:
        """Start Node.js as if it had been there before the chart that needs it, and take it for no trace of it."""
        children, threads = proc.children(os.getpid()), threading.active_count()
        environment = self._environment or dict(os.environ)
        opened = proc.descriptors()
        with runtime.started_in(environment, self._folder), confinement.memory_of_its_own():
            yield
        self._forks.kernel_pipes = proc.descriptors() - opened
        self._children |= proc.children(os.getpid()) - children
        self._threads += threading.active_count() - threads

    def _traces(self) -> str:
        """Undo what a chart changed in the process, and return what can't be undone."""
        when_imported, self._altered = self._altered, ""
        altered = self.state.restore() or when_imported
        if _encoded(os.environ) != self._encoded_environment:
            _restore(self._environment)
        try:
            os.chdir(self._folder)
        except OSError:
            return "its working folder is gone"
        if self._forks.seen:
            return "the chart forked"
        if threading.active_count() > self._threads:
            return "the chart left threads running"
        if process_state.signal_handlers() != self._signals:
            return "the chart changed how signals are handled"
        if proc.has_children() and proc.children(os.getpid()) - self._children:
            return "the chart left processes running"
        return altered


def _charts(folder: str, behind: str) -> tuple[ChartRef, ...]:
    """Return the charts of this worker's environment, whose folder is first in Python's search path if it has one."""
    if folder:
        return registry.of_folder(pathlib.Path(folder))
    chart_folders.use(filter(None, behind.split(os.pathsep)))
    return registry.discover().charts


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cdk8s_function.worker", description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the pool's socket")
    parser.add_argument("--ticket", required=True, help="identifies its first message, in hexadecimal digits")
    parser.add_argument("--scratch", required=True, help="a folder that only this worker uses")
    parser.add_argument("--memory-mib", type=int, required=True, help="limit of the Python heap, in MiB")
    parser.add_argument("--node-heap-mib", type=int, required=True, help="limit of the Node.js heap, in MiB")
    parser.add_argument("--output-mib", type=int, required=True, help="limit of a chart's output, in MiB")
    parser.add_argument("--verify-share", type=float, default=0.0, help="share of native syntheses to verify, 0 to 1")
    parser.add_argument("--folder", default="", help="the folder of its charts; without one, what is installed")
    parser.add_argument("--behind", default="", help="folders with charts behind what is installed, as in PYTHONPATH")
    parser.add_argument("--skip", action="append", default=[], help="a chart not to import ahead, as dist:name")
    return parser.parse_args(arguments)


def _end_without_kernel() -> NoReturn:
    """End the process: it can't work without jsii's kernel, and the pool counts it as lost."""
    print("jsii's Node.js process died", file=sys.stderr, flush=True)  # noqa: T201  # The pool's log.
    os._exit(1)


def _encoded(environment: Mapping[str, str]) -> object:
    """Return the dict in which os.environ has the variables: to read them through itself, it decodes each."""
    return getattr(environment, "_data", environment)


def _restore(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # A chart may have set TZ.
    time.tzset()


def run() -> NoReturn:
    """Run `main`, and end at once.

    A normal exit of Python waits for Node.js and for threads that a chart left,
    and aborts while jsii's thread still reads what Node.js prints.
    """
    status = 1
    try:
        main()
        status = 0
    except MemoryError:
        # Without memory, whatever is done next may be wrong. The pool recognises this status.
        status = OUT_OF_MEMORY_STATUS
        traceback.print_exc()
    except BaseException:  # noqa: BLE001  # It goes to the log, whatever it is.
        traceback.print_exc()
    finally:
        os._exit(status)
