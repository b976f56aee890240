"""The zone is empty, old or made again: a client that asks all the time never hears that a name does not exist."""

import collections
import os
import threading
from collections.abc import Callable, Iterator

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest
from node.containers import Pod
from server import DNS_PORT, DOMAIN, HEALTH_PORT, Server, copy_volume, eventually, ingress, put

Serve = Callable[..., Server]

EXISTING = {
    ("web", "A"): "10.0.0.1",
    ("late", "A"): "10.0.0.2",
    ("dual", "A"): "10.0.0.3",
    ("dual", "AAAA"): "fd00::3",
    ("a.late", "A"): "10.0.0.2",
}
"""What exists while the client asks. `web` and the A record of `dual` are older than the rest."""


class Client:
    """Asks for all that exists and for one name that does not, again and again."""

    def __init__(self) -> None:
        """Start without answers."""
        self.answers: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, pod: Pod) -> None:
        """Ask this pod from now on."""
        self.stop()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, args=(pod,))
        self._thread.start()

    def stop(self) -> None:
        """Stop asking."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def _run(self, pod: Pod) -> None:
        while not self._stopped.wait(0.005):
            for name, kind in (*EXISTING, ("missing", "A")):
                self.answers[name, kind].append(_answer(pod, name, kind))


def _answer(pod: Pod, name: str, kind: str) -> str:
    query = dns.message.make_query(f"{name}.{DOMAIN}.", kind)
    try:
        with pod.namespace.entered():
            answer = dns.query.udp(query, pod.address, port=DNS_PORT, timeout=0.3)
    except (OSError, dns.exception.DNSException):
        return "no answer"
    if answer.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(answer.rcode())
    return answer.answer[0].to_text().split()[-1] if answer.answer else "NODATA"


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.stop()


@pytest.fixture
def server(serve: Serve) -> Server:
    """A server with the records that are old in `EXISTING`."""
    made = serve()
    made.await_ready()
    put(
        made.cluster,
        ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("dual", f"dual.{DOMAIN}", addresses=["10.0.0.3"]),
    )
    eventually(lambda: made.resolve("web") == ["10.0.0.1"] and made.resolve("dual") == ["10.0.0.3"], within=10)
    return made


def _add_the_rest(server: Server) -> None:
    put(
        server.cluster,
        ingress("late", f"late.{DOMAIN}", f"a.late.{DOMAIN}", addresses=["10.0.0.2"]),
        ingress("dual", f"dual.{DOMAIN}", addresses=["10.0.0.3", "fd00::3"]),
    )


def _new_volume(server: Server) -> None:
    server.pod.delete()
    _add_the_rest(server)
    for file in server.volume.iterdir():
        file.unlink()


def _stale_zone(server: Server) -> None:
    server.pod.delete()
    _add_the_rest(server)


def _restored_backup(server: Server) -> None:
    server.pod.delete()
    backup = server.volume.with_name("backup")
    copy_volume(server.volume, backup)
    server.start()
    _add_the_rest(server)
    eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=30)
    server.pod.delete()
    # With its write-ahead log, which would bring the later records back.
    copy_volume(backup, server.volume)


def _damaged_file(server: Server) -> None:
    _restored_backup(server)
    file = server.volume / "pdns.sqlite3"
    file.write_bytes(os.urandom(file.stat().st_size))


@pytest.mark.parametrize("spoil", [_new_volume, _stale_zone, _restored_backup, _damaged_file])
def test_a_new_pod_never_denies_a_name_that_exists(
    server: Server, client: Client, spoil: Callable[[Server], None]
) -> None:
    spoil(server)
    server.start(before=client.ask)
    eventually(lambda: server.pod.is_ready, within=60)
    _assert_never_denied(server, client)


def test_a_database_that_breaks_under_way_denies_no_name_when_it_is_made_again(server: Server, client: Client) -> None:
    _add_the_rest(server)
    eventually(lambda: server.resolve("dual", "AAAA") == ["fd00::3"], within=10)
    client.ask(server.pod)
    server.break_database()

    eventually(lambda: server.pod.containers["powerdns"].starts > 1, within=90)
    eventually(lambda: server.pod.containers["sidecar"].log.count("sync_gate: open") == 2, within=60)
    _assert_never_denied(server, client)


def _assert_never_denied(server: Server, client: Client) -> None:
    def all_resolve() -> bool:
        return all(server.resolve(name, kind) == [value] for (name, kind), value in EXISTING.items())

    # A pod is ready once external-dns has compared everything.
    assert all_resolve()
    eventually(lambda: client.answers["missing", "A"][-1] == "NXDOMAIN", within=5)
    client.stop()
    for key in EXISTING:
        told = collections.Counter(client.answers[key])
        assert not set(told) & {"NXDOMAIN", "NODATA"}, (key, told)
    assert "internal_dns_sync_gate_open 1\n" in server.pod.http(HEALTH_PORT, "/metrics")[1]
