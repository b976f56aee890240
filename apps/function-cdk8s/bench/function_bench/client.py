"""The caller, as the benchmark's own process sees it."""

import contextlib
import dataclasses
import json
import subprocess
import sys
from collections.abc import Generator
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answered:
    """What the first requests of a workload were answered."""

    at: float  # When the very first answer came, on time.monotonic's clock, in seconds.
    content: str  # The objects of that answer, without their metadata.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Driven:
    """What a closed loop of requests gave."""

    latencies: list[float]  # Each request's, in milliseconds.
    seconds: float  # How long all took.
    faults: dict[str, int]  # What went wrong, and how often.


class Client:
    """A running caller."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The caller's process id."""
        return self._process.pid

    def connect(self, port: int) -> None:
        """Point the caller at a server, which need not listen yet."""
        self._ask(do="connect", port=port)

    def first(self, *, workload: str, contender: str) -> Answered:
        """Wait for the answer to a first request, then reconcile every XR once."""
        answer = self._ask(do="first", workload=workload, contender=contender)
        if answer["fault"]:
            msg = f"{contender} does not compose {workload}: {answer['fault']}"
            raise RuntimeError(msg)
        return Answered(at=answer["answered"], content=answer["content"])

    def open(self, *, workload: str, contender: str, xrs: int) -> None:
        """Take up so many XRs that nobody has composed yet."""
        self._ask(do="open", workload=workload, contender=contender, xrs=xrs)

    def compose(self, *, callers: int, start: int, count: int) -> Driven:
        """Send the first requests of some XRs in a closed loop, and let Crossplane apply the answers."""
        return Driven(**self._ask(do="compose", callers=callers, start=start, count=count))

    def settle(self) -> None:
        """Reconcile every XR once as it is."""
        self._ask(do="settle")

    def drive(self, *, callers: int, count: int, changed: bool) -> Driven:
        """Send requests in a closed loop."""
        return Driven(**self._ask(do="drive", callers=callers, count=count, changed=changed))

    def _ask(self, **command: object) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            msg = "the caller has no pipes"
            raise RuntimeError(msg)
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            msg = f"the caller ended with status {self._process.wait()}"
            raise RuntimeError(msg)
        return json.loads(line)


@contextlib.contextmanager
def started() -> Generator[Client]:
    """Start a caller, and end it at last."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "function_bench.caller"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Client(process)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
