"""Whether composed objects and the XR's status fit their schemas."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cdk8s_function.object_schemas import catalog, checks, xr_status


def lines(
    composed: Mapping[str, Mapping[str, Any]],
    xr: Mapping[str, Any],
    *,
    definition: Mapping[str, Any] | None,
    kubernetes: str,
    definitions: Sequence[Mapping[str, Any]],
    unchecked: Collection[str],
) -> list[str]:
    """Return what does not fit, and which kinds have no schema, a line each.

    Args:
        composed: The objects, by composition-resource-name.
        xr: The XR.
        definition: The XR's CompositeResourceDefinition, None if it has none.
        kubernetes: A minor version of Kubernetes, "" for the newest whose schemas are installed.
        definitions: Definitions of custom resources.
        unchecked: Kinds that need no schema.

    Raises:
        LookupError: If no schemas of that version are installed.
    """
    known = catalog.Catalog(kubernetes)
    known.add(definitions)
    checked = checks.check(composed, known)
    kinds = {key: composed[key]["kind"] for key in checked.unchecked}
    remedies = [
        f'{line}; give its definition in crds, or name it in unchecked=["{kinds[key]}"]'
        for key, line in checked.unchecked.items()
        if kinds[key] not in unchecked
    ]
    status = xr_status.faults(xr, definition) if definition else ()
    return [*checked.faults, *remedies, *(f"the XR ({xr['kind']}): {line}" for line in status)]
