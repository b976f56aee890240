"""The pod's HTTP server is the function's, and logs what it does to slow clients and failed requests."""

import http.client
import http.server
import importlib.resources
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from internal_dns.pod import bounded_server


class Broken(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        msg = "no page"
        raise ValueError(msg)


@pytest.fixture
def server() -> Iterator[bounded_server.BoundedServer]:
    made = bounded_server.BoundedServer(("127.0.0.1", 0), Broken, log=logging.getLogger("broken"), seconds=0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_the_two_copies_of_the_server_are_equal() -> None:
    function, pod = (
        importlib.resources.files(package).joinpath(path).read_text(encoding="utf-8")
        for package, path in (
            ("cdk8s_function", "telemetry/bounded_server.py"),
            ("internal_dns", "pod/bounded_server.py"),
        )
    )
    assert function == pod


def test_a_slow_client_is_closed_and_counted(
    server: bounded_server.BoundedServer, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as client:
        assert client.recv(1) == b""
    server.shutdown()
    assert caplog.messages == ["connections of slow clients were closed: 1"]


def test_a_failed_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("broken")
    with bounded_server.BoundedServer(("127.0.0.1", 0), Broken, log=log) as made:
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}).start()
        connection = http.client.HTTPConnection("127.0.0.1", made.server_port, timeout=60)
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
        made.shutdown()
    assert caplog.messages == ["a request failed: ValueError('no page')"]
