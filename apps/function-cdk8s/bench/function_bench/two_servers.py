"""What a second processor can bring at most: two servers that share nothing, a caller each, beside one alone."""

import contextlib
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from function_bench import runs
from function_bench.contenders import Contender, contenders
from function_bench.xrs import HUNDRED

_ROUNDS, _CALLS = 11, 100


def measure() -> str:
    """Return a table of the throughput of two servers of a contender, divided by that of one."""
    lines = ["| two servers | requests/s of one | of both | ratio |", "|---|---:|---:|---:|"]
    for contender in contenders():
        if contender.name in {"function-cdk8s-1", "function-pythonic"}:
            alone, both, ratio = (statistics.median(values) for values in zip(*_rounds(contender), strict=True))
            lines.append(f"| {contender.title} | {alone:.0f} | {both:.0f} | {ratio:.2f} |")
    return "\n".join(lines)


def _rounds(contender: Contender) -> list[tuple[float, float, float]]:
    found: list[tuple[float, float, float]] = []
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(runs.session(contender)) for _ in range(2)]
        for each in servers:
            each.take_part(HUNDRED, changed=True, callers=1, count=_CALLS)
        for number in range(_ROUNDS):
            alone, both = _rate([servers[number % 2]]), _rate(servers)
            found.append((alone, both, both / alone))
    return found


def _rate(servers: Sequence[runs.Session]) -> float:
    """Return how many requests some servers answer in a second, all in all."""
    work = [each.requests(_CALLS) for each in servers]
    started = time.perf_counter()
    with ThreadPoolExecutor(len(servers)) as callers:
        list(callers.map(runs.Session.send, servers, work))
    return len(servers) * _CALLS / (time.perf_counter() - started)
