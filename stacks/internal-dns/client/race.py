"""Look a name up at several servers until told to end, as Tailscale's forwarder does, and count lookups that fail.

    race.py NAME ADDRESS --server IP --server IP … --until FILE [--case CASE] [--as MEASURE]

A lookup asks all servers at once and takes the first answer that is not SERVFAIL or REFUSED, so also one that says that
the name does not exist (tailscale, net/dns/resolver/forwarder.go). It fails if that answer is not the ADDRESS alone, or
if there is none. It ends with an error if one failed, once FILE exists.
"""

import argparse
import collections
import json
import pathlib
import socket
import statistics
import sys
import time
from collections.abc import Sequence

import dns.exception
import dns.message
import dns.rcode
import probe

_TIMEOUT_SECONDS = 2.0
_PAUSE_SECONDS = 0.02
_UNUSABLE = (dns.rcode.SERVFAIL, dns.rcode.REFUSED)


def look_up(
    servers: Sequence[str], name: str, *, port: int = 53, within: float = _TIMEOUT_SECONDS
) -> dns.message.Message | None:
    """Return the first usable answer of some servers; None if there is none in time."""
    query = dns.message.make_query(name, "A")
    deadline = time.monotonic() + within
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for server in servers:
            client.sendto(query.to_wire(), (server, port))
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            try:
                answer = dns.message.from_wire(client.recv(4096))
            except (OSError, dns.exception.DNSException):
                continue
            if query.is_response(answer) and answer.rcode() not in _UNUSABLE:
                return answer
    return None


def failure(answer: dns.message.Message | None, address: str) -> str:
    """Return what is wrong with an answer; "" if nothing is."""
    if answer is None:
        return "no answer"
    if answer.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(answer.rcode())
    found = probe.values(answer)
    return "" if found == [address] else f"addresses {found}"


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("address")
    parser.add_argument("--server", dest="servers", action="append", required=True)
    parser.add_argument("--until", type=pathlib.Path, required=True)
    parser.add_argument("--case", default="")
    parser.add_argument("--as", dest="measure", default="")
    given = parser.parse_args()
    failures: collections.Counter[str] = collections.Counter()
    taken: list[float] = []
    while not given.until.exists():
        began = time.perf_counter()
        failed = failure(look_up(given.servers, given.name), given.address)
        taken.append((time.perf_counter() - began) * 1000)
        if failed:
            failures[failed] += 1
        time.sleep(_PAUSE_SECONDS)
    cuts = statistics.quantiles(taken, n=100)
    milliseconds = {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2), "most": round(max(taken), 2)}
    result = {"case": given.case, "measure": given.measure, "lookups": len(taken), "milliseconds": milliseconds}
    print(json.dumps(result))
    if failures:
        sys.exit(f"{failures.total()} of {len(taken)} lookups failed: {dict(failures)}")


if __name__ == "__main__":
    main()
