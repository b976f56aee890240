"""A server that stops answers each call that has reached it, or says why not."""

import asyncio
import concurrent.futures
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.server import cache, edge, grpc_server
from cdk8s_function.server.runner import FunctionRunner
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1

SECONDS = 60
CALLS = 100


def serve_and_call(
    run: edge.Run,
    workers: pool.WorkerPool,
    call: Callable[[Any], Any],
    *,
    grace_seconds: float,
) -> Any:
    """Serve in this thread, call in another, and return what that returned once the server has stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"

    def calling() -> Any:
        with grpc.insecure_channel(address) as channel:
            return call(grpcv1.FunctionRunnerServiceStub(channel))

    with concurrent.futures.ThreadPoolExecutor(1) as caller:
        called = caller.submit(calling)
        serving = grpc_server.serve(
            run,
            workers,
            refused=refused,
            address=address,
            tls_certs_dir=None,
            insecure=True,
            max_receive_bytes=1 << 20,
            max_send_bytes=1 << 20,
            grace_seconds=grace_seconds,
            connection_seconds=SECONDS,
        )
        asyncio.run(serving)
        return called.result(SECONDS)


def refused(call: object, fault: object, context: object) -> None:
    """Take note of nothing."""


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_calls_that_came_before_the_end_are_answered_though_the_server_was_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As long as a busy machine needs.
    monkeypatch.setattr(grpc_server, "_QUIET_SECONDS", 10.0)
    monkeypatch.setattr(grpc_server, "_ACCEPT_SECONDS", 60.0)
    come = threading.Event()

    async def run(req: fnv1.RunFunctionRequest, _: object, *, is_large: bool) -> bytes:
        assert not is_large
        if req.meta.tag == "busy":
            assert come.wait(SECONDS)
            stop()
        return b""

    def call(stub: Any) -> list[fnv1.RunFunctionResponse]:
        busy = stub.RunFunction.future(
            fnv1.RunFunctionRequest(meta={"tag": "busy"}), timeout=SECONDS, wait_for_ready=True
        )
        others = [
            stub.RunFunction.future(fnv1.RunFunctionRequest(), timeout=SECONDS, wait_for_ready=True)
            for _ in range(CALLS)
        ]
        # Nothing tells when gRPC has received what its server has not taken yet.
        time.sleep(5)
        come.set()
        return [each.result() for each in (busy, *others)]

    answers = serve_and_call(run, pool.WorkerPool(pool.Options()), call, grace_seconds=SECONDS)

    assert answers == [fnv1.RunFunctionResponse()] * (1 + CALLS)


def test_a_call_that_outlasts_the_grace_period_ends_with_a_line() -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        function = FunctionRunner(workers, registry.discover(), cache.Options())

        def call(stub: Any) -> tuple[grpc.StatusCode, str]:
            req = fnv1.RunFunctionRequest()
            head = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput"}
            req.input.update({**head, "chart": "slow", "timeout": "10m"})
            xr = {"apiVersion": "fixtures.example.org/v1", "kind": "Slow", "metadata": {"name": "demo"}}
            req.observed.composite.resource.update({**xr, "spec": {"seconds": 600}})
            called = stub.RunFunction.future(req, timeout=10 * SECONDS, wait_for_ready=True)
            while not workers.busy:
                time.sleep(0.01)
            stop()
            error = called.exception()
            assert isinstance(error, grpc.Call)
            return error.code(), error.details()

        ended = serve_and_call(function.run, workers, call, grace_seconds=0.2)

    line = 'cannot compose Slow "demo" with chart "slow": the function is shutting down'
    assert ended == (grpc.StatusCode.UNAVAILABLE, line)
