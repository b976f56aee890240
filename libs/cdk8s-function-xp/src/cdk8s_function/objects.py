"""Read Kubernetes objects held as plain data."""

from collections.abc import Mapping
from typing import Any

from cdk8s_function.messages import Json


def metadata(manifest: Mapping[str, Json]) -> Mapping[str, Any]:
    """Return an object's metadata, empty where it has none."""
    return manifest.get("metadata") or {}


def texts(manifest: Mapping[str, Json], field: str) -> Mapping[str, str]:
    """Return an object's labels or annotations, empty where it has none."""
    return metadata(manifest).get(field) or {}


def name(manifest: Mapping[str, Json]) -> str:
    """Return an object's name, "" where it has none yet."""
    return metadata(manifest).get("name") or ""


def full_name(manifest: Mapping[str, Json]) -> str:
    """Return `namespace/name`, or the name alone for a cluster-scoped object."""
    namespace: str = metadata(manifest).get("namespace") or ""
    return f"{namespace}/{name(manifest)}" if namespace else name(manifest)
