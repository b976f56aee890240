"""What PowerDNS tells of its queries; a real one is asked in tests/integration."""

import json
import socket
import time
from typing import Any

from internal_dns.pod import query_statistics
from internal_dns.pod.powerdns import Api, Response
from internal_dns.pod.query_statistics import QueryStatistics

ANSWER: list[dict[str, Any]] = [
    {"name": "latency", "type": "StatisticItem", "value": "1500"},
    {"name": "servfail-packets", "type": "StatisticItem", "value": "3"},
    {"name": "tcp-queries", "type": "StatisticItem", "value": "20"},
    {"name": "udp-queries", "type": "StatisticItem", "value": "100"},
    {"name": "response-by-rcode", "type": "MapStatisticItem", "value": [{"name": "No Error", "value": "117"}]},
    {"name": "queries", "type": "RingStatisticItem", "size": 10000, "value": []},
]


def test_the_statistics_of_queries_are_read() -> None:
    assert query_statistics.of(Response(200, json.dumps(ANSWER).encode())) == QueryStatistics(
        udp_queries=100, tcp_queries=20, servfail_answers=3, latency_seconds=0.0015
    )


def test_there_are_none_while_powerdns_does_not_respond() -> None:
    assert query_statistics.read(Api(host="127.0.0.1", port=1, key="key", timeout_seconds=60)) is None


def test_a_powerdns_that_hangs_does_not_keep_a_scrape_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:
        api = Api(host="127.0.0.1", port=hung.getsockname()[1], key="key", timeout_seconds=20)
        began = time.monotonic()
        assert query_statistics.read(api) is None
    assert time.monotonic() - began < 8
