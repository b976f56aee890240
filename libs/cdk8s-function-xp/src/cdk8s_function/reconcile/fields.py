"""Fields of plain data by their path."""

from collections.abc import Mapping
from typing import Any, cast

from cdk8s_function import objects
from cdk8s_function.objects import Json


def at(manifest: Mapping[str, Json], *path: str) -> Json:
    """Return the value at a path, None if there is none."""
    value: Json = manifest
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, Json]", value).get(step)
    return value


def put(manifest: dict[str, Any], value: Json, *path: str) -> None:
    """Set the value at a path, making the maps on the way.

    Where null or anything else that is no map stands on the way, nothing is set
    (crossplane-runtime, pkg/fieldpath: SetValue returns an error there, and Crossplane drops it).
    """
    *above, last = path
    for step in above:
        below = manifest.setdefault(step, {})
        if not isinstance(below, dict):
            return
        manifest = cast("dict[str, Any]", below)
    manifest[last] = value


def strings(value: Json) -> dict[str, str]:
    """Return a map of labels or annotations; an empty one if one of its values is not a string, as in apimachinery."""
    if not isinstance(value, Mapping):
        return {}
    found = cast("Mapping[str, Json]", value)
    if not all(text is None or isinstance(text, str) for text in found.values()):
        return {}
    return {name: text or "" for name, text in found.items()}


def mapping(manifest: Mapping[str, Json], *path: str) -> Mapping[str, Any]:
    """Return the map at a path, an empty one if there is none."""
    return objects.mapping(at(manifest, *path))


def sequence(manifest: Mapping[str, Json], *path: str) -> list[Any]:
    """Return the list at a path, an empty one if there is none."""
    value = at(manifest, *path)
    return cast("list[Any]", value) if isinstance(value, list) else []


def maps(manifest: Mapping[str, Json], *path: str) -> list[Mapping[str, Any]]:
    """Return the maps in the list at a path, without items that are not maps."""
    return [cast("Mapping[str, Any]", item) for item in sequence(manifest, *path) if isinstance(item, Mapping)]
