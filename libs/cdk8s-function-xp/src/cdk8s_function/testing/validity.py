"""Whether composed objects fit the schemas of their kinds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cdk8s_function.object_schemas import catalog, faults


def lines(
    composed: Mapping[str, Mapping[str, Any]],
    *,
    kubernetes: str,
    definitions: Sequence[Mapping[str, Any]],
    unchecked: Collection[str],
) -> list[str]:
    """Return what does not fit, and which kinds have no schema, a line each.

    Args:
        composed: The objects, by composition-resource-name.
        kubernetes: A minor version of Kubernetes, "" for the newest whose schemas are installed.
        definitions: Definitions of custom resources.
        unchecked: Kinds that need no schema.

    Raises:
        LookupError: If no schemas of that version are installed.
    """
    known = catalog.Catalog(kubernetes)
    known.add(definitions)
    found: list[str] = []
    for key, manifest in composed.items():
        kind = manifest["kind"]
        schema = known.find(manifest)
        if schema is not None:
            found += [f'"{key}" ({kind}): {fault}' for fault in faults.faults(manifest, schema)]
        elif kind not in unchecked:
            found.append(
                f'"{key}" ({kind}): not checked, as there is no schema of {manifest["apiVersion"]} {kind}; '
                f'give its definition in crds, or name it in unchecked=["{kind}"]'
            )
    return found
