"""The benchmark's plot of the long run."""

import dataclasses
import math
import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from function_bench import plot
from function_bench.processes import Footprint
from function_bench.results import Block, Drive, LongRun, Results

DC = "{http://purl.org/dc/elements/1.1/}"
SVG = "{http://www.w3.org/2000/svg}"


def soak(contender: str, *thousands: tuple[float, float, float]) -> LongRun:
    """Return a long run of thousands with a p50, a p99 and a memory each."""
    blocks = [
        Block(drive=drive(contender, p50_ms=p50_ms, p99_ms=p99_ms), largest=footprint(rss_mib), replaced=0)
        for p50_ms, p99_ms, rss_mib in thousands
    ]
    return LongRun(contender=contender, reconcile="changed", warm=footprint(80), blocks=blocks)


def footprint(rss_mib: float) -> Footprint:
    return Footprint(processes=3, children=[2], rss_mib=rss_mib, pss_mib=80)


def drive(contender: str, *, p50_ms: float, p99_ms: float) -> Drive:
    return Drive(
        contender=contender,
        workload="eight-config-maps",
        changed=True,
        callers=1,
        count=1000,
        seconds=10,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        cpu_ms=1,
        others_cpu=0,
        memory=footprint(80),
        faults={},
    )


RESULTS = Results(
    machine={},
    settings={"soak": 2000},
    titles={"function-cdk8s-1": "function-cdk8s, 1 worker", "naive": "naive <in-process> cdk8s"},
    soaks=[
        soak("function-cdk8s-1", (8, 16, 200), (8, 32, 200)),
        soak("naive", (8, 16, 200), (16, 64, 800)),
    ],
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
        results = dataclasses.replace(RESULTS, soaks=[soak("naive", (size, size, size))])
        ET.fromstring(plot.svg(results))
        for axes in plot.figure(results).axes:
            low, high = axes.get_ylim()
            assert math.isfinite(low)
            assert low <= size <= high < math.inf


def luminance(colour: str) -> float:
    """Return a colour's relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("scheme", "page"), [("light", "#ffffff"), ("dark", "#0d1117")])
def test_all_that_is_drawn_can_be_seen_on_a_light_and_on_a_dark_page(scheme: str, page: str) -> None:
    text = plot.svg(RESULTS)
    style = "".join(element.text or "" for element in ET.fromstring(text).iter(f"{SVG}style"))
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", {"light": light, "dark": dark}[scheme]))

    drawn = text.replace(style, "")
    used = set(re.findall(r"var\(--([\w-]+)\)", drawn))
    assert used == {"ink", "function-cdk8s-1", "naive"}
    assert all("var(--ink)" in element.get("style", "") for element in ET.fromstring(text).iter(f"{SVG}text"))
    # Whatever has a colour of its own, a background too, would be the same on both pages.
    assert re.findall(r"#[0-9a-fA-F]{3,6}(?=[;\"])|\b(?:white|black)\b", drawn) == []
    for name in used:
        dimmer, brighter = sorted((luminance(colours[name]), luminance(page)))
        assert (brighter + 0.05) / (dimmer + 0.05) >= (4.5 if name == "ink" else 3), name
