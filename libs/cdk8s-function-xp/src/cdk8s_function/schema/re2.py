r"""Find what the API server's regular expressions lack in a pattern.

A pattern of a model is read twice: by pydantic, with Rust's regex crate or
Python's `re`, and by the API server, with Go's `regexp`, whose syntax is RE2's
(https://github.com/google/re2/wiki/Syntax). A pattern only pydantic can read
makes the whole definition invalid when it is applied; one they read differently
is worse. Both are found here, where the error can still name the field.

This finds what is valid elsewhere and not in RE2; pydantic checks whether a
pattern is well formed.
"""

import re

_TOKEN = re.compile(
    r"""
      (?P<escape> \\(?: [pP](?:\{[^}]*\}|\w) | x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2}) | . ) )
    | (?P<set> \[\^?\]?(?: \[:\^?\w+:\] | \\. | [^\]\\] )*\] )
    | (?P<group> \((?: \?(?: P?<\w+> | [imsU]*(?:-[imsU]+)?[:)] | P?<?[^\w\s] | \w+ ) )? )
    | (?P<repeat> (?: [*+?] | \{(?:\d+(?:,\d*)?|,\d+)\} )\?? )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_RE2_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?[:)]))?")
_RE2_ESCAPES = frozenset("AbBzdDsSwWpPxaftnrv0")
_RE2_SET_ESCAPES = _RE2_ESCAPES - frozenset("AbBz")
_SET_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SET_OPERATION = re.compile(r"&&|--|~~|\[(?!:)")
_MAX_REPEAT = 1000
"""The most repeats Go's regexp takes (https://pkg.go.dev/regexp/syntax)."""

_GROUPS = {
    "(?=": "lookahead",
    "(?!": "lookahead",
    "(?<=": "lookbehind",
    "(?<!": "lookbehind",
    "(?P=": "a back-reference",
    "(?>": "an atomic group",
    "(?(": "a conditional",
    "(?#": "a comment",
}


def lacks(pattern: str) -> str | None:
    """Return the first thing in a pattern that RE2 lacks, None if RE2 takes it all.

    Args:
        pattern: A pattern pydantic takes.
    """
    repeated = False
    for token in _TOKEN.finditer(pattern):
        text = token.group()
        fault = None
        match token.lastgroup:
            case "escape":
                fault = _escape(text)
            case "set":
                fault = _set(text)
            case "group":
                fault = None if _RE2_GROUP.fullmatch(text) else f"{_GROUPS.get(text, 'the group')} {text!r}"
            case "repeat":
                fault = f"a repeat of a repeat {text!r}" if repeated else _repeat(text)
            case _:
                pass
        if fault:
            return fault
        repeated = token.lastgroup == "repeat"
    return None


def _escape(text: str) -> str | None:
    letter = text[1]
    if letter in "pP" and "=" in text:
        return f"the property {text!r}"
    if letter in "123456789":
        return f"a back-reference {text!r}"
    return None if _known(letter, _RE2_ESCAPES) else f"the escape {text!r}"


def _set(text: str) -> str | None:
    if operation := _SET_OPERATION.search(_SET_ESCAPE.sub("", text[1:])):
        return f"the set operation {operation.group()!r}"
    for escape in _SET_ESCAPE.finditer(text):
        if not _known(escape.group(1), _RE2_SET_ESCAPES):
            return f"the escape {escape.group()!r}"
    return None


def _known(letter: str, escapes: frozenset[str]) -> bool:
    return letter in escapes if letter.isalnum() else letter.isascii()


def _repeat(text: str) -> str | None:
    if text.startswith("{,"):
        return f"an open lower bound {text!r}"
    if any(int(count) > _MAX_REPEAT for count in re.findall(r"\d+", text)):
        return f"more than {_MAX_REPEAT} repeats {text!r}"
    return None
