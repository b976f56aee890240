"""What a call costs at least in Python: a bare gRPC server, alone, and with another process behind it.

    alone    it answers at once
    loop     its event loop writes a frame to the process, and waits for the reply
    thread   a thread of its own does so, as a slot of function-cdk8s's pool

Messages are as large as those of a changed reconcile of 8 ConfigMaps.
"""

import asyncio
import concurrent.futures
import os
import pathlib
import queue
import socket
import statistics
import sys
import threading
from typing import Any

import grpc
import uvloop

from function_bench import calls, processes, servers

_REQUEST, _RESPONSE = bytes(13_000), bytes(3_500)
_FRAME, _REPLY = bytes(10_000), bytes(2_200)
_LOOPS, _CALLS = 21, 200


def measure() -> str:
    """Return a table of the CPU time of each way, of server and process together."""
    lines = ["| the server | CPU ms/call |", "|---|---:|"]
    for way in ("alone", "loop", "thread"):
        command = (sys.executable, "-P", "-m", __name__, "{address}", way)
        variables = {"PYTHONPATH": str(pathlib.Path(__file__).parents[1])}
        with (
            servers.folder() as folder,
            servers.Server(folder, command, variables) as server,
            calls.Channel(server.port) as channel,
        ):
            spent = [_loop(channel, server.process.pid) for _ in range(_LOOPS)]
        # The first loop warms it up.
        lines.append(f"| {way} | {statistics.median(spent[1:]) * 1000:.2f} |")
    return "\n".join(lines)


def _loop(channel: calls.Channel, pid: int) -> float:
    before = sum(map(processes.cpu_seconds, processes.family(pid)))
    for _ in range(_CALLS):
        if (reply := channel.call(_REQUEST, wait=True)).code != calls.OK:
            raise RuntimeError(reply.details)
    return (sum(map(processes.cpu_seconds, processes.family(pid))) - before) / _CALLS


def _behind() -> socket.socket:
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        return ours
    ours.close()
    while _received(theirs, len(_FRAME)):
        theirs.sendall(_REPLY)
    os._exit(0)


def _received(sock: socket.socket, size: int) -> bool:
    while size > 0 and (chunk := sock.recv(1 << 16)):
        size -= len(chunk)
    return size <= 0


async def _serve(address: str, way: str, behind: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    asked: queue.SimpleQueue[concurrent.futures.Future[bool]] = queue.SimpleQueue()

    def slot() -> None:
        while True:
            future = asked.get()
            behind.sendall(_FRAME)
            future.set_result(_received(behind, len(_REPLY)))

    async def run(_: bytes, __: Any) -> bytes:
        if way == "loop":
            await loop.sock_sendall(behind, _FRAME)
            left = len(_REPLY)
            while left > 0:
                left -= len(await loop.sock_recv(behind, 1 << 16))
        elif way == "thread":
            future: concurrent.futures.Future[bool] = concurrent.futures.Future()
            asked.put(future)
            await asyncio.wrap_future(future)
        return _RESPONSE

    if way == "thread":
        threading.Thread(target=slot, daemon=True).start()
    else:
        behind.setblocking(False)
    server = grpc.aio.server()
    method: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(run)
    _, service, name = calls.METHOD.split("/")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {name: method}),))
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    # gRPC has no threads yet that a fork would lose.
    uvloop.run(_serve(sys.argv[1], sys.argv[2], _behind()))
