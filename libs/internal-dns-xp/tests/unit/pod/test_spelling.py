"""Names as external-dns compares them. An integration test compares all letters with external-dns' own mapping."""

import pytest
from internal_dns.pod import spelling


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("web.example.org.", "web.example.org."),
        ("*.Apps.example.org", "*.apps.example.org"),
        ("_a-b.example.org", "_a-b.example.org"),
        (r"w\eb", r"w\eb"),
        ("\uff37\uff45\uff42\uff0eexample\u3002org", "web.example.org"),
        ("w\u00ade\u2064b", "web"),
        ("\u24e6\U0001f134b", "web"),
        ("stra\u00dfe", "strasse"),
        ("B\u00fccher.org", "xn--bcher-kva.org"),
        ("xn--bcher-kva.org", "xn--bcher-kva.org"),
        ("XN--web-.org", "web.org"),
        ("xn--zzzzzzzzzzzz", "xn--zzzzzzzzzzzz"),
        ("xn--xn--web--", None),
        ("a\u2024b", None),
        ("\u2488b", None),
        ("a\u1806b", None),
        ("\u04c0", None),
        ("\U0001f600", None),
        ("\u00fc" * 64, None),
    ],
)
def test_the_usual_spelling(name: str, usual: str | None) -> None:
    assert spelling.usual(name) == usual
