"""What a run measured, as it stands in its JSON, and the budgets it is held to."""

import dataclasses
import math
import operator
import statistics
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from function_bench.processes import Footprint
from function_bench.xrs import EIGHT, HUNDRED, IMPORTED


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drive:
    """One closed loop of requests."""

    contender: str
    workload: str  # What was composed.
    changed: bool  # Whether each reconcile had something new.
    callers: int  # How many requests were on their way at a time.
    count: int  # How many requests were sent.
    seconds: float  # How long all took.
    p50_ms: float  # The median latency.
    p99_ms: float  # The latency that one request in a hundred exceeded.
    cpu_ms: float  # CPU time of the server's processes by request.
    others_cpu: float  # CPU that neither server nor benchmark used, in processors.
    memory: Footprint  # What the server's processes take at its end.
    faults: dict[str, int]  # What went wrong, and how often.

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return self.count / self.seconds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start:
    """The start of a server that has the machine for itself."""

    contender: str
    cold_start_seconds: float  # From the start of its first process to its first right answer.
    warm: Footprint  # Its memory once every XR has been composed once.
    used: Footprint  # Its memory after one loop of changed reconciles.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """Some requests, one after the other, of a long run."""

    drive: Drive
    largest: Footprint  # The largest memory seen while it ran.
    replaced: int  # Workers replaced so far.


@dataclasses.dataclass(frozen=True, kw_only=True)
class LongRun:
    """Many reconciles of one contender."""

    contender: str
    reconcile: str  # changed, unchanged, or first.
    warm: Footprint  # The memory before it.
    blocks: list[Block]

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return sum(each.drive.count for each in self.blocks) / sum(each.drive.seconds for each in self.blocks)

    def largest(self, figure: str) -> float:
        """Return the largest of a figure of its blocks."""
        return max(operator.attrgetter(figure)(block) for block in self.blocks)


@dataclasses.dataclass(kw_only=True)
class Results:
    """All that was measured in one run."""

    machine: dict[str, str]  # What it was measured on.
    settings: dict[str, Any]  # How much was measured.
    titles: dict[str, str]  # What people call each contender.
    drives: list[Drive] = dataclasses.field(default_factory=list[Drive])  # In rounds.
    starts: list[Start] = dataclasses.field(default_factory=list[Start])
    soaks: list[LongRun] = dataclasses.field(default_factory=list[LongRun])
    scales: list[LongRun] = dataclasses.field(default_factory=list[LongRun])

    def loops(
        self, figure: str, contender: str, workload: str, *, changed: bool = True, callers: int = 1
    ) -> list[float]:
        """Return a figure of a contender's loops of one sort, one of each round."""
        wanted = (contender, workload, changed, callers)
        found = [each for each in self.drives if (each.contender, each.workload, each.changed, each.callers) == wanted]
        return [getattr(each, figure) for each in found]

    def started(self, figure: str, contender: str) -> list[float]:
        """Return a figure of a contender's starts, one of each round."""
        return [operator.attrgetter(figure)(each) for each in self.starts if each.contender == contender]


def median(values: Iterable[float]) -> float:
    """Return the median, NaN where there is nothing."""
    given = list(values)
    return statistics.median(given) if given else math.nan


_ONE, _TWO, _NODE = "function-cdk8s-1", "function-cdk8s-2", "function-cdk8s-node"
_NAIVE, _PYTHONIC = "naive", "function-pythonic"
_MEMORY_REQUESTS = 20_000
Measure = Callable[[Results], float]
"""Returns what a run measured, NaN if it did not."""


def _divided(ours: list[float], theirs: list[float]) -> float:
    return median(our / their for our, their in zip(ours, theirs, strict=False))


def _ratio(
    figure: str, workload: str, other: str, *, ours: str = _ONE, callers: int = 1, its_callers: int = 0, **sort: Any
) -> Measure:
    """Measure the median, over the rounds, of one contender's figure divided by another's of the same round."""

    def measure(results: Results) -> float:
        theirs = results.loops(figure, other, workload, callers=its_callers or callers, **sort)
        return _divided(results.loops(figure, ours, workload, callers=callers, **sort), theirs)

    return measure


def _start(figure: str, other: str = "") -> Measure:
    def measure(results: Results) -> float:
        ours = results.started(figure, _ONE)
        return _divided(ours, results.started(figure, other)) if other else median(ours)

    return measure


def _nodes(results: Results) -> float:
    native = {_ONE, _TWO}
    counts = [each.memory.nodes for each in results.drives if each.contender in native]
    return max([*counts, *(each.used.nodes for each in results.starts if each.contender in native)], default=math.nan)


def _growth(contender: str) -> Measure:
    """Measure the memory of a long run's last quarter divided by that of the second."""

    def measure(results: Results) -> float:
        run = next((run for run in results.soaks if run.contender == contender), None)
        if run is None or sum(block.drive.count for block in run.blocks) < _MEMORY_REQUESTS:
            return math.nan
        # Not the largest: whether a worker is replaced in one quarter or in the next says nothing of growth.
        usual = [block.drive.memory.pss_mib for block in run.blocks]
        quarter = len(usual) // 4
        return median(usual[-quarter:]) / median(usual[quarter : 2 * quarter])

    return measure


_LONG = f"memory over {_MEMORY_REQUESTS:,} reconciles"
_WORDS = {True: "held", False: "**not held**"}
_PYTHONICS, _NAIVES, _ONES = "of function-pythonic's", "of naive in-process cdk8s's", "of 1 worker's"
BUDGETS: tuple[tuple[str, Measure, str, float, str], ...] = (
    ("changed reconcile, 8 objects: CPU", _ratio("cpu_ms", EIGHT, _PYTHONIC), "<=", 1.2, _PYTHONICS),
    ("changed reconcile, 8 objects: p50", _ratio("p50_ms", EIGHT, _PYTHONIC), "<=", 1.2, _PYTHONICS),
    ("changed reconcile, 100 objects: CPU", _ratio("cpu_ms", HUNDRED, _PYTHONIC), "<=", 0.95, _PYTHONICS),
    ("unchanged reconcile: p50", _ratio("p50_ms", EIGHT, _PYTHONIC, changed=False), "<=", 0.4, _PYTHONICS),
    (
        "unchanged reconcile: throughput of 2 workers at 4 callers",
        _ratio("per_second", EIGHT, _PYTHONIC, ours=_TWO, callers=4, changed=False),
        *(">=", 2, _PYTHONICS),
    ),
    ("changed reconcile, 8 objects: CPU", _ratio("cpu_ms", EIGHT, _NAIVE), "<=", 0.4, _NAIVES),
    ("changed reconcile, 100 objects: CPU", _ratio("cpu_ms", HUNDRED, _NAIVE), "<=", 0.2, _NAIVES),
    ("5 objects of imported classes: CPU", _ratio("cpu_ms", IMPORTED, _NODE), "<=", 0.3, "of the same on Node.js"),
    ("PSS of the server and 1 worker", _start("used.pss_mib", _PYTHONIC), "<=", 1.35, _PYTHONICS),
    (f"{_LONG}, 1 worker: last quarter", _growth(_ONE), "<=", 1.05, "of the second"),
    (f"{_LONG}, 2 workers: last quarter", _growth(_TWO), "<=", 1.05, "of the second"),
    ("cold start to the first answer", _start("cold_start_seconds", _PYTHONIC), "<=", 1, _PYTHONICS),
    ("cold start to the first answer", _start("cold_start_seconds"), "<=", 0.6, "s"),
    ("Node.js processes while native charts are served", _nodes, "<=", 0, ""),
    (
        "throughput of 2 workers, 100 objects, a caller each",
        _ratio("per_second", HUNDRED, _ONE, ours=_TWO, callers=2, its_callers=1),
        *(">=", 1.8, _ONES),
    ),
)
"""What is measured, and how; then what it may be at most or has to be at least, and what that is in."""


def checked(results: Results) -> Iterator[tuple[str, str, float, str]]:
    """Return each budget's name, its bar, what was measured, and whether it is held."""
    for name, measure, comparison, bar, unit in BUDGETS:
        value = measure(results)
        held = value <= bar if comparison == "<=" else value >= bar
        limit = f"{comparison} {bar:g} {unit}".strip()
        yield name, limit, value, "not measured" if math.isnan(value) else _WORDS[held]
