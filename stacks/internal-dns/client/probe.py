"""Ask a DNS server as a client does, from a pod, and measure.

    probe.py await NAMES VALUE… --server IP --since EPOCH --within SECONDS [--as MEASURE]
    probe.py gone NAMES --server IP --since EPOCH --within SECONDS [--as MEASURE]
    probe.py query NAMES --server IP --times COUNT [--as MEASURE]
    probe.py follow --server IP --within SECONDS

NAMES is a name, or @FILE for those in a file.

Each asks by UDP and by TCP, and prints one line of JSON that a person and the
suites' report read: seconds since EPOCH until both agreed, or the quantiles of
the time that single queries took. `follow` reads lines of EPOCH, a name and its
new value, none for a name that goes, and prints the seconds that each took.
"""

import argparse
import json
import pathlib
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

_TIMEOUT_SECONDS = 2.0
_PAUSE_SECONDS = 0.1


def ask(server: str, name: str, kind: str = "A", *, tcp: bool = False) -> dns.message.Message:
    """Return a server's answer."""
    query = dns.message.make_query(name, kind)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, server, timeout=_TIMEOUT_SECONDS)


def values(message: dns.message.Message) -> list[str]:
    """Return the addresses of an answer, in order."""
    rrsets = [rrset for rrset in message.answer if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)]
    lines = [line for rrset in rrsets for line in rrset.to_text().splitlines()]
    # An owner's name, a TTL, a class, a type, and the value.
    return sorted(line.split()[4] for line in lines)


def wait(conditions: Sequence[Callable[[], bool]], *, since: float, within: float) -> float:
    """Wait until each of some conditions has held; return the seconds since a moment."""
    for holds in conditions:
        while not _holds(holds):
            if time.time() - since > within:
                sys.exit(f"not within {within:.0f} s")
            time.sleep(_PAUSE_SECONDS)
    return round(time.time() - since, 2)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (OSError, dns.exception.DNSException):
        return False


def resolves(server: str, name: str, wanted: Sequence[str]) -> bool:
    """Return whether a name has exactly the wanted addresses, by UDP and by TCP."""
    return all(values(ask(server, name, tcp=tcp)) == sorted(wanted) for tcp in (False, True))


def is_gone(server: str, name: str) -> bool:
    """Return whether a name does not exist, by UDP and by TCP."""
    return all(ask(server, name, tcp=tcp).rcode() == dns.rcode.NXDOMAIN for tcp in (False, True))


def listed(names: str) -> list[str]:
    """Return a name, or the names in @FILE."""
    if not names.startswith("@"):
        return [names]
    return pathlib.Path(names.removeprefix("@")).read_text(encoding="utf-8").split()


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", default="")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("await", "gone", "query"):
        sub = commands.add_parser(command)
        sub.add_argument("names", type=listed)
        if command == "await":
            sub.add_argument("values", nargs="+")
        sub.add_argument("--server", required=True)
        sub.add_argument("--as", dest="measure", default="")
        if command == "query":
            sub.add_argument("--times", type=int, default=100)
        else:
            sub.add_argument("--since", type=float, required=True)
            sub.add_argument("--within", type=float, required=True)
    following = commands.add_parser("follow")
    following.add_argument("--server", required=True)
    following.add_argument("--within", type=float, required=True)
    given = parser.parse_args()
    if given.command == "follow":
        print(*follow(given.server, within=given.within), sep="\n")
        return
    result: dict[str, object] = {"case": given.case, "measure": given.measure}
    match given.command:
        case "await":
            result["seconds"] = wait(
                [lambda name=name: resolves(given.server, name, given.values) for name in given.names],
                since=given.since,
                within=given.within,
            )
        case "gone":
            result["seconds"] = wait(
                [lambda name=name: is_gone(given.server, name) for name in given.names],
                since=given.since,
                within=given.within,
            )
        case _:
            result["milliseconds"] = quantiles(given.server, given.names, given.times)
    print(json.dumps(result))


def follow(server: str, *, within: float) -> list[float]:
    """Wait for each change that standard input tells while it comes in; return the seconds that each took."""
    told: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            told.put(line.split())
        told.put(None)

    threading.Thread(target=read, daemon=True).start()
    waiting: list[list[str]] = []
    taken: list[float] = []
    more = True
    while more or waiting:
        while not told.empty():
            change = told.get()
            if change is None:
                more = False
            else:
                waiting.append(change)
        for change in list(waiting):
            since, name, *wanted = change
            if _holds(lambda: resolves(server, name, wanted) if wanted else is_gone(server, name)):  # noqa: B023
                waiting.remove(change)
                taken.append(round(time.time() - float(since), 2))
            elif time.time() - float(since) > within:
                sys.exit(f"{name}: not within {within:.0f} s")
        time.sleep(_PAUSE_SECONDS)
    return taken


def quantiles(server: str, names: Sequence[str], times: int) -> dict[str, float]:
    """Return median and 99th percentile of the milliseconds that queries take, one at a time."""
    taken: list[float] = []
    for number in range(times):
        began = time.perf_counter()
        answer = ask(server, names[number % len(names)])
        taken.append((time.perf_counter() - began) * 1000)
        if answer.rcode() != dns.rcode.NOERROR:
            sys.exit(f"{names[number % len(names)]}: {dns.rcode.to_text(answer.rcode())}")
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)}


if __name__ == "__main__":
    main()
