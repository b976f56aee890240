"""Durations as Kubernetes writes them: `90s`, `1m30s`, `500ms` (Go's time.ParseDuration)."""

import re

PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
"""What a duration looks like; also fit for an OpenAPI schema."""

LONGEST = "8760h"
"""The longest duration that is accepted: a year. A longer one is a mistake, and clocks overflow far beyond it."""

_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """Return the seconds of a duration that fits `PATTERN`."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text))


LONGEST_SECONDS = seconds(LONGEST)
"""The same in seconds."""
