"""`Size`, `Duration` and `Cron` of cdk8s. What throws there is declined."""

# ruff: noqa: ANN401

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from cdk8s_function.kernel.native import numbers, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.numbers import Number
from cdk8s_function.kernel.native.objects import Native, Recipe, instance_of, offers

_SIZES: Mapping[str, tuple[int, str]] = {
    "kibibytes": (1, "Ki"),
    "mebibytes": (1024, "Mi"),
    "gibibytes": (1024**2, "Gi"),
    "tebibytes": (1024**3, "Ti"),
    "pebibyte": (1024**4, "Pi"),
}


def _amount(value: Any) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        decline("an amount that is no number")
    amount = numbers.number(value)
    if amount < 0:
        decline("a negative amount")
    return amount


def _converted(amount: Number, of: int, to: int) -> Number:
    """Return an amount in another unit, by JavaScript's arithmetic."""
    if of == to:
        return amount
    try:
        return float(amount) * (of / to)
    except OverflowError:
        decline("an amount beyond JavaScript's numbers")


def _whole(amount: Number) -> bool:
    return math.isfinite(amount) and float(amount).is_integer()


class Size(Native):
    """`cdk8s.Size`."""

    __slots__ = ("amount", "unit")

    def __init__(self, amount: Number, unit: str) -> None:
        """Make a size."""
        super().__init__("cdk8s.Size")
        self.amount = amount
        self.unit = unit

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        return "sinvoke", "cdk8s.Size", self.unit, [self.amount]

    @classmethod
    def of(cls, unit: str) -> Callable[[Any], Any]:
        """Return what makes sizes of a unit."""
        return lambda amount: instance_of(cls(_amount(amount), unit))

    @offers("call", "asString")
    def _as_string(self) -> str:
        return f"{numbers.text(self.amount)}{_SIZES[self.unit][1]}"

    def _to(self, unit: str, options: Any) -> Number:
        got = values.fields(options, "cdk8s.SizeConversionOptions")
        rounding = getattr(got.get("rounding"), "value", "FAIL")
        of, to = _SIZES[self.unit][0], _SIZES[unit][0]
        amount = _converted(self.amount, of, to)
        if of == to or rounding == "NONE":
            return numbers.number(amount)
        if rounding == "FLOOR":
            return numbers.number(math.floor(amount))
        if not _whole(amount):
            decline("a size that is no whole number")
        return numbers.number(amount)

    @offers("call", "toKibibytes")
    def _to_kibibytes(self, options: Any = None) -> Number:
        return self._to("kibibytes", options)

    @offers("call", "toMebibytes")
    def _to_mebibytes(self, options: Any = None) -> Number:
        return self._to("mebibytes", options)

    @offers("call", "toGibibytes")
    def _to_gibibytes(self, options: Any = None) -> Number:
        return self._to("gibibytes", options)

    @offers("call", "toTebibytes")
    def _to_tebibytes(self, options: Any = None) -> Number:
        return self._to("tebibytes", options)

    @offers("call", "toPebibytes")
    def _to_pebibytes(self, options: Any = None) -> Number:
        return self._to("pebibyte", options)


_MILLIS: Mapping[str, int] = {
    "millis": 1,
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
}
_STEPS: Mapping[str, tuple[str, int, str]] = {
    "seconds": ("S", 60, "minutes"),
    "minutes": ("M", 60, "hours"),
    "hours": ("H", 24, "days"),
}
_PERIOD = re.compile(r"PT(?:(\d+)D)?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", re.ASCII)
_SIGNIFICANT = 2


class Duration(Native):
    """`cdk8s.Duration`."""

    __slots__ = ("amount", "unit")

    def __init__(self, amount: Number, unit: str) -> None:
        """Make a duration."""
        super().__init__("cdk8s.Duration")
        self.amount = amount
        self.unit = unit

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        return "sinvoke", "cdk8s.Duration", self.unit, [self.amount]

    @classmethod
    def of(cls, unit: str) -> Callable[[Any], Any]:
        """Return what makes durations of a unit."""
        return lambda amount: instance_of(cls(_amount(amount), unit))

    @classmethod
    def parsed(cls, period: Any) -> Any:
        """Return what `Duration.parse` makes."""
        match = _PERIOD.fullmatch(values.text(period))
        if match is None or not any(match.groups()):
            decline("no ISO 8601 duration")
        units = ("days", "hours", "minutes", "seconds")
        parts = zip(match.groups(), units, strict=True)
        try:
            total = sum(float(given or 0) * _MILLIS[unit] for given, unit in reversed(list(parts)))
        except OverflowError:
            decline("a duration beyond JavaScript's numbers")
        return instance_of(cls(numbers.number(total), "millis"))

    def _to(self, unit: str, options: Any) -> Number:
        got = values.fields(options, "cdk8s.TimeConversionOptions")
        integral = got.get("integral", True)
        if type(integral) is not bool:
            decline("an option that is no boolean")
        amount = _converted(self.amount, _MILLIS[self.unit], _MILLIS[unit])
        if integral and not _whole(amount):
            decline("a duration that is no whole number")
        return numbers.number(amount)

    @offers("call", "toMilliseconds")
    def _to_milliseconds(self, options: Any = None) -> Number:
        return self._to("millis", options)

    @offers("call", "toSeconds")
    def _to_seconds(self, options: Any = None) -> Number:
        return self._to("seconds", options)

    @offers("call", "toMinutes")
    def _to_minutes(self, options: Any = None) -> Number:
        return self._to("minutes", options)

    @offers("call", "toHours")
    def _to_hours(self, options: Any = None) -> Number:
        return self._to("hours", options)

    @offers("call", "toDays")
    def _to_days(self, options: Any = None) -> Number:
        return self._to("days", options)

    @offers("call", "unitLabel")
    def _unit_label(self) -> str:
        return self.unit

    @offers("call", "toIsoString")
    def _to_iso_string(self) -> str:
        return _iso(self.amount, self.unit)

    @offers("call", "toHumanString")
    def _to_human_string(self) -> str:
        if self.amount == 0:
            return _phrase(0, self.unit)
        millis = _converted(self.amount, _MILLIS[self.unit], 1)
        parts: list[str] = []
        # JavaScript's list has hours twice.
        for unit in ("days", "hours", "hours", "minutes", "seconds"):
            whole = math.floor(_converted(millis, 1, _MILLIS[unit]))
            if whole > 0:
                parts.append(_phrase(whole, unit))
                millis -= whole * _MILLIS[unit]
        if millis > 0:
            parts.append(_phrase(millis, "millis"))
        return " ".join(parts[:_SIGNIFICANT])


def _iso(amount: Number, unit: str) -> str:
    if amount == 0:
        return "PT0S"
    if unit == "days":
        return f"PT{numbers.text(amount)}D"
    if unit not in _STEPS:
        decline("milliseconds as an ISO 8601 duration")
    symbol, modulus, next_unit = _STEPS[unit]
    if amount < modulus:
        return f"PT{numbers.text(amount)}{symbol}"
    remainder = math.fmod(amount, modulus)
    quotient = _iso(numbers.number((float(amount) - remainder) / modulus), next_unit)
    return f"{quotient}{numbers.text(numbers.number(remainder))}{symbol}" if remainder > 0 else quotient


def _phrase(amount: Number, unit: str) -> str:
    shown = numbers.text(numbers.number(amount))
    return f"{shown} {unit.removesuffix('s') if amount == 1 else unit}"


_CRON: Mapping[str, tuple[str, str, str, str, str]] = {
    "everyMinute": ("*", "*", "*", "*", "*"),
    "hourly": ("0", "*", "*", "*", "*"),
    "daily": ("0", "0", "*", "*", "*"),
    "weekly": ("0", "0", "*", "*", "0"),
    "monthly": ("0", "0", "1", "*", "*"),
    "annually": ("0", "0", "1", "1", "*"),
}
_CRON_FIELDS = ("minute", "hour", "day", "month", "weekDay")


class Cron(Native):
    """`cdk8s.Cron`."""

    __slots__ = ("_expression", "_wire")

    def __init__(self, fqn: str, fields: Sequence[str]) -> None:
        """Make a schedule of minute, hour, day, month and week day."""
        super().__init__(fqn)
        self._expression = " ".join(fields)
        options = dict(zip(_CRON_FIELDS, fields, strict=True))
        self._wire = {"$jsii.struct": {"fqn": "cdk8s.CronOptions", "data": options}}

    def recipe(self) -> Recipe:
        """Return how Node.js makes the same."""
        return "sinvoke", "cdk8s.Cron", "schedule", [self._wire]

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `Cron(**options)` makes."""
        got = values.fields(args[0] if args else None, "cdk8s.CronOptions")
        return cls(fqn, [values.text(got.get(field, "*")) for field in _CRON_FIELDS])

    @offers("get", "expressionString")
    def _expression_string(self) -> str:
        return self._expression


def _cron(name: str) -> Callable[[], Any]:
    return lambda: instance_of(Cron("cdk8s.Cron", _CRON[name]))


def _schedule(options: Any) -> Any:
    return instance_of(Cron.made("cdk8s.Cron", [options]))


STATICS: Mapping[tuple[str, str], Callable[..., Any]] = {
    **{("cdk8s.Size", unit): Size.of(unit) for unit in _SIZES},
    **{("cdk8s.Duration", unit): Duration.of(unit) for unit in _MILLIS},
    ("cdk8s.Duration", "parse"): Duration.parsed,
    **{("cdk8s.Cron", name): _cron(name) for name in _CRON},
    ("cdk8s.Cron", "schedule"): _schedule,
}
"""What Python calls on the classes."""
