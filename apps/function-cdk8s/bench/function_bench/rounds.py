"""Rounds in which the contenders take turns, loop by loop, so that what the machine does meets all alike."""

import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Sequence

from function_bench import client, figures, footprint, loops, served, workloads
from function_bench.client import Client
from function_bench.contenders import Contender
from function_bench.footprint import Footprint
from function_bench.served import Server

WORKLOAD = "eight-config-maps"
EXAMPLE = "web-service"
CALLERS = (1, 4)

_WARM_UP = 50


@dataclasses.dataclass(kw_only=True)
class _Entrant:
    """A contender in one round: its server, and the caller of that."""

    contender: Contender
    server: Server
    client: Client
    drives: list[figures.Drive] = dataclasses.field(default_factory=list[figures.Drive])


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Start:
    """What a server did alone."""

    title: str
    cold_start_seconds: float
    warm: Footprint
    used: Footprint
    content: str


def run(contenders: Sequence[Contender], *, rounds: int, count: int) -> dict[str, list[figures.Round]]:
    """Return what each contender did in each round."""
    taken: dict[str, list[figures.Round]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        starts = [_start(contender, count=count) for contender in contenders]
        _refuse_others(starts)
        with contextlib.ExitStack() as stack:
            entrants = [_enter(contender, stack) for contender in contenders]
            for place, (workload, changed, callers) in enumerate(_loops()):
                first = (number + place) % len(entrants)
                for entrant in (*entrants[first:], *entrants[:first]):
                    _drive(entrant, workload=workload, changed=changed, callers=callers, count=count)
        for start, entrant in zip(starts, entrants, strict=True):
            turn = figures.Round(
                cold_start_seconds=start.cold_start_seconds, warm=start.warm, used=start.used, drives=entrant.drives
            )
            _report(number, start.title, turn)
            taken[entrant.contender.name].append(turn)
    return taken


def _loops() -> Iterator[tuple[str, bool, int]]:
    for changed in (True, False):
        for callers in CALLERS:
            yield WORKLOAD, changed, callers
    yield EXAMPLE, True, 1


def _start(contender: Contender, *, count: int) -> _Start:
    with served.serving(contender) as server, client.started() as caller:
        caller.connect(server.port)
        answered = caller.first(workload=WORKLOAD, contender=contender.inputs)
        warm = footprint.of(server.pid)
        caller.drive(callers=contender.workers, count=count, changed=True)
        return _Start(
            title=contender.title,
            cold_start_seconds=round(answered.at - server.started, 3),
            warm=warm,
            used=footprint.of(server.pid),
            content=answered.content,
        )


def _refuse_others(starts: Sequence[_Start]) -> None:
    titles = {start.content: start.title for start in starts}
    if len(titles) > 1:
        msg = f"{' and '.join(titles.values())} do not compose the same objects"
        raise RuntimeError(msg)


def _enter(contender: Contender, stack: contextlib.ExitStack) -> _Entrant:
    server = stack.enter_context(served.serving(contender))
    caller = stack.enter_context(client.started())
    caller.connect(server.port)
    caller.first(workload=WORKLOAD, contender=contender.inputs)
    caller.drive(callers=contender.workers, count=_WARM_UP, changed=True)
    return _Entrant(contender=contender, server=server, client=caller)


def _drive(entrant: _Entrant, *, workload: str, changed: bool, callers: int, count: int) -> None:
    inputs = entrant.contender.inputs
    if inputs not in workloads.load(workload).inputs:
        return
    if workload != WORKLOAD:
        entrant.client.first(workload=workload, contender=inputs)
    entrant.drives.append(
        loops.drive(entrant.client, entrant.server, workload=workload, changed=changed, callers=callers, count=count)
    )


def _report(number: int, title: str, turn: figures.Round) -> None:
    drive = turn.drives[0]
    sys.stderr.write(
        f"round {number + 1}  {title:43}  cold {turn.cold_start_seconds:5.2f} s  p50 {drive.p50_ms:6.2f} ms"
        f"  p99 {drive.p99_ms:6.2f} ms  {drive.per_second:5.0f}/s  {turn.used.pss_mib:5.0f} MiB"
        f"  others' CPU {max(drive.others_cpu for drive in turn.drives):.2f}\n"
    )
