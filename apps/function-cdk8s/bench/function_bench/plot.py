"""The long run as a picture, on a light and on a dark page: memory and latency over the reconciles."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves some keyword arguments untyped.

import io
import itertools
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from function_bench.results import Results

_COLOURS = {
    "ink": ("#1f2328", "#e6edf3"),
    "function-cdk8s-1": ("#0969da", "#58a6ff"),
    "function-cdk8s-2": ("#8250df", "#bc8cff"),
    "function-cdk8s-node": ("#1a7f37", "#3fb950"),
    "naive": ("#cf222e", "#ff7b72"),
    "function-pythonic": ("#9a6700", "#d29922"),
}
"""Each on a light page and on a dark one."""

_INK: dict[Any, Any] = dict.fromkeys(
    ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"), _COLOURS["ink"][0]
)


def figure(results: Results) -> Figure:
    """Return the picture of a run's long run, of which there must be one."""
    with mpl.rc_context(_INK):
        drawn = Figure(figsize=(9, 6.5), layout="constrained")
        memory, latency = drawn.subplots(2, 1, sharex=True)
    for run in results.soaks:
        colour, _ = _COLOURS[run.contender]
        ends = list(itertools.accumulate(block.drive.count for block in run.blocks))
        memory.plot(
            ends, [block.largest.rss_mib for block in run.blocks], color=colour, label=results.titles[run.contender]
        )
        latency.plot(ends, [block.drive.p50_ms for block in run.blocks], color=colour)
        latency.plot(ends, [block.drive.p99_ms for block in run.blocks], color=colour, linestyle="dashed")
    memory.set_title("Resident memory of all processes, MiB", loc="left")
    memory.set_ylim(bottom=0)
    latency.set_title("Latency by thousands, ms: p50 solid, p99 dashed", loc="left")
    latency.set_yscale("log", base=2)
    latency.yaxis.set_major_formatter("{x:g}")
    latency.set_xlabel("changed reconciles")
    latency.set_xlim(left=0)
    latency.xaxis.set_major_formatter("{x:,g}")
    for axes in (memory, latency):
        axes.grid(alpha=0.3)
    drawn.legend(loc="outside upper center", ncols=3, frameon=False)
    return drawn


def svg(results: Results) -> str:
    """Return that picture as SVG; the same results make the same bytes."""
    count = max(sum(block.drive.count for block in run.blocks) for run in results.soaks)
    metadata = {"Date": None, "Creator": None, "Title": f"Memory and latency over {count:,} changed reconciles"}
    written = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "function-bench", "svg.fonttype": "none", **_INK}):
        figure(results).savefig(written, format="svg", metadata=metadata, transparent=True)
    text = written.getvalue()
    for name, (light, _) in _COLOURS.items():
        text = text.replace(light, f"var(--{name})")
    light, dark = ("".join(f"--{name}: {pair[scheme]}; " for name, pair in _COLOURS.items()) for scheme in range(2))
    style = f"svg {{ {light}}}\n@media (prefers-color-scheme: dark) {{ svg {{ {dark}}} }}\n"
    return text.replace('<style type="text/css">', f'<style type="text/css">{style}', 1)
