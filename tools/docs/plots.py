"""Draw the benchmark's figures, recorded in docs/reference/performance.md, as bars: bin/python tools/docs/plots.py."""

import html
import pathlib
import re

WORKSPACE = pathlib.Path(__file__).parents[2]
PERFORMANCE = WORKSPACE / "docs/reference/performance.md"

PLOTS = {
    # file: (title, what is measured, section of the page, column)
    "cost-unchanged": ("An unchanged reconcile", "CPU, ms", "An unchanged reconcile: 8 ConfigMaps", "CPU ms/request"),
    "cost-changed": (
        "A changed reconcile of 8 objects",
        "CPU, ms",
        "A changed reconcile: 8 ConfigMaps",
        "CPU ms/request",
    ),
    "cost-large": (
        "A changed reconcile of 100 objects",
        "CPU, ms",
        "A changed reconcile: 100 ConfigMaps, a caller each",
        "CPU ms/request",
    ),
    "cost-memory": (
        "20,000 changed reconciles",
        "largest memory, PSS MiB",
        "20,000 changed reconciles, as many callers as workers",
        "largest",
    ),
}

_WIDTH = 350
"""In pixels: a phone shows it whole."""

_HEAD = 62
"""The height of the two lines above the bars, in pixels: of one line some fonts would pass the edge."""

_STYLE = """text{font:14px system-ui,sans-serif;fill:#1b1f24}.title{font-weight:600}
.bar{fill:#8c959f}.own{fill:#3f51b5}.card{fill:#f6f8fa}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#8c9eff}.card{fill:#161b22}}"""


def table(section: str) -> tuple[list[str], list[list[str]]]:
    """Return the heading's cells and the rows of the first table of a section of the page."""
    _, _, text = PERFORMANCE.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    lines = re.findall(r"^\|(.*)\|$", text.partition("\n## ")[0], flags=re.MULTILINE)
    heading, _, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return heading, rows


def figures(section: str, column: str) -> dict[str, float]:
    """Return a column of a section's table, by the first cell of its rows: of a best round and a median, the median."""
    heading, rows = table(section)
    return {row[0]: float(row[heading.index(column)].rpartition("/")[2]) for row in rows}


def drawn(title: str, measured: str, section: str, column: str) -> str:
    """Return a plot as SVG."""
    found = figures(section, column)
    scale = 240 / max(found.values())
    bars: list[str] = []
    for number, (name, value) in enumerate(found.items()):
        y = _HEAD + 44 * number
        kind = "own" if name.startswith("function-cdk8s") else "bar"
        bars += [
            f'<text x="12" y="{y + 12}">{html.escape(name)}</text>',
            f'<rect class="{kind}" x="12" y="{y + 18}" width="{value * scale:.1f}" height="14" rx="2"/>',
            f'<text x="{value * scale + 20:.1f}" y="{y + 30}">{value:g}</text>',
        ]
    height = _HEAD + 44 * len(found) + 8
    shown = html.escape(title)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<title>{shown}: {html.escape(measured)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="card" width="{_WIDTH}" height="{height}" rx="6"/>',
            f'<text class="title" x="12" y="26">{shown}</text>',
            f'<text x="12" y="45">{html.escape(measured)}</text>',
            *bars,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    for name, plot in PLOTS.items():
        (WORKSPACE / f"docs/explanation/{name}.svg").write_text(drawn(*plot), encoding="utf-8")
