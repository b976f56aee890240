"""Write YAML as `kubectl get -o yaml` and Crossplane do, byte for byte.

They write it with go.yaml.in/yaml/v2, a port of libyaml. PyYAML's emitter has
the same ancestor, but breaks long quoted text elsewhere, leaves characters
outside the Basic Multilingual Plane unescaped, and lets none of its choices be
set. So this is an emitter of its own, for what JSON can say: maps with text
keys, lists, text, numbers, true, false and null, always in block style
(go.yaml.in/yaml/v2 v2.4.4, encode.go, sorter.go and emitterc.go).
"""

import functools
import math
import re
import struct
from collections.abc import Mapping, Sequence
from typing import cast

from cdk8s_function.messages import Json

from function_cdk8s.render import yaml_scalars

_INDENT = 2
_WIDTH = 80
"""A line longer than this is broken at the next single space."""

_SIMPLE_KEY_BYTES = 128
"""A longer key is written as `? key`."""

_ORDINARY = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]{5,}(:[A-Za-z0-9_./-]+)*")
"""Text that is plain whatever stands around it; too long for a word that means true, false or null."""

_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_BREAKS = "\r\n\x85\u2028\u2029"
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
_SINGLE = struct.Struct("f")
_SINGLE_FIGURES = 9
"""How many figures tell any two single-precision numbers apart."""
_INT64 = 1 << 63
_UINT64_DIGITS = 20
_LEAST_EXPONENT = -4
_EXPONENT_LIMIT = 6
"""Between these two a number is written without an exponent."""


def dump(document: Mapping[str, Json]) -> str:
    """Return one document as YAML, without a separator, keys sorted."""
    emitter = _Emitter()
    emitter.node(document)
    return emitter.text()


class _Emitter:
    """A document being written, and where on its last line the next character goes."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._column = 0
        self._indent = -1
        self._after_space = True
        self._in_indention = True

    def text(self) -> str:
        self._break_to_indent(0)
        return "".join(self._out)

    def node(self, value: Json, *, in_mapping: bool = False) -> None:
        match value:
            case Mapping() if value:
                self._mapping(cast("Mapping[str, Json]", value))
            case Mapping():
                self._mark("{", spaced=True)
                self._mark("}")
            case str():
                self._scalar(value)
            case Sequence() if value:
                self._sequence(cast("Sequence[Json]", value), compact=in_mapping and not self._in_indention)
            case Sequence():
                self._mark("[", spaced=True)
                self._mark("]")
            case _:
                self._plain(_constant(value), breakable=False)

    def _mapping(self, mapping: Mapping[str, Json]) -> None:
        outer = self._indent
        self._indent = 0 if outer < 0 else outer + _INDENT
        for key in _sorted(mapping):
            self._break_to_indent(self._indent)
            if _is_simple(key):
                self._scalar(key, is_key=True)
                self._mark(":")
            else:
                self._mark("?", spaced=True, is_indention=True)
                self.node(key, in_mapping=True)
                self._break_to_indent(self._indent)
                self._mark(":", spaced=True, is_indention=True)
            self.node(mapping[key], in_mapping=True)
        self._indent = outer

    def _sequence(self, items: Sequence[Json], *, compact: bool) -> None:
        outer = self._indent
        if not compact:
            self._indent = 0 if outer < 0 else outer + _INDENT
        for item in items:
            self._break_to_indent(self._indent)
            self._mark("-", spaced=True, is_indention=True)
            self.node(item)
        self._indent = outer

    def _scalar(self, text: str, *, is_key: bool = False) -> None:
        outer = self._indent
        self._indent = _INDENT if outer < 0 else outer + _INDENT
        shape = _Shape(text)
        style = shape.style(is_key=is_key)
        if style == "plain":
            self._plain(text, breakable=not is_key)
        elif style == "single":
            self._single(text, breakable=not is_key)
        elif style == "double":
            self._double(text, breakable=not is_key)
        else:
            self._literal(text)
        self._indent = outer

    def _plain(self, text: str, *, breakable: bool) -> None:
        if not self._after_space:
            self._put(" ")
        self._words(text, breakable=breakable)
        self._after_space = self._in_indention = False

    def _single(self, text: str, *, breakable: bool) -> None:
        self._mark("'", spaced=True)
        self._words(text.replace("'", "''"), breakable=breakable, inside=True)
        self._mark("'")
        self._after_space = self._in_indention = False

    def _words(self, text: str, *, breakable: bool, inside: bool = False) -> None:
        """Put text, broken where a line is too long at a single space (with inside: not at the ends)."""
        broken = inside and any(character in _BREAKS for character in text)
        if not broken and (not breakable or self._column + len(text) <= _WIDTH):
            self._put(text)
            return
        previous = ""
        for place, character in enumerate(text):
            following = text[place + 1 : place + 2]
            if character in _BREAKS:
                self._line_break(character)
            elif previous and previous in _BREAKS:
                self._break_to_indent(self._indent)
                self._put(character)
                self._in_indention = False
            elif (
                breakable
                and character == " "
                and previous != " "
                and following != " "
                and self._column > _WIDTH
                and not (inside and (place == 0 or not following))
            ):
                self._break_to_indent(self._indent)
            else:
                self._put(character)
            previous = character

    def _double(self, text: str, *, breakable: bool) -> None:
        # The original asks of each character whether the text begins with a byte order mark.
        escape_all = text.startswith("\ufeff")
        self._mark('"', spaced=True)
        previous = ""
        for place, character in enumerate(text):
            if escape_all or character in '"\\' or character in _BREAKS or _UNPRINTABLE.match(character):
                self._put(_escaped(character))
            elif (
                character == " "
                and breakable
                and previous != " "
                and self._column > _WIDTH
                and 0 < place < len(text) - 1
            ):
                self._break_to_indent(self._indent)
                if text[place + 1] == " ":
                    self._put("\\")
            else:
                self._put(character)
            previous = character
        self._mark('"')
        self._after_space = self._in_indention = False

    def _literal(self, text: str) -> None:
        self._mark("|", spaced=True)
        if text[0] == " " or text[0] in _BREAKS:
            self._mark(str(_INDENT))
        if text[-1] not in _BREAKS:
            self._mark("-")
        elif len(text) == 1 or text[-2] in _BREAKS:
            self._mark("+")
        self._line_break("\n")
        self._after_space = True
        at_start = True
        for character in text:
            if character in _BREAKS:
                self._line_break(character)
                at_start = True
                continue
            if at_start:
                self._break_to_indent(self._indent)
            self._put(character)
            self._in_indention = at_start = False

    def _mark(self, indicator: str, *, spaced: bool = False, is_indention: bool = False) -> None:
        if spaced and not self._after_space:
            self._put(" ")
        self._put(indicator)
        self._after_space = False
        self._in_indention = self._in_indention and is_indention

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._column += len(text)

    def _line_break(self, character: str) -> None:
        self._out.append(character)
        self._column = 0
        self._in_indention = True

    def _break_to_indent(self, indent: int) -> None:
        if not self._in_indention or self._column > indent or (self._column == indent and not self._after_space):
            self._line_break("\n")
        self._put(" " * (indent - self._column))
        self._after_space = self._in_indention = True


class _Shape:
    """Which styles a text can have."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ordinary = _ORDINARY.fullmatch(text) is not None
        if self._ordinary:
            return
        broken = [character in _BREAKS for character in text]
        pairs = list(zip(text, text[1:], broken, broken[1:], strict=False))
        special = _UNPRINTABLE.search(text) is not None or any(
            first == " " and second_breaks for first, _, _, second_breaks in pairs
        )
        space_after_break = any(first_breaks and second == " " for _, second, first_breaks, _ in pairs)
        edged = bool(text) and (text[0] == " " or broken[0] or text[-1] == " " or broken[-1])
        self._may_be_plain = not (special or any(broken) or edged or _has_indicators(text))
        self._may_be_single = not (special or space_after_break)
        self._may_be_literal = not (special or text.endswith(" "))

    def style(self, *, is_key: bool) -> str:
        """Return "plain", "single", "double" or "literal"."""
        text = self._text
        if self._ordinary:
            return "plain"
        if "\n" in text:
            return "literal" if self._may_be_literal and not is_key else "double"
        if _would_be_another(text):
            return "double"
        if is_key and any(character in _BREAKS for character in text):
            return "double"
        if self._may_be_plain:
            return "plain"
        return "single" if self._may_be_single else "double"


def _has_indicators(text: str) -> bool:
    """Return whether a character of a text would mean something to YAML outside quotes."""
    if text.startswith(("---", "...")) or text[:1] in _FIRST_INDICATORS:
        return True
    for place, character in enumerate(text):
        at_end = place + 1 == len(text) or text[place + 1] in _BLANKS
        if character == ":" and at_end:
            return True
        if place == 0 and character in "?-" and at_end:
            return True
        if place and character == "#" and (text[place - 1] in _BLANKS or text[place - 1] in _BREAKS):
            return True
    return False


def _would_be_another(text: str) -> bool:
    """Return whether a text without quotes would be read as something else than this text."""
    tag, _ = yaml_scalars.resolve(text)
    return tag is not yaml_scalars.Tag.TEXT or _BASE60.fullmatch(text) is not None


def _is_simple(key: str) -> bool:
    return len(key.encode()) <= _SIMPLE_KEY_BYTES and not any(character in _BREAKS for character in key)


def _escaped(character: str) -> str:
    code = ord(character)
    if code in _ESCAPES:
        return f"\\{_ESCAPES[code]}"
    if code <= 0xFF:  # noqa: PLR2004  # What two hexadecimal digits hold.
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _constant(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if -_INT64 <= value < _INT64:
            return str(value)
        case int() | float():
            return number(float(value))
        case _:
            msg = f"{type(value).__name__} has no JSON form"
            raise TypeError(msg)


def number(value: float) -> str:
    """Return a double as it comes out of Go: through JSON, where a whole one of up to 64 bits becomes an integer."""
    sign, figures, point = _figures(repr(value))
    if not figures:
        return "0"
    if len(figures) <= point <= _UINT64_DIGITS:
        integer = int(sign + figures.ljust(point, "0"))
        if -_INT64 <= integer < 2 * _INT64:
            return str(integer)
    return sign + _general(figures, point)


def single(value: float) -> str:
    """Return a double as Go prints it in single precision: that is how a number that is a key becomes text."""
    if math.isnan(value):
        return ".nan"
    try:
        wanted = _SINGLE.pack(value)
    except OverflowError:
        wanted = _SINGLE.pack(math.copysign(math.inf, value))
    if math.isinf(_SINGLE.unpack(wanted)[0]):
        return "-.inf" if value < 0 else ".inf"
    texts = (f"{value:.{digits}e}" for digits in range(_SINGLE_FIGURES))
    sign, figures, point = _figures(next(text for text in texts if _SINGLE.pack(float(text)) == wanted))
    return sign + _general(figures, point) if figures else f"{sign}0"


def _figures(text: str) -> tuple[str, str, int]:
    """Return sign, figures and point of a decimal: it is 0.figures times 10 to the power of point."""
    digits, _, exponent = text.partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    figures = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(figures))
    return sign, figures.rstrip("0"), point


def _general(figures: str, point: int) -> str:
    """Return 0.figures times 10 to the power of point as Go's strconv.FormatFloat does ('g', precision -1)."""
    exponent = point - 1
    if not _LEAST_EXPONENT <= exponent < _EXPONENT_LIMIT:
        mantissa = figures[0] + (f".{figures[1:]}" if len(figures) > 1 else "")
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if point <= 0:
        return f"0.{'0' * -point}{figures}"
    return f"{figures[:point].ljust(point, '0')}.{figures[point:]}".rstrip(".")


def _sorted(mapping: Mapping[str, Json]) -> list[str]:
    if all(key.isascii() and key.isalpha() for key in mapping):
        return sorted(mapping)
    return sorted(mapping, key=functools.cmp_to_key(_compare))


def _compare(first: str, second: str) -> int:
    """Order keys as people do: `node2` before `node10`, letters after everything else."""
    place = next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if place is None:
        return len(first) - len(second)
    a, b = first[place], second[place]
    if a.isalpha() or b.isalpha():
        if a.isalpha() and b.isalpha():
            return ord(a) - ord(b)
        return -1 if b.isalpha() else 1
    lead = "0" in (a, b) and _follows_number(first, place)
    a_number, a_end = _number_at(first, place, lead=lead)
    b_number, b_end = _number_at(second, place, lead=lead)
    return (a_number - b_number) or (a_end - b_end) or (ord(a) - ord(b))


def _follows_number(key: str, place: int) -> bool:
    while place and key[place - 1].isdecimal():
        place -= 1
        if key[place] != "0":
            return True
    return False


def _number_at(key: str, place: int, *, lead: bool) -> tuple[int, int]:
    value = int(lead)
    while place < len(key) and key[place].isdecimal():
        value = value * 10 + ord(key[place]) - ord("0")
        place += 1
    # Go's int64 wraps around.
    return (value + _INT64) % (2 * _INT64) - _INT64, place
