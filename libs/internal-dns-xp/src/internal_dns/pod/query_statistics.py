"""What PowerDNS tells of the queries it gets.

https://doc.powerdns.com/authoritative/performance.html#metricscounters
"""

import dataclasses
import json

from internal_dns.pod.powerdns import Api, Response, UnreachableError

_MICROSECONDS = 1_000_000

_TIMEOUT_SECONDS = 2.0
"""Prometheus gives a scrape 10 s (global.scrape_timeout), in which the sidecar also asks for the zone."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueryStatistics:
    """PowerDNS' statistics at one time, since it started.

    Attributes:
        udp_queries: Queries by UDP.
        tcp_queries: Queries by TCP.
        servfail_answers: Answers with SERVFAIL.
        latency_seconds: Average time from a query to its answer, lately.
    """

    udp_queries: int
    tcp_queries: int
    servfail_answers: int
    latency_seconds: float


def read(api: Api) -> QueryStatistics | None:
    """Return the statistics, None while PowerDNS does not respond in time.

    Args:
        api: The API of PowerDNS.
    """
    try:
        answer = dataclasses.replace(api, timeout_seconds=_TIMEOUT_SECONDS).send("GET", "/statistics")
    except UnreachableError:
        return None
    return of(answer) if answer.is_good else None


def of(answer: Response) -> QueryStatistics:
    """Return the statistics that an answer of PowerDNS' API has.

    Args:
        answer: The answer: https://doc.powerdns.com/authoritative/http-api/statistics.html.
    """
    values = {each["name"]: each["value"] for each in json.loads(answer.body) if each["type"] == "StatisticItem"}
    return QueryStatistics(
        udp_queries=int(values["udp-queries"]),
        tcp_queries=int(values["tcp-queries"]),
        servfail_answers=int(values["servfail-packets"]),
        latency_seconds=int(values["latency"]) / _MICROSECONDS,
    )
