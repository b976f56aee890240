"""Plain aligned tables, wrapped to the width of a terminal or not wrapped."""

import textwrap
from collections.abc import Iterator, Sequence

from cdk8s_function import printable

_GAP = "  "
_LAST_COLUMN = 24
"""The last column's minimum width, in characters. If there is less room, rows become paragraphs."""

_CELL = 4000
"""The most characters of a cell that are shown: the limit of a condition's message (server/call.py)."""


def lines(headings: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None) -> Iterator[str]:
    """Return a table's lines.

    The text of the last column is wrapped. If the last column would be too narrow,
    each row becomes a paragraph: the first cell, and the others indented below it.

    Args:
        headings: The columns' headings.
        rows: The rows, a cell for each heading.
        width: The most characters of a line; None for no limit.
    """
    table = [[printable.line(cell, limit=_CELL) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    taken = sum(widths) + len(_GAP) * len(widths)
    if width is not None and width - taken < min(_LAST_COLUMN, max(len(row[-1]) for row in table)):
        yield table[0][0]
        for first, *others, last in table[1:]:
            yield from wrapped(first, width)
            yield from wrapped(_GAP.join(others), width, indent=_GAP)
            yield from wrapped(last, width, indent=_GAP)
        return
    for *cells, last in table:
        before = "".join(cell.ljust(size) + _GAP for cell, size in zip(cells, widths, strict=True))
        first, *more = list(wrapped(last, None if width is None else width - taken)) or [""]
        yield f"{before}{first}".rstrip()
        yield from (" " * taken + line for line in more)


def wrapped(text: str, width: int | None, *, indent: str = "") -> Iterator[str]:
    """Return a text's lines, wrapped between words; none for an empty text.

    Args:
        text: The text, of one line.
        width: The most characters of a line; None for no limit. A longer word gets a line of its own.
        indent: What each line begins with.
    """
    if width is None:
        yield from [f"{indent}{text}"] if text else []
        return
    yield from textwrap.wrap(
        text,
        width=max(width, len(indent) + 1),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
