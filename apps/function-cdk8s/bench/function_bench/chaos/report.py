"""A run in Markdown and in JSON."""

import collections
import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

from function_bench import machine
from function_bench.chaos.callers import ANSWERED, TRANSIENT, Attempt
from function_bench.chaos.run import Run
from function_bench.figures import percentile
from function_bench.report import table

_PARTS = 10
_SHOWN = 20


def markdown(run: Run) -> str:
    """Return the tables of a run."""
    return "\n".join([*_about(run), *_outcomes(run), *_faults(run), *_charts(run), *_course(run), *_violations(run)])


def plain(run: Run) -> dict[str, Any]:
    """Return all of a run but its single calls, for JSON."""
    fields = {
        name: value for name, value in vars(run).items() if name not in {"attempts", "faults", "recoveries", "samples"}
    }
    return {
        "machine": machine.describe(),
        **fields,
        "settings": dataclasses.asdict(run.settings),
        "outcomes": _counts(run),
        "faults": [{**dataclasses.asdict(fault), "at": round(fault.at - run.began, 3)} for fault in run.faults],
        "recoveries": [dataclasses.asdict(recovery) for recovery in run.recoveries],
        "samples": [dataclasses.asdict(sample) for sample in run.samples],
        "parts": [dataclasses.asdict(part) for part in _parts(run)],
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """A tenth of a run's calls."""

    calls: int  # Calls that had ended at its end.
    seconds: float  # When that was, since the begin.
    faults: int  # How many faults struck in it.
    failed: int  # How many calls were answered UNAVAILABLE or DEADLINE_EXCEEDED.
    p50_ms: float  # The median latency of those that were answered.
    p99_ms: float  # The latency that one of a hundred exceeded.
    largest_mib: float  # The largest memory (PSS) seen.


def _parts(run: Run) -> Iterator[Part]:
    size = math.ceil(len(run.attempts) / _PARTS)
    since = run.began
    for start in range(0, len(run.attempts), size):
        calls = run.attempts[start : start + size]
        until = calls[-1].ended
        latencies = [1000 * (call.ended - call.began) for call in calls if call.outcome == ANSWERED]
        memory = [sample.footprint.pss_mib for sample in run.samples if since <= run.began + sample.at <= until]
        yield Part(
            calls=start + len(calls),
            seconds=round(until - run.began, 1),
            faults=sum(since <= fault.at < until for fault in run.faults),
            failed=sum(call.outcome != ANSWERED for call in calls),
            p50_ms=round(percentile(latencies, 50), 1) if latencies else math.nan,
            p99_ms=round(percentile(latencies, 99), 1) if latencies else math.nan,
            largest_mib=max(memory, default=math.nan),
        )
        since = until


def _about(run: Run) -> Iterator[str]:
    settings = run.settings
    for name, value in machine.describe().items():
        yield f"- {name}: {value}"
    yield (
        f"- run: seed {settings.seed}, {settings.reconciles:,} reconciles of {len(run_charts(run))} charts, "
        f"{settings.callers} callers, {settings.workers} workers, input timeout {settings.timeout_seconds} s"
    )
    yield (
        f"- time: {run.ahead_seconds:.0f} s for the right answers ahead, then {run.seconds:.0f} s with a fault every "
        f"{settings.every_seconds:g} s, {len(run.faults)} faults; the server was started again {run.restarts} times"
    )
    if run.skipped:
        yield f"- not inflicted here: starvation by cgroup: {run.skipped}"
    yield ""


def _outcomes(run: Run) -> Iterator[str]:
    counts = _counts(run)
    rows = [(name, f"{counts[name]:,}") for name in (ANSWERED, *TRANSIENT)]
    rows += [(name, f"**{count:,}**") for name, count in counts.items() if name not in {ANSWERED, *TRANSIENT}]
    yield from table(("outcome", "calls"), [*rows, ("violations", f"{len(run.violations):,}")])


def _counts(run: Run) -> collections.Counter[str]:
    return collections.Counter(_outcome(attempt) for attempt in run.attempts)


def _outcome(attempt: Attempt) -> str:
    return "answered wrongly" if attempt.outcome == ANSWERED and attempt.fault else attempt.outcome


def _faults(run: Run) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for kind in sorted({fault.kind for fault in run.faults}):
        seconds = [recovery.seconds for recovery in run.recoveries if recovery.kind == kind]
        rows.append((kind, str(sum(fault.kind == kind for fault in run.faults)), *_spread(seconds)))
    rows.append(("all", str(len(run.faults)), *_spread([recovery.seconds for recovery in run.recoveries])))
    yield from table(("fault", "struck", "recovery p50 s", "p99 s", "longest s"), rows)


def _charts(run: Run) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for chart in run_charts(run):
        calls = [attempt for attempt in run.attempts if attempt.chart == chart]
        failed = sum(call.outcome != ANSWERED for call in calls)
        seconds = [recovery.seconds for recovery in run.recoveries if recovery.chart == chart]
        rows.append((chart, f"{len(calls) - failed:,}", f"{failed:,}", *_spread(seconds)))
    yield from table(("chart", "answered", "failed calls", "recovery p50 s", "p99 s", "longest s"), rows)


def _course(run: Run) -> Iterator[str]:
    headings = ("calls", "after s", "faults", "failed calls", "p50 ms", "p99 ms", "PSS MiB, largest")
    yield from table(
        headings,
        [
            (
                f"{part.calls:,}",
                f"{part.seconds:.0f}",
                str(part.faults),
                str(part.failed),
                f"{part.p50_ms:.1f}",
                f"{part.p99_ms:.1f}",
                f"{part.largest_mib:.0f}",
            )
            for part in _parts(run)
        ],
    )


def _violations(run: Run) -> Iterator[str]:
    for violation in run.violations[:_SHOWN]:
        yield f"violation: {violation}"
    if len(run.violations) > _SHOWN:
        yield f"and {len(run.violations) - _SHOWN} more"


def _spread(seconds: Sequence[float]) -> tuple[str, str, str]:
    if not seconds:
        return ("", "", "")
    return f"{percentile(seconds, 50):.2f}", f"{percentile(seconds, 99):.2f}", f"{max(seconds):.2f}"


def run_charts(run: Run) -> list[str]:
    """Return the charts of a run."""
    return sorted({attempt.chart for attempt in run.attempts})
