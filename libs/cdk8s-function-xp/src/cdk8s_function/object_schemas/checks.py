"""Check all objects that a chart composes."""

import dataclasses
from collections.abc import Mapping

from cdk8s_function.object_schemas.catalog import Catalog
from cdk8s_function.object_schemas.faults import faults
from cdk8s_function.objects import Json


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check of objects came to.

    Attributes:
        faults: What does not fit, a line each.
        unchecked: The objects of kinds without a schema, by key: what a line says of each.
    """

    faults: list[str]
    unchecked: dict[str, str]


def check(composed: Mapping[str, Mapping[str, Json]], known: Catalog) -> Checked:
    """Return what does not fit the schemas of its kinds, and what could not be checked.

    Args:
        composed: The objects, by composition-resource-name.
        known: The schemas.
    """
    found: list[str] = []
    unchecked: dict[str, str] = {}
    for key, manifest in composed.items():
        subject = f'"{key}" ({manifest["kind"]})'
        schema = known.find(manifest)
        if schema is None:
            missing = f"{manifest['apiVersion']} {manifest['kind']}"
            unchecked[key] = f"{subject}: not checked, as there is no schema of {missing}"
        else:
            found += [f"{subject}: {fault}" for fault in faults(manifest, schema)]
    return Checked(faults=found, unchecked=unchecked)
