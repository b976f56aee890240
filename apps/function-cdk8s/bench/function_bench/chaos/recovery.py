"""How long a fault is felt: until a chart is answered again."""

import bisect
import dataclasses
from collections.abc import Sequence

from function_bench.chaos.callers import Attempt
from function_bench.chaos.injector import Fault


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recovery:
    """One chart's, from one fault."""

    kind: str  # The fault's sort.
    chart: str  # The chart.
    seconds: float


def of(faults: Sequence[Fault], attempts: Sequence[Attempt]) -> list[Recovery]:
    """Return the recoveries of every chart from every fault."""
    charts = sorted({attempt.chart for attempt in attempts})
    return [recovery for chart in charts for recovery in _of_chart(chart, faults, attempts)]


def _of_chart(chart: str, faults: Sequence[Fault], attempts: Sequence[Attempt]) -> list[Recovery]:
    fresh = [attempt for attempt in attempts if attempt.chart == chart and attempt.right and not attempt.repeated]
    ordered = sorted(fresh, key=lambda attempt: attempt.began)
    begins = [attempt.began for attempt in ordered]
    # The earliest end among all calls begun at or after a place.
    ends = [float("inf")] * (len(ordered) + 1)
    for place in range(len(ordered) - 1, -1, -1):
        ends[place] = min(ends[place + 1], ordered[place].ended)
    return [
        Recovery(kind=fault.kind, chart=chart, seconds=round(ends[place] - fault.at, 3))
        for fault in faults
        if (place := bisect.bisect_left(begins, fault.at)) < len(ordered)
    ]
