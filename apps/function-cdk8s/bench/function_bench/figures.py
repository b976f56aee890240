"""The figures of a run, as they stand in its JSON."""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from function_bench.footprint import Footprint


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drive:
    """One closed loop of requests."""

    workload: str  # What was composed.
    changed: bool  # Whether each reconcile had something new.
    callers: int  # How many requests were on their way at a time.
    count: int  # How many requests were sent.
    seconds: float  # How long all took.
    p50_ms: float  # The median latency.
    p99_ms: float  # The latency that one request in a hundred exceeded.
    cpu_ms: float  # CPU time of the server's processes by request.
    others_cpu: float  # CPU that neither server nor benchmark used, in processors.
    stolen_cpu: float  # CPU that the machine's host kept from it, in processors.
    faults: dict[str, int]  # What went wrong, and how often.

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return self.count / self.seconds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Round:
    """One contender in one round: a fresh server alone, and another beside those of the other contenders."""

    cold_start_seconds: float  # From the start of the first one's process to its first right answer.
    warm: Footprint  # Its memory once every XR has been composed once.
    used: Footprint  # Its memory after one loop of changed reconciles.
    drives: list[Drive]  # The other one's loops, in order.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """A thousand requests of a soak."""

    drive: Drive  # The loop.
    end: Footprint  # The memory at its end.
    largest: Footprint  # The largest memory seen while it ran.
    replaced: int  # Workers replaced so far.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """The memory at one moment of a soak."""

    reconciles: int  # About how many requests were answered by then.
    rss_mib: float  # Resident memory, see `footprint`.
    pss_mib: float  # The same with shared pages divided.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Soak:
    """A long run of one contender."""

    warm: Footprint  # Its memory once every XR has been composed once.
    blocks: list[Block]  # The run, in thousands of requests.
    samples: list[Sample]  # Its memory over the run, every second.

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        drives = [block.drive for block in self.blocks]
        return sum(drive.count for drive in drives) / sum(drive.seconds for drive in drives)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pass:
    """One reconcile of each XR of many."""

    reconcile: str  # What sort: first, changed or unchanged.
    drives: list[Drive]  # The loops, a hundred XRs each, in the order of the XRs.
    largest: Footprint  # The largest memory seen meanwhile.
    hits: float | None  # The share of them that the function answered from its cache; None where it has none.
    cache_mib: float | None  # The memory of the answers it keeps, at the end; None where it keeps none.


@dataclasses.dataclass(kw_only=True)
class Results:
    """All that was measured in one run."""

    machine: dict[str, str]  # What it was measured on.
    settings: dict[str, int]  # How much was measured.
    versions: dict[str, dict[str, str]]  # Versions by contender.
    titles: dict[str, str]  # What people call each contender.
    rounds: dict[str, list[Round]] = dataclasses.field(default_factory=dict[str, list[Round]])
    soaks: dict[str, Soak] = dataclasses.field(default_factory=dict[str, Soak])  # The long run of each contender.
    scales: dict[str, list[Pass]] = dataclasses.field(default_factory=dict[str, list[Pass]])
    steps: dict[str, list[Round]] = dataclasses.field(default_factory=dict[str, list[Round]])
    missing: dict[str, str] = dataclasses.field(default_factory=dict[str, str])  # Why a contender was not measured.

    def drives(self, contender: str, workload: str, *, changed: bool, callers: int) -> list[Drive]:
        """Return a contender's loops of one sort, a round each."""
        return drives_of(self.rounds.get(contender, []), workload, changed=changed, callers=callers)


def drives_of(turns: Sequence[Round], workload: str, *, changed: bool, callers: int) -> list[Drive]:
    """Return the loops of one sort in some turns."""
    return [
        drive
        for turn in turns
        for drive in turn.drives
        if (drive.workload, drive.changed, drive.callers) == (workload, changed, callers)
    ]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    ranked = sorted(values)
    return ranked[math.ceil(len(ranked) * percent / 100) - 1]


def median(values: Sequence[float]) -> float:
    """Return the median, NaN where there is nothing."""
    return statistics.median(values) if values else math.nan
