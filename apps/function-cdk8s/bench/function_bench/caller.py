"""The client, a process of its own: python -m function_bench.caller."""

import concurrent.futures
import gc
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from function_bench import workloads
from function_bench.reconciles import Reconciles

METHOD = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"
_CALL_SECONDS = 60
# By default gRPC waits a second before it tries a port again that nobody listened on: a cold start is shorter.
_CHANNEL = [
    ("grpc.initial_reconnect_backoff_ms", 10),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 10),
    ("grpc.enable_retries", 0),
]
_XRS = 20


class Caller:
    """Calls one server after another."""

    def __init__(self) -> None:
        self._channel: grpc.Channel | None = None
        self._call: Callable[..., bytes]
        self._reconciles: Reconciles

    def connect(self, *, port: int) -> dict[str, Any]:
        """Point the caller at a server, which need not listen yet."""
        if self._channel:
            self._channel.close()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL)
        self._call = self._channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)
        return {}

    def first(self, *, workload: str, contender: str) -> dict[str, Any]:
        """Wait for the answer to a first request, then reconcile every XR once."""
        self._reconciles = Reconciles(workloads.load(workload), contender, _XRS)
        first, *others = self._reconciles.steady()
        answers = [self._call(first, timeout=_CALL_SECONDS, wait_for_ready=True)]
        answered = time.monotonic()
        answers += [self._call(request, timeout=_CALL_SECONDS) for request in others]
        faults = [self._reconciles.fault(answer, "") for answer in answers]
        self._reconciles.observe(answers)
        return {
            "answered": answered,
            "content": self._reconciles.content(answers[0]),
            "fault": next(filter(None, faults), ""),
        }

    def open(self, *, workload: str, contender: str, xrs: int) -> dict[str, Any]:
        """Take up so many XRs that nobody has composed yet."""
        self._reconciles = Reconciles(workloads.load(workload), contender, xrs)
        return {}

    def compose(self, *, callers: int, start: int, count: int) -> dict[str, Any]:
        """Send the first requests of some XRs in a closed loop, and let Crossplane apply the answers."""
        outcome, answers = self._sent(self._reconciles.first(start, count), callers)
        if not outcome["faults"]:
            self._reconciles.observe(answers, start=start)
        return outcome

    def settle(self) -> dict[str, Any]:
        """Reconcile every XR once as it is, so that the next reconcile can be an unchanged one."""
        for request in self._reconciles.steady():
            self._call(request, timeout=_CALL_SECONDS)
        return {}

    def drive(self, *, callers: int, count: int, changed: bool) -> dict[str, Any]:
        """Send requests in a closed loop: each of some callers sends its next when its last is answered."""
        work = self._reconciles.changed(count) if changed else self._reconciles.unchanged(count)
        return self._sent(work, callers)[0]

    def _sent(self, work: list[tuple[bytes, str]], callers: int) -> tuple[dict[str, Any], list[bytes]]:
        """Send requests in a closed loop; return what came of them, and the answers in the order of the requests."""
        numbers = iter(range(len(work)))
        gc.collect()
        gc.disable()
        started = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(callers) as threads:
            loops = [threads.submit(list, self._loop(work, numbers)) for _ in range(callers)]
            parts = [loop.result() for loop in loops]
        seconds = time.perf_counter() - started
        gc.enable()
        outcomes = sorted(itertools.chain(*parts))
        faults: dict[str, int] = {}
        for number, _, answer in outcomes:
            fault = answer if isinstance(answer, str) else self._reconciles.fault(answer, work[number][1])
            if fault:
                faults[fault] = faults.get(fault, 0) + 1
        answers = [answer for _, _, answer in outcomes if isinstance(answer, bytes)]
        latencies = [latency for _, latency, _ in outcomes]
        return {"latencies": latencies, "seconds": seconds, "faults": faults}, answers

    def _loop(self, work: list[tuple[bytes, str]], numbers: Iterator[int]) -> Iterator[tuple[int, float, bytes | str]]:
        for number in numbers:
            request = work[number][0]
            started = time.perf_counter()
            try:
                answer: bytes | str = self._call(request, timeout=_CALL_SECONDS)
            except grpc.RpcError as error:
                answer = f"{error.code().name}: {error.details()}"
            yield number, (time.perf_counter() - started) * 1000, answer


def main() -> None:
    """Obey commands until standard input ends."""
    caller = Caller()
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "connect": caller.connect,
        "first": caller.first,
        "open": caller.open,
        "compose": caller.compose,
        "settle": caller.settle,
        "drive": caller.drive,
    }
    for line in sys.stdin:
        command = json.loads(line)
        answer = commands[command.pop("do")](**command)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
