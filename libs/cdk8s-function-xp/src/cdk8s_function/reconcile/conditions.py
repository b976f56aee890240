"""Status conditions, as Crossplane keeps them (crossplane apis, core/v2/condition.go)."""

from collections.abc import Mapping
from typing import cast

from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields

FIXED_TIME = "2024-01-01T00:00:00Z"
"""The lastTransitionTime `crossplane composition render` prints for each condition (render/output.go)."""

Condition = dict[str, Json]


def make(
    type: str,  # noqa: A002  # The name Kubernetes gives it.
    status: str,
    reason: str,
    message: str = "",
    *,
    generation: int = 0,
    time: str = FIXED_TIME,
) -> Condition:
    """Return a condition; one without message or generation has no such field."""
    made: Condition = {"type": type, "status": status, "reason": reason, "lastTransitionTime": time}
    if message:
        made["message"] = message
    if generation:
        made["observedGeneration"] = generation
    return made


def of(status: Json) -> list[Condition]:
    """Return the conditions in a status, without fields that conditions don't have."""
    found = fields.sequence(cast("Mapping[str, Json]", status), "conditions") if isinstance(status, Mapping) else []
    return [_known(cast("Condition", item)) for item in found if isinstance(item, dict)]


def put(conditions: list[Condition], new: Condition) -> None:
    """Add a condition, or replace the one of its type unless it is the same."""
    same_type = [index for index, old in enumerate(conditions) if old["type"] == new["type"]]
    for index in same_type:
        if not _says_the_same(conditions[index], new):
            conditions[index] = new
    if not same_type:
        conditions.append(new)


def _known(item: Condition) -> Condition:
    return make(
        item.get("type") or "",
        item.get("status") or "",
        item.get("reason") or "",
        item.get("message") or "",
        generation=int(item.get("observedGeneration") or 0),
        time=item.get("lastTransitionTime") or "",
    )


def _says_the_same(old: Condition, new: Condition) -> bool:
    if any(old.get(field) != new.get(field) for field in ("status", "reason", "message")):
        return False
    generations = {old.get("observedGeneration"), new.get("observedGeneration")}
    return None in generations or len(generations) == 1
