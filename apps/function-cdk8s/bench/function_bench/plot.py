"""The long run as a picture: memory and latency over the reconciles, all contenders in one."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from function_bench.figures import Results, Soak

_WIDTH, _LEFT, _RIGHT = 900, 64, 32
_TOP, _PANEL, _BETWEEN, _BOTTOM = 56, 220, 56, 44
_HEIGHT = _TOP + 2 * _PANEL + _BETWEEN + _BOTTOM
_COLOURS = {
    "function-cdk8s-1": ("#0969da", "#58a6ff"),
    "function-cdk8s-2": ("#8250df", "#bc8cff"),
    "naive": ("#cf222e", "#ff7b72"),
    "function-pythonic": ("#7d8590", "#8b949e"),
}
"""By contender, on a light page and on a dark one."""

_Points = Sequence[tuple[float, float]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Panel:
    """One of the two diagrams."""

    title: str  # What is above it.
    lines: Sequence[tuple[str, _Points, bool]]  # Lines by contender: points of reconciles and figures, solid or dashed.
    ticks: Sequence[float]  # The figures that are named, from the lowest to the highest.
    place: Callable[[float], float]  # Where a figure is between the lowest, 0, and the highest, 1.


def svg(results: Results) -> str:
    """Return the picture of a run's long run as SVG."""
    soaks = results.soaks
    root = ET.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", width=f"{_WIDTH}", role="img"
    )
    count = max(sum(block.drive.count for block in soak.blocks) for soak in soaks.values())
    ET.SubElement(root, "title").text = f"Memory and latency over {count:,} changed reconciles"
    ET.SubElement(root, "style").text = _style(soaks)
    _legend(root, {name: results.titles[name] for name in soaks})
    for number, panel in enumerate((_memory(soaks), _latency(soaks))):
        _draw(root, panel, top=_TOP + number * (_PANEL + _BETWEEN), count=count)
    _text(root, (_WIDTH + _LEFT) / 2, _HEIGHT - 8, "changed reconciles", anchor="middle")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _memory(soaks: Mapping[str, Soak]) -> Panel:
    lines = [
        (name, [(sample.reconciles, sample.rss_mib) for sample in soak.samples], False) for name, soak in soaks.items()
    ]
    ticks = _round_steps(max(value for _, points, _ in lines for _, value in points))
    return Panel(
        title="Resident memory of all processes, MiB", lines=lines, ticks=ticks, place=lambda value: value / ticks[-1]
    )


def _latency(soaks: Mapping[str, Soak]) -> Panel:
    lines: list[tuple[str, _Points, bool]] = []
    for name, soak in soaks.items():
        ends = _ends(soak)
        lines.append((name, [(end, block.drive.p50_ms) for end, block in zip(ends, soak.blocks, strict=True)], False))
        lines.append((name, [(end, block.drive.p99_ms) for end, block in zip(ends, soak.blocks, strict=True)], True))
    values = [value for _, points, _ in lines for _, value in points]
    ticks = _doubling_steps(min(values), max(values))
    span = math.log(ticks[-1] / ticks[0])
    return Panel(
        title="Latency by thousands, ms: p50 solid, p99 dashed",
        lines=lines,
        ticks=ticks,
        place=lambda value: math.log(value / ticks[0]) / span,
    )


def _ends(soak: Soak) -> list[int]:
    ends: list[int] = []
    for block in soak.blocks:
        ends.append((ends[-1] if ends else 0) + block.drive.count)
    return ends


def _round_steps(highest: float) -> list[float]:
    """Return at most seven multiples of a round number, from 0 to the highest figure or beyond."""
    power = 10.0 ** math.floor(math.log10(highest)) / 10
    step = next(factor * power for factor in (1, 2, 5, 10, 20, 50, 100) if factor * power * 6 >= highest)
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def _doubling_steps(lowest: float, highest: float) -> list[float]:
    """Return figures that double, from the lowest or below it to the highest or beyond."""
    first, last = math.floor(math.log2(lowest)), math.ceil(math.log2(highest))
    return [2.0**power for power in range(first, max(last, first + 1) + 1)]


def _draw(root: ET.Element, panel: Panel, *, top: int, count: int) -> None:
    def x(reconciles: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * reconciles / count, 1)

    def y(value: float) -> float:
        return round(top + _PANEL * (1 - panel.place(value)), 1)

    _text(root, _LEFT, top - 10, panel.title, anchor="start")
    for tick in panel.ticks:
        _line(root, [(_LEFT, y(tick)), (_WIDTH - _RIGHT, y(tick))], "grid")
        _text(root, _LEFT - 8, y(tick) + 4, f"{tick:,g}", anchor="end")
    for tick in _round_steps(count):
        if tick <= count:
            _text(root, x(tick), top + _PANEL + 18, f"{tick:,g}", anchor="middle")
    for name, points, dashed in panel.lines:
        _line(root, [(x(reconciles), y(value)) for reconciles, value in points], f"{name} dashed" if dashed else name)


def _legend(root: ET.Element, titles: Mapping[str, str]) -> None:
    for number, (name, title) in enumerate(titles.items()):
        left = _LEFT + number * (_WIDTH - _LEFT) / len(_COLOURS)
        _line(root, [(left, 16), (left + 20, 16)], name)
        _text(root, left + 26, 20, title, anchor="start")


def _line(root: ET.Element, points: _Points, classes: str) -> None:
    ET.SubElement(root, "polyline", {"class": classes, "points": " ".join(f"{x:g},{y:g}" for x, y in points)})


def _text(root: ET.Element, x: float, y: float, text: str, *, anchor: str) -> None:
    ET.SubElement(root, "text", {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}).text = text


def _style(soaks: Mapping[str, Soak]) -> str:
    return "\n".join(["", *_rules(soaks)])


def _rules(soaks: Mapping[str, Soak]) -> Iterator[str]:
    yield "text { font: 13px system-ui, sans-serif; fill: #1f2328 }"
    yield "polyline { fill: none; stroke-width: 2; stroke-linejoin: round }"
    yield ".grid { stroke: #7d8590; stroke-width: 1; stroke-opacity: 0.3 }"
    yield ".dashed { stroke-dasharray: 5 4; stroke-width: 1.5 }"
    yield from (f".{name} {{ stroke: {_COLOURS[name][0]} }}" for name in soaks)
    yield "@media (prefers-color-scheme: dark) {"
    yield "text { fill: #e6edf3 }"
    yield from (f".{name} {{ stroke: {_COLOURS[name][1]} }}" for name in soaks)
    yield "}"
