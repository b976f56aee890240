"""One closed loop against one server, with the CPU time it took and who else was at work."""

import os
from collections.abc import Callable

from function_bench import figures, footprint
from function_bench.client import Client, Driven
from function_bench.served import Server


def drive(client: Client, server: Server, *, workload: str, changed: bool, callers: int, count: int) -> figures.Drive:
    """Send requests in a closed loop and return its figures."""
    if not changed:
        client.settle()

    def send() -> Driven:
        return client.drive(callers=callers, count=count, changed=changed)

    return measured(send, client, server, workload=workload, changed=changed, callers=callers)


def measured(
    send: Callable[[], Driven], client: Client, server: Server, *, workload: str, changed: bool, callers: int
) -> figures.Drive:
    """Send requests and return the figures of that."""
    before = _Clocks(server, client)
    driven = send()
    after = _Clocks(server, client)
    count = len(driven.latencies)
    # The client also encodes requests and checks answers: that is outside `seconds` and not load on the server.
    elapsed = after.wall - before.wall
    busy = after.machine - before.machine
    own = after.server - before.server + after.bench - before.bench
    return figures.Drive(
        workload=workload,
        changed=changed,
        callers=callers,
        count=count,
        seconds=round(driven.seconds, 4),
        p50_ms=round(figures.percentile(driven.latencies, 50), 3),
        p99_ms=round(figures.percentile(driven.latencies, 99), 3),
        cpu_ms=round((after.server - before.server) * 1000 / count, 3),
        others_cpu=round(max(0.0, busy - own) / elapsed, 3),
        stolen_cpu=round((after.stolen - before.stolen) / elapsed, 3),
        faults=driven.faults,
    )


class _Clocks:
    """CPU and wall time used so far, in seconds."""

    def __init__(self, server: Server, client: Client) -> None:
        self.wall = os.times().elapsed
        self.server = footprint.cpu_seconds(server.family())
        self.bench = footprint.cpu_seconds([os.getpid(), client.pid])
        self.machine, self.stolen = footprint.machine_cpu_seconds()
