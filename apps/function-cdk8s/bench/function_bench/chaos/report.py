"""A run in Markdown and in JSON."""

import bisect
import collections
import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Any

from function_bench import processes
from function_bench.chaos.callers import ANSWERED, TRANSIENT
from function_bench.chaos.run import Run
from function_bench.processes import percentile
from function_bench.report import table

_PARTS = 10
_SHOWN = 20
_FELT = ("recovery p50 s", "p99 s", "longest s")


@dataclasses.dataclass(frozen=True)
class Recovery:
    """How long a fault of one kind was felt: until a worker answered a chart again."""

    kind: str
    chart: str
    seconds: float


def markdown(run: Run) -> str:
    """Return the tables of a run."""
    return "\n".join([*_about(run), *_outcomes(run), *_recovered(run), *_course(run), *_violations(run)])


def plain(run: Run) -> dict[str, Any]:
    """Return all of a run but its single calls, for JSON."""
    return {
        "machine": processes.machine(),
        "settings": dataclasses.asdict(run.settings),
        "skipped": run.skipped,
        "seconds": run.ended - run.began,
        "restarts": run.restarts,
        "outcomes": _counts(run),
        "faults": [{**dataclasses.asdict(fault), "at": round(fault.at - run.began, 3)} for fault in run.faults],
        "recoveries": [dataclasses.asdict(recovery) for recovery in _recoveries(run)],
        "violations": run.violations,
    }


def _about(run: Run) -> Iterator[str]:
    settings = run.settings
    yield from (f"- {name}: {value}" for name, value in processes.machine().items())
    yield (
        f"- run: seed {settings.seed}, {settings.reconciles:,} reconciles of {len(run.charts)} charts, "
        f"{settings.callers} callers, {settings.workers} workers, input timeout {settings.timeout_seconds} s"
    )
    seconds = run.ended - run.began
    yield (
        f"- time: {run.ahead_seconds:.0f} s for the right answers ahead, then {seconds:.0f} s with a fault every "
        f"{settings.every_seconds:g} s, {len(run.faults)} faults; the server was started again {run.restarts} times"
    )
    if run.skipped:
        yield f"- not inflicted here: starvation by cgroup: {run.skipped}"
    yield ""


def _counts(run: Run) -> collections.Counter[str]:
    wrongly = f"{ANSWERED} wrongly"
    return collections.Counter(wrongly if each.answered and each.fault else each.outcome for each in run.attempts)


def _outcomes(run: Run) -> Iterator[str]:
    counts = _counts(run)
    rows = [(name, f"{counts[name]:,}") for name in (ANSWERED, *TRANSIENT)]
    rows += [(name, f"**{count:,}**") for name, count in counts.items() if name not in {ANSWERED, *TRANSIENT}]
    yield from table(("outcome", "calls"), [*rows, ("violations", f"{len(run.violations):,}")])


def _recoveries(run: Run) -> Iterator[Recovery]:
    for chart in run.charts:
        fresh = [
            each
            for each in run.attempts
            if each.right and each.reconcile.chart == chart and each.reconcile.repeats is None
        ]
        fresh.sort(key=lambda attempt: attempt.began)
        begins = [attempt.began for attempt in fresh]
        for fault in run.faults:
            place = bisect.bisect_left(begins, fault.at)
            # The next calls to begin: all that begin later begin when one of these has ended.
            if ends := [attempt.ended for attempt in fresh[place : place + run.settings.callers]]:
                yield Recovery(fault.kind, chart, round(min(ends) - fault.at, 3))


def _spread(recoveries: Iterable[Recovery]) -> tuple[str, str, str]:
    seconds = [recovery.seconds for recovery in recoveries]
    if not seconds:
        return ("", "", "")
    return f"{percentile(seconds, 50):.2f}", f"{percentile(seconds, 99):.2f}", f"{max(seconds):.2f}"


def _recovered(run: Run) -> Iterator[str]:
    felt = list(_recoveries(run))
    struck = collections.Counter(fault.kind for fault in run.faults)
    kinds = [(kind, str(struck[kind]), *_spread(each for each in felt if each.kind == kind)) for kind in sorted(struck)]
    yield from table(("fault", "struck", *_FELT), [*kinds, ("all", str(len(run.faults)), *_spread(felt))])
    calls = collections.Counter((attempt.reconcile.chart, attempt.answered) for attempt in run.attempts)
    charts = [
        (chart, f"{calls[chart, True]:,}", f"{calls[chart, False]:,}", *_spread(x for x in felt if x.chart == chart))
        for chart in run.charts
    ]
    yield from table(("chart", "answered", "failed calls", *_FELT), charts)


def _course(run: Run) -> Iterator[str]:
    """Return a row for each tenth of the calls."""
    size = math.ceil(len(run.attempts) / _PARTS)
    rows: list[tuple[str, ...]] = []
    since = run.began
    for start in range(0, len(run.attempts), size):
        calls = run.attempts[start : start + size]
        until = calls[-1].ended
        latencies = [1000 * (call.ended - call.began) for call in calls if call.answered]
        memory = [seen.pss_mib for seen in run.memory if since <= seen.at <= until]
        rows.append(
            (
                f"{start + len(calls):,}",
                f"{until - run.began:.0f}",
                str(sum(since <= fault.at < until for fault in run.faults)),
                str(sum(not call.answered for call in calls)),
                f"{percentile(latencies, 50):.1f}",
                f"{percentile(latencies, 99):.1f}",
                f"{max(memory, default=math.nan):.0f}",
            )
        )
        since = until
    yield from table(("calls", "after s", "faults", "failed calls", "p50 ms", "p99 ms", "PSS MiB, largest"), rows)


def _violations(run: Run) -> Iterator[str]:
    yield from (f"violation: {violation}" for violation in run.violations[:_SHOWN])
    if len(run.violations) > _SHOWN:
        yield f"and {len(run.violations) - _SHOWN} more"
