"""Say where the default of a field cannot be in an XRD."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

from cdk8s_function.objects import Json

_Node = Mapping[str, Any]
"""A structural schema or a part of one."""

_SENSITIVE = "a secret cannot have a default: everyone who reads the XRD could read it; leave it out, or make it None"


def first_fault(default: Json, node: _Node, path: str, secrets: AbstractSet[str]) -> tuple[str, str] | None:
    """Return the path and the reason of the first part of a default that its field's schema does not take.

    Args:
        default: The default, as JSON.
        node: The field's structural schema.
        path: The field, for example `spec.backends[].port`.
        secrets: The paths of the fields that are sensitive.
    """
    return next(_faults(default, node, (path, path), secrets), None)


def _faults(value: Json, node: _Node, at: tuple[str, str], secrets: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield the faults of a value, which is at one path in the default and at another in the schema."""
    path, field = at
    if field in secrets and value not in ("", [], {}):
        yield path, _SENSITIVE
        return
    match value:
        case dict():
            yield from _faults_of_fields(cast("Mapping[str, Json]", value), node, at, secrets)
        case list():
            for index, item in enumerate(cast("Sequence[Json]", value)):
                yield from _faults(item, node.get("items", {}), (f"{path}[{index}]", f"{field}[]"), secrets)
        case _:
            pass


def _faults_of_fields(
    value: Mapping[str, Json], node: _Node, at: tuple[str, str], secrets: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    path, field = at
    properties: Mapping[str, _Node] = node.get("properties", {})
    others: _Node | None = node.get("additionalProperties")
    for name, item in value.items():
        if name in properties:
            yield from _faults(item, properties[name], (f"{path}.{name}", f"{field}.{name}"), secrets)
        elif others is not None:
            yield from _faults(item, others, (f"{path}.{name}", f"{field}.*"), secrets)
