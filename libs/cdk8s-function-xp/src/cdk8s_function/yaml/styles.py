"""How a string is written in YAML: plain, in quotes or as a block, and what is escaped.

The choices of go.yaml.in/yaml/v2 v2.4.4: encode.go wants a style, and
yaml_emitter_analyze_scalar and yaml_emitter_select_scalar_style of emitterc.go
take another where that one can't hold the text.
"""

import itertools
import re
from typing import Literal

from cdk8s_function.yaml import scalars

Style = Literal["plain", "single", "double", "literal"]

BREAKS = "\r\n\x85\u2028\u2029"
"""What ends a line."""

_SIMPLE_KEY_BYTES = 128
"""A longer key is written as `? key`."""

_ORDINARY = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]{5,}(:[A-Za-z0-9_./-]+)*")
"""A string that is plain in any context; too long for a word that means true, false or null."""

_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_BLANKS = frozenset(" \t")
_UNPRINTABLE = re.compile(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_FIRST_INDICATORS = frozenset("#,[]{}&*!|>'\"%@`")
_ESCAPES = {
    0x00: "0",
    0x07: "a",
    0x08: "b",
    0x09: "t",
    0x0A: "n",
    0x0B: "v",
    0x0C: "f",
    0x0D: "r",
    0x1B: "e",
    0x22: '"',
    0x5C: "\\",
    0x85: "N",
    0xA0: "_",
    0x2028: "L",
    0x2029: "P",
}


def style_of(text: str, *, is_key: bool) -> Style:
    """Return the style a string is written in."""
    if _ORDINARY.fullmatch(text):
        return "plain"
    if "\n" not in text and _would_be_another(text):
        return "double"
    broken = [character in BREAKS for character in text]
    if is_key and any(broken):
        return "double"
    before_break = any(first == " " and second in BREAKS for first, second in itertools.pairwise(text))
    if before_break or _UNPRINTABLE.search(text):
        return "double"
    if "\n" in text:
        return "double" if text.endswith(" ") else "literal"
    if not any(broken) and text.strip(" ") == text and not _has_indicators(text):
        return "plain"
    after_break = any(first in BREAKS and second == " " for first, second in itertools.pairwise(text))
    return "double" if after_break else "single"


def is_simple_key(key: str) -> bool:
    """Return whether a key is on one line with its value."""
    return len(key.encode()) <= _SIMPLE_KEY_BYTES and not any(character in BREAKS for character in key)


def escaped(character: str) -> str | None:
    """Return a character's escape sequence in double quotes, None if it needs none."""
    if character not in '"\\' and character not in BREAKS and not _UNPRINTABLE.match(character):
        return None
    return escape(character)


def escape(character: str) -> str:
    """Return the escape sequence of a character."""
    code = ord(character)
    if code in _ESCAPES:
        return f"\\{_ESCAPES[code]}"
    if code <= 0xFF:  # noqa: PLR2004  # What two hexadecimal digits hold.
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _has_indicators(text: str) -> bool:
    """Return whether a character of a string has a meaning in YAML outside quotes."""
    if text.startswith(("---", "...")) or text[:1] in _FIRST_INDICATORS:
        return True
    for index, character in enumerate(text):
        at_end = index + 1 == len(text) or text[index + 1] in _BLANKS
        if character == ":" and at_end:
            return True
        if index == 0 and character in "?-" and at_end:
            return True
        if index and character == "#" and text[index - 1] in _BLANKS:
            return True
    return False


def _would_be_another(text: str) -> bool:
    """Return whether a string without quotes would be read as something else."""
    tag, _ = scalars.resolve(text)
    return tag is not scalars.Tag.TEXT or _BASE60.fullmatch(text) is not None
