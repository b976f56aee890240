"""The long run as a picture: memory and latency over the reconciles, all contenders in one."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves some keyword arguments untyped.

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from function_bench.figures import Results

_COLOURS = {
    "function-cdk8s-1": "#0969da",
    "function-cdk8s-2": "#8250df",
    "naive": "#cf222e",
    "function-pythonic": "#7d8590",
}


def figure(results: Results) -> Figure:
    """Return the picture of a run's long run, of which there must be one."""
    drawn = Figure(figsize=(9, 6.5), layout="constrained")
    memory, latency = drawn.subplots(2, 1, sharex=True)
    for name, soak in results.soaks.items():
        colour = _COLOURS[name]
        ends = [sum(block.drive.count for block in soak.blocks[: place + 1]) for place in range(len(soak.blocks))]
        seen = [(sample.reconciles, sample.rss_mib) for sample in soak.samples]
        memory.plot(*zip(*seen, strict=True), color=colour, label=results.titles[name])
        latency.plot(ends, [block.drive.p50_ms for block in soak.blocks], color=colour)
        latency.plot(ends, [block.drive.p99_ms for block in soak.blocks], color=colour, linestyle="dashed")
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
    drawn.legend(loc="outside upper center", ncols=len(_COLOURS), frameon=False)
    return drawn


def svg(results: Results) -> str:
    """Return that picture as SVG; the same results make the same bytes."""
    count = max(sum(block.drive.count for block in soak.blocks) for soak in results.soaks.values())
    metadata = {"Date": None, "Creator": None, "Title": f"Memory and latency over {count:,} changed reconciles"}
    written = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "function-bench", "svg.fonttype": "none"}):
        figure(results).savefig(written, format="svg", metadata=metadata)
    return written.getvalue()
