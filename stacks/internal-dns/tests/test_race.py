"""The suite's client asks several servers as Tailscale's forwarder does."""

import contextlib
import pathlib
import runpy
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest

CLIENT = pathlib.Path(__file__).parents[1] / "client"
NAME, ADDRESS = "web.example.org.", "10.0.0.1"
LONG, SHORT = 20.0, 0.2


@pytest.fixture(scope="module")
def race() -> Iterator[dict[str, Any]]:
    sys.path.insert(0, str(CLIENT))  # The program's own folder, as Python sets it for a script.
    yield runpy.run_path(str(CLIENT / "race.py"))
    sys.path.remove(str(CLIENT))


class Servers:
    """DNS servers on loopback addresses, which share a port."""

    def __init__(self, *answers: str) -> None:
        self.addresses = [f"127.0.0.{number}" for number in range(1, len(answers) + 1)]
        self.port = 0
        self._sockets: list[socket.socket] = []
        for address, answer in zip(self.addresses, answers, strict=True):
            listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            listening.bind((address, self.port))
            self.port = listening.getsockname()[1]
            self._sockets.append(listening)
            if answer != "silence":
                threading.Thread(target=self._answer, args=(listening, answer), daemon=True).start()

    def _answer(self, listening: socket.socket, answer: str) -> None:
        try:
            request, client = listening.recvfrom(512)
        except OSError:
            return
        response = dns.message.make_response(dns.message.from_wire(request))
        if answer in {"SERVFAIL", "REFUSED", "NXDOMAIN"}:
            response.set_rcode(dns.rcode.from_text(answer))
        else:
            response.answer.append(dns.rrset.from_text(NAME, 60, "IN", "A", answer))
        # The client may have its answer, and the socket be closed.
        with contextlib.suppress(OSError):
            listening.sendto(response.to_wire(), client)

    def close(self) -> None:
        for each in self._sockets:
            each.close()


@pytest.mark.parametrize(
    ("answers", "within", "failure"),
    [
        (["silence", ADDRESS], LONG, ""),
        (["SERVFAIL", ADDRESS], LONG, ""),
        (["REFUSED", ADDRESS], LONG, ""),
        (["silence", "NXDOMAIN"], LONG, "NXDOMAIN"),
        (["10.0.0.2", "silence"], LONG, "addresses ['10.0.0.2']"),
        (["silence", "silence"], SHORT, "no answer"),
        (["SERVFAIL", "silence"], SHORT, "no answer"),
    ],
    ids=str,
)
def test_the_first_usable_answer_counts(race: dict[str, Any], answers: list[str], within: float, failure: str) -> None:
    servers = Servers(*answers)
    try:
        answer = race["look_up"](servers.addresses, NAME, port=servers.port, within=within)
    finally:
        servers.close()
    assert race["failure"](answer, ADDRESS) == failure
