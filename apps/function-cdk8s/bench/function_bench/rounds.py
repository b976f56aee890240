"""Rounds in which each contender has its turn, so that whatever the machine does meets all of them alike."""

import sys
from collections.abc import Sequence

from function_bench import figures, footprint, loops, served, workloads
from function_bench.client import Client
from function_bench.contenders import Contender

WORKLOAD = "eight-config-maps"
EXAMPLE = "web-service"
CALLERS = (1, 4)

_WARM_UP = 50


def run(contenders: Sequence[Contender], client: Client, *, rounds: int, count: int) -> dict[str, list[figures.Round]]:
    """Return the turns of each contender.

    Args:
        contenders: Who takes part.
        client: The caller.
        rounds: How many turns each has.
        count: How many requests a loop sends.

    Raises:
        RuntimeError: If two contenders do not compose the same objects.
    """
    turns: dict[str, list[figures.Round]] = {contender.name: [] for contender in contenders}
    contents: dict[str, str] = {}
    for number in range(rounds):
        for contender in contenders:
            turn, content = _turn(contender, client, count)
            turns[contender.name].append(turn)
            contents.setdefault(content, contender.title)
            _report(number, contender, turn)
    if len(contents) > 1:
        msg = f"{' and '.join(contents.values())} do not compose the same objects"
        raise RuntimeError(msg)
    return turns


def _turn(contender: Contender, client: Client, count: int) -> tuple[figures.Round, str]:
    with served.serving(contender) as server:
        client.connect(server.port)
        answered = client.first(workload=WORKLOAD, contender=contender.inputs)
        warm = footprint.of(server.pid)
        client.drive(callers=contender.workers, count=_WARM_UP, changed=True)
        drives = [
            loops.drive(client, server, workload=WORKLOAD, changed=changed, callers=callers, count=count)
            for changed in (True, False)
            for callers in CALLERS
        ]
        if contender.inputs in workloads.load(EXAMPLE).inputs:
            client.first(workload=EXAMPLE, contender=contender.inputs)
            drives.append(loops.drive(client, server, workload=EXAMPLE, changed=True, callers=1, count=count))
        turn = figures.Round(
            cold_start_seconds=round(answered.at - server.started, 3),
            warm=warm,
            end=footprint.of(server.pid),
            drives=drives,
        )
    return turn, answered.content


def _report(number: int, contender: Contender, turn: figures.Round) -> None:
    drive = turn.drives[0]
    sys.stderr.write(
        f"round {number + 1}  {contender.title:26}  cold {turn.cold_start_seconds:5.2f} s  p50 {drive.p50_ms:6.2f} ms"
        f"  p99 {drive.p99_ms:6.2f} ms  {drive.per_second:5.0f}/s  {turn.end.pss_mib:5.0f} MiB"
        f"  others' CPU {max(drive.others_cpu for drive in turn.drives):.2f}\n"
    )
