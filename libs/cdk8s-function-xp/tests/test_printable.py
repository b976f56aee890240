"""A text from outside takes one line, and no more of it than it may."""

import pytest
from cdk8s_function import printable


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("plain “text” …", "plain “text” …"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("x" * 100, "x" * 20 + "…"),
    ],
)
def test_a_text_is_one_bounded_line(text: str, want: str) -> None:
    assert printable.line(text, limit=20) == want
