"""Sizes, durations and schedules are cdk8s's: `Size`, `Duration` and `Cron`."""

import math
from typing import Any

import cdk8s
import pytest
import tables
from tables import Case, Raised, Table


def size(given: Any) -> Any:
    """A size in its own unit, and in another."""
    unit, amount, other, *rest = given
    made = getattr(cdk8s.Size, unit)(amount)
    behavior = cdk8s.SizeRoundingBehavior[rest[0]] if rest else None
    return [made.as_string(), getattr(made, f"to_{other}")(rounding=behavior)]


def duration(given: Any) -> Any:
    """A duration's texts."""
    unit, amount = given
    made = getattr(cdk8s.Duration, unit)(amount)
    return [made.unit_label(), made.to_human_string(), made.to_iso_string() if unit != "millis" else None]


def converted(given: Any) -> Any:
    """A duration in another unit."""
    unit, amount, other, *rest = given
    return getattr(getattr(cdk8s.Duration, unit)(amount), f"to_{other}")(integral=rest[0] if rest else None)


def parsed(given: Any) -> Any:
    made = cdk8s.Duration.parse(given)
    return [made.unit_label(), made.to_human_string(), made.to_milliseconds()]


def millis_as_iso(given: Any) -> Any:
    return cdk8s.Duration.millis(given).to_iso_string()


def schedule(given: Any) -> Any:
    """A schedule that is made, or of a name."""
    if isinstance(given, str):
        return getattr(cdk8s.Cron, given)().expression_string
    return [cdk8s.Cron(**given).expression_string, cdk8s.Cron.schedule(**given).expression_string]


TABLES = (
    Table(
        size,
        (
            Case(("kibibytes", 1, "kibibytes"), ["1Ki", 1]),
            Case(("mebibytes", 1, "kibibytes"), ["1Mi", 1024]),
            Case(("gibibytes", 1.5, "mebibytes"), ["1.5Gi", 1536]),
            Case(("tebibytes", 2, "gibibytes"), ["2Ti", 2048]),
            Case(("pebibyte", 1, "kibibytes"), ["1Pi", 1099511627776]),
            Case(("kibibytes", 1024, "mebibytes"), ["1024Ki", 1]),
            Case(("kibibytes", 2**53, "pebibytes", "FLOOR"), ["9007199254740992Ki", 8192]),
            Case(
                ("kibibytes", 1025, "mebibytes"),
                Raised("Error: '1025 kibibytes' cannot be converted into a whole number of mebib"),
                "a size that is no whole number",
            ),
            Case(
                ("kibibytes", 1025, "mebibytes", "FAIL"),
                Raised("Error: '1025 kibibytes' cannot be converted into a whole number of mebib"),
                "a size that is no whole number",
            ),
            Case(("kibibytes", 1025, "mebibytes", "FLOOR"), ["1025Ki", 1]),
            Case(("kibibytes", 1025, "mebibytes", "NONE"), ["1025Ki", 1.0009765625]),
            Case(("kibibytes", 0.5, "kibibytes"), ["0.5Ki", 0.5]),
            Case(("kibibytes", 0.5, "kibibytes", "FLOOR"), ["0.5Ki", 0.5]),
            Case(("kibibytes", 1, "pebibytes", "NONE"), ["1Ki", 9.094947017729282e-13]),
            Case(("kibibytes", -0.0, "mebibytes"), ["0Ki", 0]),
            Case(("pebibyte", 1e300, "kibibytes", "NONE"), ["1e+300Pi", None], "a number that JSON lacks"),
            Case(("pebibyte", 1e308, "kibibytes", "NONE"), ["1e+308Pi", None], "a number that JSON lacks"),
            Case(
                ("kibibytes", -1, "kibibytes"),
                Raised("Error: Storage amounts cannot be negative. Received: -1"),
                "a negative amount",
            ),
            Case(
                ("kibibytes", math.nan, "kibibytes"),
                Raised("Out of range float values are not JSON compliant"),
                "a number that JSON lacks",
            ),
        ),
    ),
    Table(
        duration,
        (
            Case(("millis", 0), ["millis", "0 millis", None]),
            Case(("millis", 1), ["millis", "1 milli", None]),
            Case(("millis", 1500), ["millis", "1 second 500 millis", None]),
            Case(("millis", 86_400_001), ["millis", "1 day 1 milli", None]),
            Case(("seconds", 0), ["seconds", "0 seconds", "PT0S"]),
            Case(("seconds", 1), ["seconds", "1 second", "PT1S"]),
            Case(("seconds", 59), ["seconds", "59 seconds", "PT59S"]),
            Case(("seconds", 60), ["seconds", "1 minute", "PT1M"]),
            Case(("seconds", 61), ["seconds", "1 minute 1 second", "PT1M1S"]),
            Case(("seconds", 3600), ["seconds", "60 minutes", "PT1H"]),
            Case(("seconds", 3661), ["seconds", "1 hour 1 minute", "PT1H1M1S"]),
            Case(("seconds", 7325), ["seconds", "2 hours 2 minutes", "PT2H2M5S"]),
            Case(("seconds", 86_400), ["seconds", "1 day", "PT1D"]),
            Case(("seconds", 90_061), ["seconds", "1 day 1 hour", "PT1D1H1M1S"]),
            Case(("seconds", 0.5), ["seconds", "500 millis", "PT0.5S"]),
            Case(("seconds", 90.5), ["seconds", "1 minute 30 seconds", "PT1M30.5S"]),
            Case(("seconds", -0.0), ["seconds", "0 seconds", "PT0S"]),
            Case(("minutes", 1), ["minutes", "1 minute", "PT1M"]),
            Case(("minutes", 90), ["minutes", "1 hour 30 minutes", "PT1H30M"]),
            Case(("minutes", 1441), ["minutes", "1 day 1 minute", "PT1D1M"]),
            Case(("minutes", 1e-7), ["minutes", "0.006 millis", "PT1e-7M"]),
            Case(("hours", 1), ["hours", "60 minutes", "PT1H"]),
            Case(("hours", 25), ["hours", "1 day 60 minutes", "PT1D1H"]),
            Case(("hours", 48), ["hours", "2 days", "PT2D"]),
            Case(("hours", 1 / 3), ["hours", "20 minutes", "PT0.3333333333333333H"]),
            Case(("days", 1), ["days", "1 day", "PT1D"]),
            Case(("days", 1.5), ["days", "1 day 12 hours", "PT1.5D"]),
            Case(("days", 1e21), ["days", "999999999999999900000 days", "PT1e+21D"]),
            Case(
                ("days", 1e308),
                ["days", "Infinity days", "PT1e+308D"],
                "cdk8s.Duration.toHumanString: OverflowError: cannot convert float infinity to integer",
            ),
            Case(("days", -1), Raised("Error: Duration amounts cannot be negative. Received: -1"), "a negative amount"),
        ),
    ),
    Table(
        converted,
        (
            Case(
                ("seconds", 90, "minutes"),
                Raised("Error: '90 seconds' cannot be converted into a whole number of minutes."),
                "a duration that is no whole number",
            ),
            Case(
                ("seconds", 90, "minutes", True),
                Raised("Error: '90 seconds' cannot be converted into a whole number of minutes."),
                "a duration that is no whole number",
            ),
            Case(("seconds", 90, "minutes", False), 1.5),
            Case(
                ("seconds", 0.5, "seconds"),
                Raised("Error: 0.5 must be a whole number of seconds."),
                "a duration that is no whole number",
            ),
            Case(("minutes", 1.5, "seconds"), 90),
            Case(("days", 1, "milliseconds"), 86400000),
            Case(("days", 1, "hours"), 24),
            Case(("millis", 1, "days", False), 1.1574074074074074e-08),
            Case(("hours", 36, "days", False), 1.5),
            Case(("hours", 1e308, "milliseconds", False), None, "a number that JSON lacks"),
        ),
    ),
    Table(
        parsed,
        (
            Case("PT1S", ["millis", "1 second", 1000]),
            Case("PT1D2H3M4S", ["millis", "1 day 2 hours", 93784000]),
            Case("PT36H90M", ["millis", "1 day 13 hours", 135000000]),
            Case("PT0S", ["millis", "0 millis", 0]),
            Case("PT01S", ["millis", "1 second", 1000]),
            Case("PT99999999999999999999S", ["millis", "1157407407407407 days 9 hours", 1e23]),
            Case("PT", Raised("Error: Not a valid ISO duration: PT"), "no ISO 8601 duration"),
            Case("", Raised("Error: Not a valid ISO duration: "), "no ISO 8601 duration"),
            Case("P1D", Raised("Error: Not a valid ISO duration: P1D"), "no ISO 8601 duration"),
            Case("PT4S3M", Raised("Error: Not a valid ISO duration: PT4S3M"), "no ISO 8601 duration"),
            Case("pt1s", Raised("Error: Not a valid ISO duration: pt1s"), "no ISO 8601 duration"),
            Case("PT1.5S", Raised("Error: Not a valid ISO duration: PT1.5S"), "no ISO 8601 duration"),
            Case("PT-1S", Raised("Error: Not a valid ISO duration: PT-1S"), "no ISO 8601 duration"),
            Case(" PT1S", Raised("Error: Not a valid ISO duration:  PT1S"), "no ISO 8601 duration"),
            Case("PT1S\n", Raised("Error: Not a valid ISO duration: PT1S"), "no ISO 8601 duration"),
            Case("PT\u0661S", Raised("Error: Not a valid ISO duration: PT\u0661S"), "no ISO 8601 duration"),
            Case("PT1D2D", Raised("Error: Not a valid ISO duration: PT1D2D"), "no ISO 8601 duration"),
        ),
    ),
    Table(
        millis_as_iso,
        (
            Case(0, "PT0S"),
            Case(1000, Raised("Error: Unexpected time unit: millis"), "milliseconds as an ISO 8601 duration"),
        ),
    ),
    Table(
        schedule,
        (
            Case("every_minute", "* * * * *"),
            Case("hourly", "0 * * * *"),
            Case("daily", "0 0 * * *"),
            Case("weekly", "0 0 * * 0"),
            Case("monthly", "0 0 1 * *"),
            Case("annually", "0 0 1 1 *"),
            Case({}, ["* * * * *", "* * * * *"]),
            Case({"minute": "5"}, ["5 * * * *", "5 * * * *"]),
            Case(
                {"minute": "*/5", "hour": "1", "day": "2", "month": "3", "week_day": "MON-FRI"},
                ["*/5 1 2 3 MON-FRI", "*/5 1 2 3 MON-FRI"],
            ),
            Case({"minute": ""}, [" * * * *", " * * * *"]),
            Case({"day": "?"}, ["* * ? * *", "* * ? * *"]),
            Case({"hour": "\u00fc \U0001f600"}, ["* \xfc \U0001f600 * * *", "* \xfc \U0001f600 * * *"]),
            Case({"month": "\ud800"}, ["* * * \ud800 *", "* * * \ud800 *"], "a lone surrogate"),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_quantity_is_cdk8ss(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
