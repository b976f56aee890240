"""A run in Markdown."""

import bisect
import collections
import math
from collections.abc import Iterable, Iterator

from function_bench import processes
from function_bench.chaos.callers import ANSWERED, TRANSIENT
from function_bench.chaos.run import Run
from function_bench.chaos.work import CHARTS
from function_bench.processes import percentile
from function_bench.tables import table

_SHOWN = 20
_CHARTS = sorted(chart.name for chart in CHARTS)
_FELT = ("recovery p50 s", "p99 s", "longest s")

Recovery = tuple[str, str, float]
"""A fault's kind, a chart, and for how many seconds the fault was felt: until a worker answered the chart again."""


def markdown(run: Run) -> str:
    """Return the tables of a run."""
    return "\n".join([*_about(run), *_outcomes(run), *_recovered(run), *_violations(run)])


def _about(run: Run) -> Iterator[str]:
    settings = run.settings
    yield from (f"- {name}: {value}" for name, value in processes.machine().items())
    yield (
        f"- run: seed {settings.seed}, {settings.reconciles:,} reconciles of {len(_CHARTS)} charts, "
        f"{settings.callers} callers, {settings.workers} workers, input timeout {settings.timeout_seconds} s"
    )
    yield (
        f"- time: {run.ended - run.began:.0f} s with a fault every {settings.every_seconds:g} s; "
        f"the server was started again {run.restarts} times"
    )
    yield ""


def _outcomes(run: Run) -> Iterator[str]:
    wrongly = f"{ANSWERED} wrongly"
    counts = collections.Counter(wrongly if each.answered and each.fault else each.outcome for each in run.attempts)
    outcomes = dict.fromkeys((ANSWERED, *TRANSIENT), 0) | counts
    yield from table(("outcome", "calls"), [*outcomes.items(), ("violations", len(run.violations))])


def _recovered(run: Run) -> Iterator[str]:
    felt = list(_recoveries(run))
    struck = collections.Counter(fault.kind for fault in run.faults)
    kinds = [(kind, struck[kind], *_spread(each for each in felt if each[0] == kind)) for kind in sorted(struck)]
    yield from table(("fault", "struck", *_FELT), [*kinds, ("all", len(run.faults), *_spread(felt))])
    calls = collections.Counter((attempt.reconcile.chart, attempt.answered) for attempt in run.attempts)
    charts = [
        (chart, calls[chart, True], calls[chart, False], *_spread(each for each in felt if each[1] == chart))
        for chart in _CHARTS
    ]
    yield from table(("chart", "answered", "failed calls", *_FELT), charts)


def _recoveries(run: Run) -> Iterator[Recovery]:
    for chart in _CHARTS:
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
                yield fault.kind, chart, min(ends) - fault.at


def _spread(recoveries: Iterable[Recovery]) -> tuple[float, float, float]:
    seconds = [felt for *_, felt in recoveries]
    return percentile(seconds, 50), percentile(seconds, 99), max(seconds, default=math.nan)


def _violations(run: Run) -> Iterator[str]:
    yield from (f"violation: {violation}" for violation in run.violations[:_SHOWN])
    if len(run.violations) > _SHOWN:
        yield f"and {len(run.violations) - _SHOWN} more"
