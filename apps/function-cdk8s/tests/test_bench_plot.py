"""The benchmark's plot of the long run."""

import dataclasses
import math
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from function_bench import plot
from function_bench.figures import Block, Drive, Results, Sample, Soak
from function_bench.footprint import Footprint

DC = "{http://purl.org/dc/elements/1.1/}"
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


def lines(results: Results) -> list[list[tuple[str, str, Any]]]:
    """Return the colour, the style and the points of each line, by diagram."""
    return [
        [
            (str(line.get_color()), str(line.get_linestyle()), np.asarray(line.get_xydata()).tolist())
            for line in axes.get_lines()
        ]
        for axes in plot.figure(results).axes
    ]


def test_memory_and_latency_of_each_contender_are_lines() -> None:
    blue, red = "#0969da", "#cf222e"

    assert lines(RESULTS) == [
        [(blue, "-", [[1000, 200], [2000, 200]]), (red, "-", [[1000, 200], [2000, 800]])],
        [
            (blue, "-", [[1000, 8], [2000, 8]]),
            (blue, "--", [[1000, 16], [2000, 32]]),
            (red, "-", [[1000, 8], [2000, 16]]),
            (red, "--", [[1000, 16], [2000, 64]]),
        ],
    ]
    memory, latency = plot.figure(RESULTS).axes
    assert (memory.get_yscale(), memory.get_ylim()[0], latency.get_yscale()) == ("linear", 0, "log")


def test_what_is_drawn_is_named() -> None:
    root = ET.fromstring(plot.svg(RESULTS))

    assert root.findtext(f".//{DC}title") == "Memory and latency over 2,000 changed reconciles"
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert texts >= {
        "function-cdk8s, 1 worker",
        "naive <in-process> cdk8s",
        "Resident memory of all processes, MiB",
        "Latency by thousands, ms: p50 solid, p99 dashed",
        "changed reconciles",
        *("0", "200", "400", "600", "800"),
        *("8", "16", "32", "64"),
        *("500", "1,000", "1,500", "2,000"),
    }


def test_the_same_results_make_the_same_picture() -> None:
    assert plot.svg(RESULTS) == plot.svg(dataclasses.replace(RESULTS))


def test_figures_of_any_size_have_a_scale() -> None:
    for size in (0.003, 1.0, 7.0, 999.0, 12_345.0):
        results = dataclasses.replace(RESULTS, soaks={"naive": soak((size, size, size))})
        ET.fromstring(plot.svg(results))
        for axes in plot.figure(results).axes:
            low, high = axes.get_ylim()
            assert math.isfinite(low)
            assert low <= size <= high < math.inf
