"""One worker process, from the server's side.

    server                                   worker (own process group)
    WorkerProcess -- socket pair: frames --> python -m cdk8s_function.worker -- pipes --> node
                  <-- pipe: what it prints --

Everything here is called by the one thread that owns the worker.
"""

import contextlib
import dataclasses
import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable

from cdk8s_function import proc
from cdk8s_function.pool import exits
from cdk8s_function.pool.output import Output
from cdk8s_function.protocol import channel, frames
from cdk8s_function.protocol.messages import IMAGE, LOADING_MARK, Environment, Ready, Reply
from cdk8s_function.sizes import MIB

_MARK = "CDK8S_FUNCTION_WORKER"
_MEMORY_CHECK_SECONDS = 0.1
_ENVELOPE_BYTES = MIB
"""What a frame may have beside a chart's output."""

_STRANGE = "something in it wrote to the function's channel"
"""How a worker is lost that sent an unexpected message: a chart wrote to the channel, or forked in C"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What one worker may use at most.

    Attributes:
        memory_mib: Resident memory of the worker and its Node.js process, in
            MiB; a request that takes it beyond is ended with the worker.
        node_heap_mib: Node.js heap, in MiB.
        output_mib: Output of a chart for one XR, as JSON, in MiB. Crossplane
            takes 4 MiB of protobuf, for which this much JSON is seldom too little.
    """

    memory_mib: int = 512
    node_heap_mib: int = 256
    output_mib: int = 8


class LostError(Exception):
    """The worker process ended, or was ended, before it replied; `str()` is how."""


class GrownError(LostError):
    """The worker process was ended because it took more memory than its limit."""


class OverrunError(Exception):
    """The deadline passed before the worker replied."""


class WorkerProcess:
    """A child process that synthesises charts.

    Args:
        home: The folder to make the worker's scratch folder in.
        limits: What it may use.
        skip: Charts not to import ahead, as `dist:name`.
        on_line: Called with each line the worker prints.
        verify_share: The share of the native kernel's syntheses that Node.js does again, from 0 to 1.
        environment: What it imports from.
    """

    def __init__(
        self,
        *,
        home: pathlib.Path,
        limits: Limits,
        skip: Iterable[str],
        on_line: Callable[[str], None],
        verify_share: float = 0.0,
        environment: Environment = IMAGE,
    ) -> None:
        """Start the process; it is not ready yet.

        Raises:
            OSError: If it can't be started.
        """
        self._limits = limits
        ticket = channel.new_ticket()
        with contextlib.ExitStack() as undo:
            self._scratch = pathlib.Path(tempfile.mkdtemp(prefix="worker-", dir=home))
            undo.callback(shutil.rmtree, self._scratch, ignore_errors=True)
            ours, theirs = socket.socketpair()
            undo.enter_context(ours)
            with theirs:
                descriptor, output = os.pipe()
                undo.callback(os.close, descriptor)
                with open(output, "wb") as printed:  # noqa: PTH123  # A descriptor, not a path.
                    self._process = subprocess.Popen(  # Our own module, arguments of our own.
                        _command(theirs.fileno(), ticket, self._scratch, limits, skip, verify_share, environment),
                        cwd=self._scratch,
                        env=_environment(home, self._scratch, environment.folder),
                        stdin=subprocess.DEVNULL,
                        stdout=printed,
                        stderr=printed,
                        pass_fds=(theirs.fileno(),),
                        start_new_session=True,
                    )
            undo.pop_all()
        self._mark = f"{_MARK}={self._scratch}"
        self._channel = channel.Channel(ours, longest=limits.output_mib * MIB + _ENVELOPE_BYTES)
        self._channel.expect(ticket, sender=self._process.pid)
        self._output = Output(descriptor, on_line)
        self._exit = exits.watch(self._process.pid)
        self._poll = select.poll()
        for watched in (self._channel, self._output, self._exit):
            if watched != -1:
                self._poll.register(watched, select.POLLIN)
        self._prints = True
        self.started = time.monotonic()
        self.served = 0
        self.baseline_bytes = 0
        self.reply_bytes = 0

    @property
    def pid(self) -> int:
        """The process id, also of its process group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def unfit(self) -> str:
        """Return why it must not get a request, "" if it may. It must be killed then."""
        ready = self._ready_within(0)
        if self._has_ended(ready):
            return "it ended while idle"
        if self._channel.fileno() in ready:
            return _STRANGE
        return "" if self._scratch.exists() else "its scratch folder is gone"

    def poll_ready(self) -> Ready | None:
        """Return the worker's first message if it has come; never wait.

        Raises:
            LostError: If the process ended.
        """
        frame = self._step(timeout=0)
        return None if frame is None else self._ready(frame)

    def wait_ready(self, *, deadline: float) -> Ready:
        """Wait for the worker's first message.

        Args:
            deadline: When to give up, on time.monotonic's clock, in seconds.

        Raises:
            LostError: If the process ended.
            OverrunError: If the deadline passed.
        """
        return self._ready(self._await(deadline))

    def send(self, frame: bytes, *, deadline: float) -> None:
        """Send a request. After an exception the worker must be killed.

        Args:
            frame: An encoded SynthRequest.
            deadline: When to give up, on time.monotonic's clock, in seconds.

        Raises:
            LostError: If the process ended.
            OverrunError: If the deadline passed.
        """
        self._output.begin()
        try:
            ticket = channel.new_ticket()
            self._channel.expect(ticket, sender=self.pid)
            self._channel.send(frame, ticket=ticket, deadline=deadline)
        except channel.ClosedError as error:
            raise LostError(self._end()) from error
        except TimeoutError as error:
            raise OverrunError from error

    def wait_reply(self, *, deadline: float) -> Reply:
        """Wait for the reply to the request that was sent.

        Args:
            deadline: When to give up, on time.monotonic's clock, in seconds; it may be called again then.

        Raises:
            LostError: If the process ended, or took more memory than its limit. It must be killed then.
            OverrunError: If the deadline passed.
        """
        frame = self._await(deadline)
        self.reply_bytes = len(frame)
        reply = self._decode(frame)
        self.drain()
        self._output.end_line()
        self.served += 1
        if not isinstance(reply, Reply):
            msg = "it sent a message out of turn"
            raise LostError(msg)
        return reply

    def drain(self) -> None:
        """Pass on what the worker has printed so far."""
        if self._prints and not self._output.drain():
            self._prints = False
            self._poll.unregister(self._output)

    def resident_bytes(self) -> int:
        """Return the resident memory of the worker and its Node.js process, in bytes."""
        return proc.resident_bytes(self.pid)

    def loading(self) -> str | None:
        """Return the chart, as `dist:name`, that the worker is importing or died importing."""
        try:
            return (self._scratch / LOADING_MARK).read_text(encoding="utf-8")
        except OSError:
            return None

    def kill(self) -> None:
        """End the process, all it started and all it wrote. Harmless when repeated."""
        if self._channel.fileno() < 0:
            return
        proc.kill_family(self.pid)
        # The status is collected already; this tells Popen that the process is gone.
        self._process.wait()
        proc.kill_marked_children(self._mark)
        self.drain()
        self._output.end_line()
        self._channel.close()
        self._output.close()
        if self._exit >= 0:
            os.close(self._exit)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _ready(self, frame: bytearray) -> Ready:
        message = self._decode(frame)
        if not isinstance(message, Ready):
            msg = "it sent a message out of turn"
            raise LostError(msg)
        self.baseline_bytes = self.resident_bytes()
        return message

    def _decode(self, frame: bytearray) -> Ready | Reply:
        try:
            return frames.decode_from_worker(frame)
        except ValueError as error:
            msg = f"it sent a message that can't be read ({error})"
            raise LostError(msg) from error

    def _await(self, deadline: float) -> bytearray:
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise OverrunError
            frame = self._step(timeout=min(remaining, _MEMORY_CHECK_SECONDS))
            if frame is not None:
                return frame
            used = self.resident_bytes()
            if used > self._limits.memory_mib * MIB:
                msg = f"it took more than {self._limits.memory_mib} MiB of memory"
                raise GrownError(msg)

    def _step(self, *, timeout: float) -> bytearray | None:
        ready = self._ready_within(timeout)
        try:
            if self._channel.fileno() in ready:
                return self._channel.receive_ready()
            if self._has_ended(ready):
                # What it sent before it ended is still in the socket.
                frame = self._channel.receive_ready()
                if frame is not None:
                    return frame
                raise LostError(self._end())
        except channel.ClosedError as error:
            raise LostError(self._end()) from error
        except channel.TooLongError as error:
            msg = f"it sent {error}"
            raise LostError(msg) from error
        except channel.StrangeFrameError as error:
            raise LostError(_STRANGE) from error
        return None

    def _ready_within(self, seconds: float) -> set[int]:
        """Wait until there is something to read, pass on what is printed, and return the descriptors."""
        ready = {descriptor for descriptor, _ in self._poll.poll(seconds * 1000)}
        if self._output.fileno() in ready:
            self.drain()
        return ready

    def _has_ended(self, ready: set[int]) -> bool:
        return self._exit in ready if self._exit >= 0 else not self.alive

    def _end(self) -> str:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed its channel"
        return exits.describe(code)


def _command(
    descriptor: int,
    ticket: bytes,
    scratch: pathlib.Path,
    limits: Limits,
    skip: Iterable[str],
    verify_share: float,
    environment: Environment,
) -> list[str]:
    command = [sys.executable, "-P", "-m", "cdk8s_function.worker"]
    command += ["--socket", str(descriptor), "--ticket", ticket.hex(), "--scratch", str(scratch)]
    command += ["--memory-mib", str(limits.memory_mib), "--node-heap-mib", str(limits.node_heap_mib)]
    command += ["--output-mib", str(limits.output_mib), "--verify-share", str(verify_share)]
    command += ["--folder", environment.folder, "--behind", environment.behind]
    for chart in sorted(skip):
        command += ["--skip", chart]
    return command


def _environment(home: pathlib.Path, scratch: pathlib.Path, folder: str) -> dict[str, str]:
    # https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPATH: before anything is imported, unlike sys.path.
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    return {
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(home / "jsii-packages"),
        # Sets of texts are iterated in the order of their hashes, which Python makes with a number drawn by each
        # process: two workers would return other bytes. What is drawn guards against keys chosen to collide; here
        # the size of a request bounds those, and the deadline. Who wants a secret number gives all replicas the same.
        "PYTHONHASHSEED": "0",
        **os.environ,
        **({"PYTHONPATH": path} if path else {}),
        # Before anything is imported from there: `_Worker.start` says why.
        **({"PYTHONDONTWRITEBYTECODE": "1"} if folder else {}),
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
        _MARK: str(scratch),
    }
