"""Goodput of two workers while callers ask for more than they can do, and ask again at once when refused."""

import collections
import contextlib
import dataclasses
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from typing import cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1

Call = Callable[..., object]
TIMES = (1, 2, 5, 20)
LEAST_OF_PEAK = 0.9
_WORKERS = 2
_CHART_SECONDS = 0.1
_DEADLINE_SECONDS = 2.0
_WARM_UP_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one load: answers a second within the callers' deadline, and the calls that failed."""

    times: int
    goodput: float
    refused: int
    late: int


def run(seconds: float) -> list[Row]:
    """Measure each load for so many seconds."""
    with _serving() as address, grpc.insecure_channel(address) as channel:
        stub = grpcv1.FunctionRunnerServiceStub(channel)
        call = cast("Call", stub.RunFunction)  # pyright: ignore[reportUnknownMemberType]
        call(_request("first"), timeout=60, wait_for_ready=True)
        return [_load(call, times, seconds) for times in TIMES]


def markdown(rows: list[Row]) -> str:
    """Return the table."""
    peak = max(row.goodput for row in rows)
    lines = [
        f"## Overload\n\nChart {_CHART_SECONDS:g} s, {_WORKERS} workers, callers wait {_DEADLINE_SECONDS:g} s.\n",
        "| times the capacity | answers in time, a second | of the peak | refused | too late |",
        "|---|---|---|---|---|",
        *(f"| {r.times} | {r.goodput:.1f} | {r.goodput / peak:.0%} | {r.refused} | {r.late} |" for r in rows),
    ]
    return "\n".join(lines) + "\n"


def held(rows: list[Row]) -> bool:
    """Return whether goodput stays at any load."""
    return min(row.goodput for row in rows) >= LEAST_OF_PEAK * max(row.goodput for row in rows)


def _load(call: Call, times: int, seconds: float) -> Row:
    codes: collections.Counter[grpc.StatusCode] = collections.Counter()
    begin = time.monotonic() + _WARM_UP_SECONDS
    end = begin + seconds

    def loop(number: int) -> None:
        request = _request(f"xr-{number}")
        while time.monotonic() < end:
            try:
                call(request, timeout=_DEADLINE_SECONDS)
                code = grpc.StatusCode.OK
            except grpc.RpcError as error:
                code = error.code()
            if begin <= time.monotonic() < end:
                codes[code] += 1

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(_WORKERS * times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    late = codes[grpc.StatusCode.DEADLINE_EXCEEDED]
    return Row(times, codes[grpc.StatusCode.OK] / seconds, codes[grpc.StatusCode.UNAVAILABLE], late)


def _request(name: str) -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest()
    head = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput"}
    req.input.update({**head, "chart": "slow", "cache": False})
    xr = {"apiVersion": "fixtures.example.org/v1", "kind": "Slow", "spec": {"seconds": _CHART_SECONDS}}
    req.observed.composite.resource.update({**xr, "metadata": {"name": name, "namespace": "team-a"}})
    return req


@contextlib.contextmanager
def _serving() -> Generator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [pathlib.Path(sys.executable).with_name("function-cdk8s"), "serve", "--insecure", f"--address={address}"]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([*command, f"--workers={_WORKERS}", "--metrics-address="], stdout=log, stderr=log)
        try:
            yield address
        finally:
            server.terminate()
            server.wait()
