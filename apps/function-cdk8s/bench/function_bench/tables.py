"""The one writer of tables, in Markdown."""

import math
from collections.abc import Iterable, Iterator, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> Iterator[str]:
    """Return the lines of a table below its title: first a column of text, then figures."""
    if title:
        yield from (f"### {title}", "")
    yield f"| {' | '.join(headings)} |"
    yield f"|---|{'---:|' * (len(headings) - 1)}"
    yield from (f"| {' | '.join(map(_cell, row))} |" for row in rows)
    yield ""


def _cell(value: object) -> str:
    """Return what a cell says: a figure that is not whole has two digits, one that was not measured none."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
