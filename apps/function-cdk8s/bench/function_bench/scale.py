"""Many XRs of many objects: does an XR cost the same whether there are a hundred or a thousand?"""

import sys
from collections.abc import Callable, Iterator, Sequence

from function_bench import cached, figures, footprint, loops, rounds, served
from function_bench.client import Client, Driven
from function_bench.contenders import Contender
from function_bench.served import Server

WORKLOAD = "hundred-config-maps"
BLOCK = 100


def run(contenders: Sequence[Contender], client: Client, *, xrs: int) -> dict[str, list[figures.Pass]]:
    """Return what the XRs cost each contender, with as many callers as it has workers."""
    return {contender.name: _scale(contender, client, xrs) for contender in contenders}


def _scale(contender: Contender, client: Client, xrs: int) -> list[figures.Pass]:
    callers = contender.workers
    blocks = [(start, min(BLOCK, xrs - start)) for start in range(0, xrs, BLOCK)]

    def compose(start: int, count: int) -> Driven:
        return client.compose(callers=callers, start=start, count=count)

    def change(_: int, count: int) -> Driven:
        return client.drive(callers=callers, count=count, changed=True)

    def repeat(_: int, count: int) -> Driven:
        return client.drive(callers=callers, count=count, changed=False)

    with served.serving(contender) as server:
        client.connect(server.port)
        # The server is warm once it has answered this, which has nothing to do with the XRs to come.
        client.first(workload=rounds.WORKLOAD, contender=contender.inputs)
        client.open(workload=WORKLOAD, contender=contender.inputs, xrs=xrs)
        passes = [_pass("first", contender, client, server, blocks, compose)]
        passes.append(_pass("changed", contender, client, server, blocks, change))
        client.settle()
        passes.append(_pass("unchanged", contender, client, server, blocks, repeat))
    return passes


def _pass(
    reconcile: str,
    contender: Contender,
    client: Client,
    server: Server,
    blocks: Sequence[tuple[int, int]],
    send: Callable[[int, int], Driven],
) -> figures.Pass:
    def drives() -> Iterator[figures.Drive]:
        for start, count in blocks:
            drive = loops.measured(
                lambda: send(start, count),  # noqa: B023  # Called in this turn.
                client,
                server,
                workload=WORKLOAD,
                changed=reconcile != "unchanged",
                callers=contender.workers,
            )
            if drive.faults:
                msg = f"{reconcile} reconciles failed: {drive.faults}"
                raise RuntimeError(msg)
            _report(start + count, contender, reconcile, drive)
            yield drive

    before = cached.of(server.metrics_port) if contender.has_metrics else None
    with footprint.Watch(server.pid) as watch:
        measured = list(drives())
        largest = max([*watch.take(), footprint.of(server.pid)], key=lambda seen: seen.pss_mib)
    after = cached.of(server.metrics_port) if contender.has_metrics else None
    return figures.Pass(
        reconcile=reconcile,
        drives=measured,
        largest=largest,
        hits=(after.hits - before.hits) / (after.asked - before.asked) if before and after else None,
        cache_mib=after.mib if after else None,
    )


def _report(done: int, contender: Contender, reconcile: str, drive: figures.Drive) -> None:
    sys.stderr.write(
        f"scale {done:6}  {contender.title:26}  {reconcile:9}  p50 {drive.p50_ms:6.2f} ms"
        f"  p99 {drive.p99_ms:6.2f} ms  {drive.per_second:5.0f}/s  CPU {drive.cpu_ms:.2f} ms/request"
        f"  others' CPU {drive.others_cpu:.2f}\n"
    )
