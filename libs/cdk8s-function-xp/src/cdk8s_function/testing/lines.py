"""Lines of messages: how they show values, where two of them differ, and long lists."""

import json
from collections.abc import Sequence

from cdk8s_function import differences
from cdk8s_function.objects import Json

_SHOWN_CHARACTERS = 120
_SHOWN_LINES = 12


def shown(value: object) -> str:
    """Return a value as a message shows it: JSON, cut where it is long."""
    if value is differences.ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def changes(old: Json, new: Json, subject: str) -> list[str]:
    """Return a line for each field that differs.

    Args:
        old: A JSON value.
        new: Another.
        subject: What both are of, to begin each line with.
    """
    found = differences.between(old, new)
    return [f"{subject} {path or '(all of it)'}: {shown(was)} -> {shown(now)}" for path, was, now in found]


def listed(found: Sequence[str]) -> str:
    """Return lines for the end of a message, the first of them where they are many."""
    hidden = len(found) - _SHOWN_LINES
    more = [f"and {hidden} more"] if hidden > 0 else []
    return "".join(f"\n  {line}" for line in [*found[:_SHOWN_LINES], *more])
