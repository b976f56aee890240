"""Numbers are written as JavaScript writes them: each is a double (ECMA-262, Number::toString)."""

import math
from typing import Any

import cdk8s
import pytest
import tables
from tables import Case, Raised, Table


def in_a_manifest(given: Any) -> Any:
    return tables.manifest({"spec": {"number": given}})["spec"]["number"]


def in_a_text(given: Any) -> Any:
    return cdk8s.Size.kibibytes(given).as_string()


TABLES = (
    Table(
        in_a_manifest,
        (
            Case(0, 0),
            Case(-0.0, 0),
            Case(1.0, 1),
            Case(-1, -1),
            Case(0.1 + 0.2, 0.30000000000000004),
            Case(1 / 3, 0.3333333333333333),
            Case(1e-6, 1e-06),
            Case(1e-7, 1e-07),
            Case(1.5e-7, 1.5e-07),
            Case(5e-324, 5e-324),
            Case(123456789012345680000, 123456789012345680000),
            Case(1e20, 100000000000000000000),
            Case(10**21 - 1, 1e21),
            Case(10**21, 1e21),
            Case(1e21, 1e21),
            Case(1.7976931348623157e308, 1.7976931348623157e308),
            Case(2**53, 9007199254740992),
            Case(2**53 + 1, 9007199254740992),
            Case(2**60, 1152921504606847000),
            Case(2**63 - 1, 9223372036854776000),
            Case(-(2**63), -9223372036854776000),
            Case(2**64, 18446744073709552000),
            Case(True, True),
            Case(math.nan, Raised("manifest.spec.number: nan has no JSON form")),
            Case(math.inf, Raised("manifest.spec.number: inf has no JSON form")),
            Case(-math.inf, Raised("manifest.spec.number: -inf has no JSON form")),
            Case(10**400, Raised("manifest.spec.number: a number beyond 1.8e+308 has no JSON form")),
        ),
    ),
    Table(
        in_a_text,
        (
            Case(0, "0Ki"),
            Case(-0.0, "0Ki"),
            Case(1.0, "1Ki"),
            Case(0.5, "0.5Ki"),
            Case(0.1 + 0.2, "0.30000000000000004Ki"),
            Case(100.0, "100Ki"),
            Case(1e-6, "0.000001Ki"),
            Case(1e-7, "1e-7Ki"),
            Case(1.5e-7, "1.5e-7Ki"),
            Case(1.25e-20, "1.25e-20Ki"),
            Case(5e-324, "5e-324Ki"),
            Case(1e20, "100000000000000000000Ki"),
            Case(123456789012345680000, "123456789012345680000Ki"),
            Case(1e21, "1e+21Ki"),
            Case(1.5e21, "1.5e+21Ki"),
            Case(1e300, "1e+300Ki"),
            Case(10**22, "1e+22Ki"),
            Case(1.7976931348623157e308, "1.7976931348623157e+308Ki"),
            Case(2**53 + 1, "9007199254740992Ki"),
            Case(2**60, "1152921504606847000Ki"),
            Case(math.nan, Raised("Out of range float values are not JSON compliant"), "a number that JSON lacks"),
            Case(math.inf, Raised("Out of range float values are not JSON compliant"), "a number that JSON lacks"),
            Case(10**400, "InfinityKi", "a number too large for JavaScript"),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_number_is_written_as_javascript_writes_it(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
