"""The budgets of the design, and whether a run holds them."""

import dataclasses
import math
from collections.abc import Callable, Iterator

from function_bench import rounds
from function_bench.figures import Block, Drive, Results, median

_P50_MS, _P99_MS = 12, 30
_UNCHANGED_LATENCY, _UNCHANGED_THROUGHPUT = 0.5, 2.0
_CHANGED_LATENCY = 1.3
_SECOND_WORKER = 1.6
_BESIDE_NAIVE = {1: 1.0, 2: 1.6}
_COLD_SECONDS = 2.0
_MEMORY_MIB = {1: 256, 2: 400}
_MEMORY_REQUESTS = 20_000
_FLAT = 1.05

_OURS = {1: "function-cdk8s-1", 2: "function-cdk8s-2"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Budget:
    """One budget."""

    what: str  # What it is about.
    limit: str  # What it allows.
    measured: str  # What this run measured; "" if it did not.
    held: bool | None  # Whether that is within the limit; None if it was not measured.


def of(results: Results) -> list[Budget]:
    """Return the budgets with what a run measured."""
    return [
        *_latency(results),
        *_unchanged(results),
        *_changed(results),
        *_throughput(results),
        *_cold_start(results),
        *_memory(results),
    ]


def _latency(results: Results) -> Iterator[Budget]:
    for workload in (rounds.WORKLOAD, rounds.EXAMPLE):
        drives = results.drives(_OURS[1], workload, changed=True, callers=1)
        p50, p99 = median([drive.p50_ms for drive in drives]), median([drive.p99_ms for drive in drives])
        what = f"warm RunFunction of {workload} (internal-dns in the design), 1 worker, 1 caller"
        yield _budget(f"{what}: p50", f"<= {_P50_MS} ms", f"{p50:.2f} ms", p50, p50 <= _P50_MS)
        yield _budget(f"{what}: p99", f"<= {_P99_MS} ms", f"{p99:.2f} ms", p99, p99 <= _P99_MS)


def _unchanged(results: Results) -> Iterator[Budget]:
    ratio = _ratio(results, _OURS[2], "function-pythonic", _p50, changed=False, callers=1)
    limit = f"<= {_UNCHANGED_LATENCY} of function-pythonic's"
    yield _budget("unchanged reconcile, p50", limit, f"{ratio:.2f}", ratio, ratio <= _UNCHANGED_LATENCY)
    ratio = _ratio(results, _OURS[2], "function-pythonic", _rate, changed=False, callers=4)
    limit = f">= {_UNCHANGED_THROUGHPUT} of function-pythonic's"
    what = "unchanged reconcile, throughput at 4 callers"
    yield _budget(what, limit, f"{ratio:.2f}", ratio, ratio >= _UNCHANGED_THROUGHPUT)


def _changed(results: Results) -> Iterator[Budget]:
    ratio = _ratio(results, _OURS[1], "naive", _p50, changed=True, callers=1)
    limit = f"<= {_CHANGED_LATENCY} of naive in-process cdk8s's"
    yield _budget("changed reconcile, 1 worker, p50", limit, f"{ratio:.2f}", ratio, ratio <= _CHANGED_LATENCY)


def _throughput(results: Results) -> Iterator[Budget]:
    one, two = (_long_rate(results, name) for name in _OURS.values())
    what = "throughput of 2 workers, as many callers as workers"
    yield _budget(
        what, f">= {_SECOND_WORKER} of 1 worker's", f"{two / one:.2f}", two / one, two / one >= _SECOND_WORKER
    )
    ratio = _ratio(results, _OURS[2], _OURS[1], _rate, changed=True, callers=4)
    what = "throughput of 2 workers at 4 callers"
    yield _budget(what, f">= {_SECOND_WORKER} of 1 worker's", f"{ratio:.2f}", ratio, ratio >= _SECOND_WORKER)
    for workers, name in _OURS.items():
        ratio = _ratio(results, name, "naive", _rate, changed=True, callers=4)
        what = f"throughput of {workers} worker{'' if workers == 1 else 's'} at 4 callers"
        least = _BESIDE_NAIVE[workers]
        yield _budget(what, f">= {least} of naive in-process cdk8s's", f"{ratio:.2f}", ratio, ratio >= least)


def _ratio(
    results: Results, one: str, other: str, figure: Callable[[Drive], float], *, changed: bool, callers: int
) -> float:
    """Return the median, over the rounds, of one contender's figure divided by another's of the same round."""
    ours, theirs = (results.drives(name, rounds.WORKLOAD, changed=changed, callers=callers) for name in (one, other))
    return median([figure(our) / figure(their) for our, their in zip(ours, theirs, strict=False)])


def _long_rate(results: Results, name: str) -> float:
    """Return the requests that a contender answered a second in its long run, NaN if it had none."""
    soak = results.soaks.get(name)
    return soak.per_second if soak else math.nan


def _p50(drive: Drive) -> float:
    return drive.p50_ms


def _rate(drive: Drive) -> float:
    return drive.per_second


def _cold_start(results: Results) -> Iterator[Budget]:
    for workers, name in _OURS.items():
        seconds = median([turn.cold_start_seconds for turn in results.rounds.get(name, [])])
        what = f"cold start to the first answer, {workers} worker{'' if workers == 1 else 's'}"
        yield _budget(what, f"<= {_COLD_SECONDS:g} s", f"{seconds:.2f} s", seconds, seconds <= _COLD_SECONDS)


def _memory(results: Results) -> Iterator[Budget]:
    for workers, name in _OURS.items():
        soak = results.soaks.get(name)
        blocks = soak.blocks if soak else []
        enough = sum(block.drive.count for block in blocks) >= _MEMORY_REQUESTS
        largest = _largest(blocks) if enough else math.nan
        what = f"memory over {_MEMORY_REQUESTS:,} reconciles, {workers} worker{'' if workers == 1 else 's'}"
        limit = _MEMORY_MIB[workers]
        yield _budget(what, f"<= {limit} MiB", f"{largest:.0f} MiB", largest, largest <= limit)
        quarter = len(blocks) // 4
        growth = _usual(blocks[-quarter:]) / _usual(blocks[quarter : 2 * quarter]) if enough else math.nan
        limit = f"last quarter <= {_FLAT} of the second"
        yield _budget(f"{what}: flat", limit, f"{growth:.2f}", growth, growth <= _FLAT)


def _largest(blocks: list[Block]) -> float:
    return max(block.largest.pss_mib for block in blocks)


def _usual(blocks: list[Block]) -> float:
    # Not the largest: whether a worker is replaced in one quarter or in the next says nothing of growth.
    return median([block.end.pss_mib for block in blocks])


def _budget(what: str, limit: str, measured: str, value: float, held: bool) -> Budget:  # Its last word.
    if math.isnan(value):
        return Budget(what=what, limit=limit, measured="", held=None)
    return Budget(what=what, limit=limit, measured=measured, held=held)
