"""The gRPC server: RunFunction v1 and v1beta1, reflection, health, mTLS, and a graceful stop.

The SDK's `runtime.serve` offers no health service and leaves no room to drain
(function-sdk-python 0.15.1), so the server is built here from the SDK's
parts.
"""

import asyncio
import contextlib
import pathlib
import signal
import time
from collections.abc import Callable

import grpc
import structlog
from grpc_health.v1 import health_pb2_grpc

from cdk8s_function.pool import pool
from cdk8s_function.server import edge, health, reflection

_HEALTH_SECONDS = 0.2

_QUIET_SECONDS = 0.01
_ACCEPT_SECONDS = 1.0
"""For how long no call must have come before gRPC is told to stop, and how long that is waited for at most."""

_END_SECONDS = 2.0
"""How long calls have to end once they are told that the grace period is over; gRPC then cancels them."""

_SERVICES = (reflection.NAME, *edge.SERVICES, health.NAME)


async def serve(
    run: edge.Run,
    workers: pool.WorkerPool,
    *,
    refused: edge.NoteRefusal,
    address: str,
    tls_certs_dir: str | None,
    insecure: bool,
    max_receive_bytes: int,
    max_send_bytes: int,
    grace_seconds: float,
    connection_seconds: float,
    report: Callable[[bool], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then let running calls end.

    Args:
        run: Returns the response to RunFunction.
        refused: Told of each call that was refused before it came so far.
        workers: Its pool; the server reports healthy while a worker is warm.
        address: Where to listen, `host:port`.
        tls_certs_dir: Folder of tls.crt, tls.key and ca.crt. Files replaced
            there take effect for the next connection.
        insecure: Listen without TLS.
        max_receive_bytes: Largest request.
        max_send_bytes: Largest response.
        grace_seconds: How long running calls may take to end; those that take longer end as UNAVAILABLE.
        connection_seconds: How long a connection is used for new calls; those in work end on it. A client looks up
            the server's addresses again when it connects again, and finds new replicas only so
            (https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md).
        report: Called on the event loop, several times a second, with whether the function serves.

    Raises:
        FileNotFoundError: If a certificate is missing.
        RuntimeError: If the address can't be listened on.
        ValueError: If there are no certificates and insecure is not set.
    """
    log = structlog.stdlib.get_logger()
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_receive_bytes),
            ("grpc.max_send_message_length", max_send_bytes),
            # Two servers would share a port, and each get some of the calls (grpc_types.h, GRPC_ARG_ALLOW_REUSEPORT).
            ("grpc.so_reuseport", 0),
            ("grpc.max_connection_age_ms", round(connection_seconds * 1000)),
        ]
    )
    front = edge.Edge(run, refused)
    front.add_to(server)
    reports = health.Health(_SERVICES)
    health_pb2_grpc.add_HealthServicer_to_server(reports, server)
    server.add_generic_rpc_handlers((reflection.Reflection(_SERVICES),))
    if insecure:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, _credentials(tls_certs_dir))

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    await server.start()
    log.info("serving", address=address, port=port, insecure=insecure)
    reporting = asyncio.create_task(_report(reports, workers))
    telling = asyncio.create_task(_tell(report, workers, stop)) if report else None
    await stop.wait()
    log.info("draining", grace_seconds=grace_seconds)
    reporting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reporting
    await reports.end()
    await _accept_what_came(front)
    stopping = asyncio.create_task(server.stop(grace_seconds + _END_SECONDS))
    _, late = await asyncio.wait({stopping}, timeout=grace_seconds)
    if late:
        workers.give_up()
    await stopping
    if telling:
        telling.cancel()
    log.info("stopped")


async def _accept_what_came(front: edge.Edge) -> None:
    """Let the calls begin that gRPC has received already: once it stops, it ends as CANCELLED what has not begun.

    grpc.aio takes one call at a time from gRPC, and none while the event loop is busy.
    """
    end, seen = time.monotonic() + _ACCEPT_SECONDS, -1
    while seen != front.calls and time.monotonic() < end:
        seen = front.calls
        await asyncio.sleep(_QUIET_SECONDS)


async def _report(reports: health.Health, workers: pool.WorkerPool) -> None:
    """Keep the health service in step with the pool."""
    while True:
        await reports.set(serving=workers.serving)
        await asyncio.sleep(_HEALTH_SECONDS)


async def _tell(report: Callable[[bool], None], workers: pool.WorkerPool, stop: asyncio.Event) -> None:
    """Report the state of the pool, also while calls end.

    A pool that has no worker and starts none is not reported: the kubelet then
    finds this process dead, and starts another.
    """
    while True:
        if not workers.stuck:
            report(workers.serving and not stop.is_set())
        await asyncio.sleep(_HEALTH_SECONDS)


def _credentials(tls_certs_dir: str | None) -> grpc.ServerCredentials:
    if not tls_certs_dir:
        msg = "no certificates: give --tls-server-certs-dir (or TLS_SERVER_CERTS_DIR), or --insecure"
        raise ValueError(msg)
    folder = pathlib.Path(tls_certs_dir)
    current = _configuration(folder)
    stamp = _stamp(folder)

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        # Called for each handshake. Files half-replaced are read again at the next one.
        nonlocal stamp
        with contextlib.suppress(OSError):
            now = _stamp(folder)
            if now != stamp:
                configuration = _configuration(folder)
                stamp = now
                return configuration
        return None

    return grpc.dynamic_ssl_server_credentials(
        current,
        renewed,  # pyright: ignore[reportArgumentType]  # grpc takes None for "no change"; its stubs don't say so.
        require_client_authentication=True,
    )


def _configuration(folder: pathlib.Path) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [((folder / "tls.key").read_bytes(), (folder / "tls.crt").read_bytes())],
        root_certificates=(folder / "ca.crt").read_bytes(),
    )


def _stamp(folder: pathlib.Path) -> tuple[int, ...]:
    return tuple((folder / name).stat().st_mtime_ns for name in ("tls.crt", "tls.key", "ca.crt"))
