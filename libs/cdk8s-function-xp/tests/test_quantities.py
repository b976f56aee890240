"""Quantities compare as Kubernetes compares them."""

from decimal import Decimal

import cdk8s_function
import pytest


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("1", "1"),
        ("+1", "1"),
        ("-1.5", "-1.5"),
        ("1.", "1"),
        (".5", "0.5"),
        ("500m", "0.5"),
        ("7u", "0.000007"),
        ("7n", "0.000000007"),
        ("2k", "2000"),
        ("2Ki", "2048"),
        ("1.5Gi", "1610612736"),
        ("1500M", "1500000000"),
        ("2G", "2000000000"),
        ("3e9", "3000000000"),
        ("3E9", "3000000000"),
        ("3E", "3000000000000000000"),
        ("3Ei", "3458764513820540928"),
        ("12e-3", "0.012"),
        ("1Pi", "1125899906842624"),
        ("1T", "1000000000000"),
        ("1Ti", "1099511627776"),
        ("9007199254740993", "9007199254740993"),
        ("0.1234567890123456789012345678901234567890Ki", "126.41975194864197519486419751948641975193600"),
    ],
)
def test_a_quantity_is_its_number(text: str, number: str) -> None:
    assert cdk8s_function.quantity(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "1 Gi", "1gi", "1K", "1mi", "Mi", "1e", "1e1.5", "1eMi", "1e9999", "NaN", "½", "1\n"]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity, like '64Mi', '1\.5' or '500m'$"):
        cdk8s_function.quantity(text)
