"""The HTTP server of metrics and probes, under clients that take their time or say nothing sound."""

import contextlib
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Generator

import prometheus_client
import pytest
from cdk8s_function.telemetry import bounded_server
from cdk8s_function.telemetry.monitor import Monitor

SECONDS = 60.0


@pytest.fixture
def monitor() -> Generator[Monitor]:
    made = Monitor("127.0.0.1:0", prometheus_client.CollectorRegistry())
    made.start()
    yield made
    made.close()


def until(met: Callable[[], object]) -> None:
    """Wait until a condition is met."""
    end = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < end
        time.sleep(0.01)


def status(port: int, path: str = "/livez") -> int:
    """Return the status of a page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=SECONDS) as reply:
        return reply.status


def is_closed(client: socket.socket) -> bool:
    """Return whether the server has closed a connection."""
    client.setblocking(False)  # The name says it.
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_slow_clients_leave_room_for_others(monitor: Monitor) -> None:
    threads = threading.active_count()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", monitor.port))) for _ in range(400)]
        for client in clients[-5:]:
            client.sendall(b"GET /livez HTTP/1.1\r\n")

        assert status(monitor.port) == 200

        until(lambda: sum(map(is_closed, clients)) >= 400 - bounded_server.CONNECTIONS)
        until(lambda: threading.active_count() <= threads + bounded_server.CONNECTIONS)
        assert status(monitor.port, "/metrics") == 200


def test_a_client_that_sends_a_byte_now_and_then_is_closed(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    server = monitor._server  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(server, "_seconds", 0.5)
    with socket.create_connection(("127.0.0.1", monitor.port)) as client:

        def send_one_more() -> bool:
            with contextlib.suppress(OSError):
                client.setblocking(True)  # The name says it.
                client.sendall(b"G")
            return is_closed(client)

        until(send_one_more)
    assert status(monitor.port) == 200


@pytest.mark.parametrize(
    "request_",
    [b"\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n"],
)
def test_an_invalid_request_is_refused(monitor: Monitor, request_: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", monitor.port), timeout=SECONDS) as client:
        client.sendall(request_)
        with contextlib.suppress(ConnectionResetError):
            assert b" 200 " not in client.recv(1_000)

    assert status(monitor.port) == 200
    assert "Traceback" not in capsys.readouterr().err
