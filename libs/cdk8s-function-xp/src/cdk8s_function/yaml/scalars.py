"""What a plain scalar means to Kubernetes' YAML.

kubectl, Crossplane and everything else on sigs.k8s.io/yaml read YAML with
go.yaml.in/yaml/v2, whose rules are neither those of YAML 1.1 nor PyYAML's: `1e3`
is a number, `0o17` too, `y` is true, a date stays text. The reader needs the
rules to see the values Crossplane sees, the writer to quote the text that would
be read as something else (go.yaml.in/yaml/v2 v2.4.4, resolve.go).
"""

import datetime
import enum
import math
import re

from cdk8s_function.yaml.go_numbers import INT64


class Tag(enum.Enum):
    """What a plain scalar is."""

    TEXT = "str"
    BOOL = "bool"
    NULL = "null"
    INT = "int"
    FLOAT = "float"
    TIMESTAMP = "timestamp"


Scalar = bool | int | float | str | None

_WORDS: dict[str, tuple[Tag, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), (Tag.BOOL, True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), (Tag.BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (Tag.NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (Tag.FLOAT, math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (Tag.FLOAT, math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (Tag.FLOAT, -math.inf)),
}

_PLAIN_TEXT = re.compile(r"[^-+.0-9]")
"""Characters with which no number and no date begins."""

_DOTTED = re.compile(r"\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SIGNED_BINARY = re.compile(r"0b[-+][01]+")
_INT_BASES = (
    (re.compile(r"[-+]?0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"[-+]?0[bB]([01]+)"), 2),
    (re.compile(r"[-+]?0[oO]?([0-7]+)"), 8),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), 10),
)

_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"((?P<t>[Tt]|\ +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})([.,][0-9]+)?"
    r"(?P<zone>Z|[-+](?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?)?"
)
_ZONE_HOURS = 24
_ZONE_MINUTES = 60
_CENTURIES = 400
"""Years after which the Gregorian calendar repeats; Python's starts at year 1."""


def resolve(text: str) -> tuple[Tag, Scalar]:
    """Return what a plain scalar is, and its value; a timestamp's value is its text."""
    if text in _WORDS:
        return _WORDS[text]
    if _PLAIN_TEXT.match(text):
        return Tag.TEXT, text
    if text.startswith("."):
        number = _float(text) if _DOTTED.fullmatch(text) else None
        return (Tag.TEXT, text) if number is None else (Tag.FLOAT, number)
    if _is_timestamp(text):
        return Tag.TIMESTAMP, text
    plain = text.replace("_", "")
    whole = _int(plain)
    if whole is not None:
        return Tag.INT, whole
    number = _float(plain) if _FLOAT.fullmatch(plain) else None
    if number is not None:
        return Tag.FLOAT, number
    if _SIGNED_BINARY.fullmatch(plain) and -INT64 <= (whole := int(plain[2:], 2)) < INT64:  # noqa: FURB166  # Not base 0: a sign may follow.
        return Tag.INT, whole
    return Tag.TEXT, text


def _int(text: str) -> int | None:
    for pattern, base in _INT_BASES:
        if match := pattern.fullmatch(text):
            whole = int(match[1], base)
            if text.startswith("-"):
                return -whole if whole <= INT64 else None
            return whole if whole < (INT64 if text.startswith("+") else 2 * INT64) else None
    return None


def _float(text: str) -> float | None:
    # Go's strconv.ParseFloat fails on a number too great for a double.
    number = float(text)
    return number if math.isfinite(number) else None


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return False
    if match["t"] and (match["t"] in "Tt") != bool(match["zone"]):
        return False
    if int(match["zone_hour"] or 0) > _ZONE_HOURS or int(match["zone_minute"] or 0) > _ZONE_MINUTES:
        return False
    try:
        datetime.datetime(  # noqa: DTZ001  # Only the range of its parts counts.
            int(match["year"]) + _CENTURIES,
            int(match["month"]),
            int(match["day"]),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
        )
    except ValueError:
        return False
    return True
