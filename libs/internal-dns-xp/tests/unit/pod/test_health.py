"""What the sidecar tells the kubelet, of an external-dns that says this or that of itself."""

import contextlib
import http.client
import http.server
import pathlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from internal_dns.pod import bounded_server, health, lookup
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.powerdns import Api, Response
from internal_dns.pod.query_statistics import QueryStatistics
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.sync_gate import SyncGate
from internal_dns.pod.volume import Volume

POWERDNS = Api(host="127.0.0.1", port=1, key="key", timeout_seconds=1)
"""Is not asked here."""

ExternalDns = Callable[..., tuple[str, int]]


@pytest.fixture
def external_dns() -> Iterator[ExternalDns]:
    """Return a function that serves metrics."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def run(**metrics: float) -> tuple[str, int]:
        text = "".join(f"# TYPE {name} gauge\n{name} {value!r}\n" for name, value in metrics.items())

        class Metrics(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  # http.server's signature.

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return "127.0.0.1", server.server_port

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def make_canary() -> Canary:
    return Canary(
        "internal.example.org",
        "owner",
        stale_seconds=100,
        write=lambda _: Response(204, b""),
        sees=lambda _name, _value, _protocol: True,
        clock=lambda: 100.0,
    )


def state(
    external_dns: tuple[str, int], canary: Canary | None = None, queries: QueryStatistics | None = None
) -> health.State:
    return health.State(
        domain="internal.example.org",
        stall_seconds=100,
        external_dns=external_dns,
        rejections=Rejections(100),
        deletion_hold=DeletionHold(40, 30),
        sync_gate=SyncGate(POWERDNS, "internal.example.org", pathlib.Path("start"), lambda: 0.0),
        canary=canary or make_canary(),
        volume=Volume("data"),
        queries=lambda: queries,
    )


class TestExternalDns:
    def test_it_lives_while_it_compares(self, external_dns: ExternalDns) -> None:
        metrics = {health.STARTED: time.time() - 5000, health.BEGAN: time.time() - 90}
        assert state(external_dns(**metrics)).external_dns_lives()

    def test_it_does_not_once_it_has_not_for_long(self, external_dns: ExternalDns) -> None:
        metrics = {health.STARTED: time.time() - 5000, health.BEGAN: time.time() - 110}
        assert not state(external_dns(**metrics)).external_dns_lives()

    def test_it_has_time_for_its_first(self, external_dns: ExternalDns) -> None:
        assert state(external_dns(**{health.STARTED: time.time() - 50, health.BEGAN: 0.0})).external_dns_lives()
        assert not state(external_dns(**{health.STARTED: time.time() - 150, health.BEGAN: 0.0})).external_dns_lives()

    def test_it_does_not_where_it_does_not_answer(self) -> None:
        assert not state(("127.0.0.1", 1)).external_dns_lives()

    def test_go_writes_large_numbers_with_exponents(self, external_dns: ExternalDns) -> None:
        assert state(external_dns(**{health.BEGAN: float(f"{time.time():.9e}")})).external_dns_lives()


@pytest.fixture
def page(external_dns: ExternalDns) -> Iterator[Callable[[str], tuple[int, str]]]:
    server = health.server(0, state(external_dns(**{health.BEGAN: time.time()})))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def get(path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    yield get
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/external-dns", 200), ("/fresh", 503), ("/readyz", 503), ("/other", 404)],
)
def test_pages(page: Callable[[str], tuple[int, str]], path: str, status: int) -> None:
    assert page(path)[0] == status


@pytest.mark.parametrize(("is_there", "answers", "value"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_the_zone_is_ready_while_powerdns_answers_for_it(
    is_there: bool, answers: bool, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serves(_: str) -> bool:
        return answers

    monkeypatch.setattr(lookup, "serves", serves)
    made = state(("127.0.0.1", 1))
    if is_there:
        made.zone_ready.set()

    assert f"internal_dns_zone_ready {value}\n" in made.exposition()


def test_metrics(page: Callable[[str], tuple[int, str]]) -> None:
    status, text = page("/metrics")
    assert status == 200
    assert text.splitlines() == [
        "# HELP internal_dns_zone_ready Whether PowerDNS answers for the zone, with its static records.",
        "# TYPE internal_dns_zone_ready gauge",
        "internal_dns_zone_ready 0",
        "# HELP internal_dns_sync_gate_open Whether a comparison has succeeded since PowerDNS started.",
        "# TYPE internal_dns_sync_gate_open gauge",
        "internal_dns_sync_gate_open 0",
        "# HELP internal_dns_record_sets Record sets in the zone.",
        "# TYPE internal_dns_record_sets gauge",
        "internal_dns_record_sets 0",
        "# HELP internal_dns_rejected_record_sets Record sets that PowerDNS refuses.",
        "# TYPE internal_dns_rejected_record_sets gauge",
        "internal_dns_rejected_record_sets 0",
        "# HELP internal_dns_held_hosts Hosts still in the zone because their deletion is held.",
        "# TYPE internal_dns_held_hosts gauge",
        "internal_dns_held_hosts 0",
        "# HELP internal_dns_held_deletions_total Deletions of most of the zone that were held.",
        "# TYPE internal_dns_held_deletions_total counter",
        "internal_dns_held_deletions_total 0",
        "# HELP internal_dns_canary_age_seconds Seconds since a change last reached clients.",
        "# TYPE internal_dns_canary_age_seconds gauge",
        "internal_dns_canary_age_seconds 0.0",
        "# HELP internal_dns_canary_udp_seconds Seconds from a comparison's begin to an answer by UDP with its change.",
        "# TYPE internal_dns_canary_udp_seconds gauge",
        "internal_dns_canary_udp_seconds 0.0",
        "# HELP internal_dns_canary_tcp_seconds Seconds from a comparison's begin to an answer by TCP with its change.",
        "# TYPE internal_dns_canary_tcp_seconds gauge",
        "internal_dns_canary_tcp_seconds 0.0",
        "# HELP internal_dns_canary_rounds_total Comparisons that reached the canary.",
        "# TYPE internal_dns_canary_rounds_total counter",
        "internal_dns_canary_rounds_total 0",
        "# HELP internal_dns_canary_late_rounds_total Those whose change took over 10 s, or did not reach clients.",
        "# TYPE internal_dns_canary_late_rounds_total counter",
        "internal_dns_canary_late_rounds_total 0",
        "# HELP internal_dns_volume_full Whether PowerDNS cannot write as its volume is full.",
        "# TYPE internal_dns_volume_full gauge",
        "internal_dns_volume_full 0",
    ]


def test_metrics_tell_what_powerdns_tells_of_its_queries() -> None:
    queries = QueryStatistics(udp_queries=100, tcp_queries=20, servfail_answers=3, latency_seconds=0.0015)
    silent, told = (state(("127.0.0.1", 1), queries=each).exposition().splitlines() for each in (None, queries))

    assert told == [
        *silent,
        "# HELP internal_dns_udp_queries_total Queries by UDP.",
        "# TYPE internal_dns_udp_queries_total counter",
        "internal_dns_udp_queries_total 100",
        "# HELP internal_dns_tcp_queries_total Queries by TCP.",
        "# TYPE internal_dns_tcp_queries_total counter",
        "internal_dns_tcp_queries_total 20",
        "# HELP internal_dns_servfail_answers_total Answers with SERVFAIL.",
        "# TYPE internal_dns_servfail_answers_total counter",
        "internal_dns_servfail_answers_total 3",
        "# HELP internal_dns_query_latency_seconds Average time from a query to its answer in PowerDNS, lately.",
        "# TYPE internal_dns_query_latency_seconds gauge",
        "internal_dns_query_latency_seconds 0.0015",
    ]


def test_slow_clients_leave_room_for_the_kubelet(external_dns: ExternalDns) -> None:
    server = health.server(0, state(external_dns()))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    threads = threading.active_count()
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        for _ in range(400):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.server_port)))
            client.sendall(b"GET /healthz")

        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()

        end = time.monotonic() + 60
        while threading.active_count() > threads + bounded_server.CONNECTIONS:
            assert time.monotonic() < end
            time.sleep(0.01)
