"""The benchmark's plot of the long run."""

import dataclasses
import math
from xml.etree import ElementTree as ET

from function_bench import plot
from function_bench.figures import Block, Drive, Results, Sample, Soak
from function_bench.footprint import Footprint

SVG = "{http://www.w3.org/2000/svg}"
SMALL = Footprint(processes=3, children=1, rss_mib=100, pss_mib=80)


def soak(*thousands: tuple[float, float, float]) -> Soak:
    """Return a long run of thousands with a p50, a p99 and a memory each."""
    blocks = [
        Block(drive=drive(p50_ms=p50_ms, p99_ms=p99_ms), end=SMALL, largest=SMALL, replaced=0)
        for p50_ms, p99_ms, _ in thousands
    ]
    samples = [
        Sample(reconciles=1000 * (place + 1), rss_mib=rss_mib, pss_mib=0)
        for place, (_, _, rss_mib) in enumerate(thousands)
    ]
    return Soak(warm=SMALL, blocks=blocks, samples=samples)


def drive(*, p50_ms: float, p99_ms: float) -> Drive:
    return Drive(
        workload="eight-config-maps",
        changed=True,
        callers=1,
        count=1000,
        seconds=10,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        cpu_ms=1,
        others_cpu=0,
        stolen_cpu=0,
        faults={},
    )


RESULTS = Results(
    machine={},
    settings={"soak": 2000},
    versions={},
    titles={"function-cdk8s-1": "function-cdk8s, 1 worker", "naive": "naive <in-process> cdk8s"},
    soaks={
        "function-cdk8s-1": soak((8, 16, 200), (8, 32, 200)),
        "naive": soak((8, 16, 200), (16, 64, 800)),
    },
)


def test_memory_and_latency_of_each_contender_are_lines_to_scale() -> None:
    root = ET.fromstring(plot.svg(RESULTS))
    left, right = 64, 868
    middle = (left + right) / 2
    memory = {"200": 221, "800": 56}  # Of 56 to 276, which is 800 to 0 MiB.
    latency = {"8": 552, "16": 478.7, "32": 405.3, "64": 332}

    drawn = [
        (line.get("class"), line.get("points")) for line in root.iter(f"{SVG}polyline") if line.get("class") != "grid"
    ]

    def line(*ends: float) -> str:
        return " ".join(f"{x:g},{y:g}" for x, y in zip((middle, right), ends, strict=True))

    legend = ("64,16 84,16", "273,16 293,16")
    assert drawn == [
        ("function-cdk8s-1", legend[0]),
        ("naive", legend[1]),
        ("function-cdk8s-1", line(memory["200"], memory["200"])),
        ("naive", line(memory["200"], memory["800"])),
        ("function-cdk8s-1", line(latency["8"], latency["8"])),
        ("function-cdk8s-1 dashed", line(latency["16"], latency["32"])),
        ("naive", line(latency["8"], latency["16"])),
        ("naive dashed", line(latency["16"], latency["64"])),
    ]


def test_what_is_drawn_is_named() -> None:
    root = ET.fromstring(plot.svg(RESULTS))

    assert root.findtext(f"{SVG}title") == "Memory and latency over 2,000 changed reconciles"
    assert [text.text for text in root.iter(f"{SVG}text")] == [
        "function-cdk8s, 1 worker",
        "naive <in-process> cdk8s",
        "Resident memory of all processes, MiB",
        *("0", "200", "400", "600", "800"),
        *("0", "500", "1,000", "1,500", "2,000"),
        "Latency by thousands, ms: p50 solid, p99 dashed",
        *("8", "16", "32", "64"),
        *("0", "500", "1,000", "1,500", "2,000"),
        "changed reconciles",
    ]


def test_the_same_results_make_the_same_picture() -> None:
    assert plot.svg(RESULTS) == plot.svg(dataclasses.replace(RESULTS))


def test_figures_of_any_size_have_a_scale() -> None:
    for size in (0.003, 1.0, 7.0, 999.0, 12_345.0):
        results = dataclasses.replace(RESULTS, soaks={"naive": soak((size, size, size))})
        root = ET.fromstring(plot.svg(results))
        points = [point for line in root.iter(f"{SVG}polyline") for point in (line.get("points") or "").split()]
        assert all(math.isfinite(float(number)) for point in points for number in point.split(","))
        assert all(0 <= float(point.split(",")[1]) <= 596 for point in points)
