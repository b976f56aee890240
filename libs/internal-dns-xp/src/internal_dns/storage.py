"""The volume with PowerDNS' database."""

from cdk8s_function import InvalidFieldError, Json, Observed

from internal_dns.api.spec import InternalDnsSpec

_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}


def claim(spec: InternalDnsSpec, observed: Observed | None) -> Json:
    """Return the PersistentVolumeClaim.

    Args:
        spec: The spec.
        observed: The observed claim; None before there is one.

    Raises:
        InvalidFieldError: If the size is smaller than the claim's, which the API server refuses.
    """
    present = observed.field("spec", "resources", "requests", "storage") if observed else None
    if present and _bytes(spec.storage_size) < _bytes(present):
        field, reason = "spec.storageSize", f"cannot shrink from {present!r} to {spec.storage_size!r}"
        raise InvalidFieldError(field, f"{reason}; give {present!r} or more")
    fields: dict[str, Json] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": spec.storage_size}},
    }
    if spec.storage_class_name:
        fields["storageClassName"] = spec.storage_class_name
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": fields}


def _bytes(size: str) -> int:
    unit = size[-2:]
    return int(size[:-2]) * _UNITS[unit] if unit in _UNITS else int(size)
