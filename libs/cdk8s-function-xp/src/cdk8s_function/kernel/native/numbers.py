"""JavaScript's numbers (ECMA-262, Number::toString): each is a double, and whole ones are written without a point."""

import decimal
import math

from cdk8s_function.kernel.native.decline import decline

Number = int | float

_EXACT = 2**53
_EXPONENT_FROM = 1e21
_EXPONENT_BELOW = 1e-6


def number(value: Number) -> Number:
    """Return what JSON.stringify and JSON.parse make of a number.

    Args:
        value: An int, or a float.
    """
    if isinstance(value, int):
        if -_EXACT <= value <= _EXACT:
            return int(value)
        try:
            value = float(value)
        except OverflowError:
            decline("a number too large for JavaScript")
    elif not math.isfinite(value):
        decline("a number that JSON lacks")
    if value.is_integer() and abs(value) < _EXPONENT_FROM:
        # JavaScript writes the shortest digits that read back the same, and zeros after them.
        return int(value) if abs(value) <= _EXACT else int(decimal.Decimal(repr(value)))
    return float(value)


def text(value: Number) -> str:
    """Return a number as a template literal writes it.

    Args:
        value: What `number` returned.
    """
    if isinstance(value, int):
        return str(value)
    if _EXPONENT_BELOW <= abs(value) < _EXPONENT_FROM:
        return format(decimal.Decimal(repr(value)), "f")
    digits, exponent = repr(value).split("e")
    return f"{digits.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"
