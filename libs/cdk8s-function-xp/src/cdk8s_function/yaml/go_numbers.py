"""Numbers as Go prints them: strconv.FormatFloat with the fewest digits that identify the double."""

import math
import struct

INT64 = 1 << 63
"""The first integer that is too great for 64 bits with a sign."""

_SINGLE = struct.Struct("f")
_SINGLE_FIGURES = 9
"""How many digits distinguish any two single-precision numbers."""

_UINT64_DIGITS = 20
_LEAST_EXPONENT = -4
_EXPONENT_LIMIT = 6
"""Between these two a number is written without an exponent."""


def number(value: float) -> str:
    """Return a double as it comes out of Go: through JSON, where a whole one of up to 64 bits becomes an integer."""
    sign, figures, point = _figures(repr(value))
    if not figures:
        return "0"
    if len(figures) <= point <= _UINT64_DIGITS:
        integer = int(sign + figures.ljust(point, "0"))
        if -INT64 <= integer < 2 * INT64:
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
    strings = (f"{value:.{digits}e}" for digits in range(_SINGLE_FIGURES))
    sign, figures, point = _figures(next(text for text in strings if _SINGLE.pack(float(text)) == wanted))
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
