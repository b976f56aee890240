"""Kubernetes' quantities, like `64Mi` or `500m`, as numbers that compare exactly."""

import decimal
import re

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]{1,64}\.?[0-9]{0,64}|\.[0-9]{1,64}))(?:[eE]([+-]?[0-9]{1,3})|([KMGTPE]i|[numkMGTPE]?))"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXACT = decimal.Context(prec=decimal.MAX_PREC)


def quantity(text: str) -> decimal.Decimal:
    """Return the number that a quantity means; numbers compare as 2G and 2Gi do.

    Args:
        text: The quantity, as a field of an object has it, like "1.5Gi", "500m" or "3e9"
            (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).

    Raises:
        ValueError: If it is not a quantity.
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        msg = f"{text[:80]!r} is not a quantity, like '64Mi', '1.5' or '500m'"
        raise ValueError(msg)
    number, exponent, suffix = decimal.Decimal(found[1]), found[2], found[3] or ""
    if suffix in _BINARY:
        return _EXACT.multiply(number, decimal.Decimal(1 << _BINARY[suffix]))
    return number.scaleb(int(exponent) if exponent else _DECIMAL[suffix], _EXACT)
