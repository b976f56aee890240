"""What of a pattern RE2 lacks: each result here is also that of Go 1.26's regexp.Compile, unless it says otherwise."""

import pytest
from cdk8s_function.schema import re2

TAKEN = [
    "",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    r"^\d{1,3}(\.\d{1,3}){3}$",
    r"^(?P<major>\d+)\.(?<minor>\d+)$",
    r"(?i:yes|no)|(?s-m:on)",
    r"[[:alpha:]_]+?[^\]\\/]*",
    r"[]a]",
    r"\pL\p{Greek}\x41\x{1F600}\t\/\-\_\.",
    r"a{2}?b{,}c{}d{",
    r"a{1000}",
    r"\(?=",
    r"[(?=)]",
]

REFUSED = {
    r"^(?!kube-)": "lookahead '(?!'",
    r"a(?=b)": "lookahead '(?='",
    r"(?<=a)b": "lookbehind '(?<='",
    r"(?<!a)b": "lookbehind '(?<!'",
    r"(a)\1": r"a back-reference '\\1'",
    r"(?P<a>x)(?P=a)": "a back-reference '(?P='",
    r"(?>a)": "an atomic group '(?>'",
    r"(a)?(?(1)b)": "a conditional '(?('",
    r"a(?#b)": "a comment '(?#'",
    r"(?x) a": "the group '(?x'",
    r"a*+": "a repeat of a repeat '+'",
    r"a{2}{3}": "a repeat of a repeat '{3}'",
    r"a{1001}": "more than 1000 repeats '{1001}'",
    r"a\Z": r"the escape '\\Z'",
    r"\u0041": r"the escape '\\u'",
    r"[\b]": r"the escape '\\b'",
    r"\p{scx=Greek}": r"the property '\\p{scx=Greek}'",
}

READ_DIFFERENTLY = {
    r"a{,3}": "an open lower bound '{,3}'",
    r"[a-z&&[^b]]": "the set operation '&&'",
    r"[a-z--b]": "the set operation '--'",
    r"[[a-z]_]": "the set operation '['",
}
"""Go compiles these and takes them for something else than Rust's regex crate."""


@pytest.mark.parametrize("pattern", TAKEN)
def test_re2_takes(pattern: str) -> None:
    assert re2.lacks(pattern) is None


@pytest.mark.parametrize(("pattern", "lacking"), [*REFUSED.items(), *READ_DIFFERENTLY.items()])
def test_re2_lacks(pattern: str, lacking: str) -> None:
    assert re2.lacks(pattern) == lacking
