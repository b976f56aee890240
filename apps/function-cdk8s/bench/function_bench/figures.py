"""The figures of a run, as they stand in its JSON."""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from function_bench.footprint import Footprint


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drive:
    """One closed loop of requests.

    Attributes:
        workload: What was composed.
        changed: Whether each reconcile had something new.
        callers: How many requests were on their way at a time.
        count: How many requests were sent.
        seconds: How long all took.
        p50_ms: The median latency.
        p99_ms: The latency that one request in a hundred exceeded.
        cpu_ms: CPU time of the server's processes by request.
        others_cpu: CPU that neither server nor benchmark used, in processors.
        stolen_cpu: CPU that the machine's host kept from it, in processors.
        faults: What went wrong, and how often.
    """

    workload: str
    changed: bool
    callers: int
    count: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    others_cpu: float
    stolen_cpu: float
    faults: dict[str, int]

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return self.count / self.seconds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Round:
    """One contender in one round: a fresh server alone, and another beside those of the other contenders.

    Attributes:
        cold_start_seconds: From the start of the first one's process to its first right answer.
        warm: Its memory once every XR has been composed once.
        used: Its memory after one loop of changed reconciles.
        drives: The other one's loops, in order.
    """

    cold_start_seconds: float
    warm: Footprint
    used: Footprint
    drives: list[Drive]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """A thousand requests of a soak.

    Attributes:
        drive: The loop.
        end: The memory at its end.
        largest: The largest memory seen while it ran.
        replaced: Workers replaced so far.
    """

    drive: Drive
    end: Footprint
    largest: Footprint
    replaced: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """The memory at one moment of a soak.

    Attributes:
        reconciles: About how many requests were answered by then.
        rss_mib: Resident memory, see `footprint`.
        pss_mib: The same with shared pages divided.
    """

    reconciles: int
    rss_mib: float
    pss_mib: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Soak:
    """A long run of one contender.

    Attributes:
        warm: Its memory once every XR has been composed once.
        blocks: The run, in thousands of requests.
        samples: Its memory over the run, every second.
    """

    warm: Footprint
    blocks: list[Block]
    samples: list[Sample]

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        drives = [block.drive for block in self.blocks]
        return sum(drive.count for drive in drives) / sum(drive.seconds for drive in drives)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pass:
    """One reconcile of each XR of many.

    Attributes:
        reconcile: What sort: first, changed or unchanged.
        drives: The loops, a hundred XRs each, in the order of the XRs.
        largest: The largest memory seen meanwhile.
        hits: The share of them that the function answered from its cache; None where it has none.
        cache_mib: The memory of the answers it keeps, at the end; None where it keeps none.
    """

    reconcile: str
    drives: list[Drive]
    largest: Footprint
    hits: float | None
    cache_mib: float | None


@dataclasses.dataclass(kw_only=True)
class Results:
    """All that was measured in one run.

    Attributes:
        machine: What it was measured on.
        settings: How much was measured.
        versions: Versions by contender.
        titles: What people call each contender.
        rounds: The rounds of each contender.
        soaks: The long run of each contender.
        scales: What many XRs cost each contender.
        steps: The rounds of function-cdk8s without one of its steps each, by what there was before.
        missing: Why a contender was not measured.
    """

    machine: dict[str, str]
    settings: dict[str, int]
    versions: dict[str, dict[str, str]]
    titles: dict[str, str]
    rounds: dict[str, list[Round]] = dataclasses.field(default_factory=dict[str, list[Round]])
    soaks: dict[str, Soak] = dataclasses.field(default_factory=dict[str, Soak])
    scales: dict[str, list[Pass]] = dataclasses.field(default_factory=dict[str, list[Pass]])
    steps: dict[str, list[Round]] = dataclasses.field(default_factory=dict[str, list[Round]])
    missing: dict[str, str] = dataclasses.field(default_factory=dict[str, str])

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
