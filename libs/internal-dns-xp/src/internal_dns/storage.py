"""The volume with PowerDNS' database."""

import math

from cdk8s_function import InvalidFieldError, Json, Observed, quantity

from internal_dns.api.spec import InternalDnsSpec

_MOST_MEBIBYTES = quantity("999999Mi")
"""The field takes six digits."""


def claim(spec: InternalDnsSpec, observed: Observed | None) -> Json:
    """Return the PersistentVolumeClaim.

    The size is compared with the claim's and not with the last one given: that one can be taken back if the API server
    refused it.

    Args:
        spec: The spec.
        observed: The observed claim; None before there is one.

    Raises:
        InvalidFieldError: If the size is smaller than the claim's, which the API server refuses.
    """
    present = observed.field("spec", "resources", "requests", "storage") if observed else None
    if present and quantity(spec.storage_size) < quantity(present):
        field, reason = "spec.storageSize", f"cannot shrink from {present!r} to {spec.storage_size!r}"
        raise InvalidFieldError(field, f"{reason}; give {_at_least(present)!r} or more")
    fields: dict[str, Json] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": spec.storage_size}},
    }
    if spec.storage_class_name:
        fields["storageClassName"] = spec.storage_class_name
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": fields}


def _at_least(present: str) -> str:
    """Return the smallest size that the field accepts and that is no smaller than the claim's."""
    size = quantity(present)
    units = {unit: quantity(f"1{unit}") for unit in ("Ti", "Gi", "Mi")}
    exact = (unit for unit, of_unit in units.items() if size % of_unit == 0)
    unit = next(exact, "Mi" if size < _MOST_MEBIBYTES else "Gi")
    return f"{math.ceil(size / units[unit])}{unit}"
