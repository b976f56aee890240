"""What a chart composed: its objects as composed resources, with what it said of them."""

from collections.abc import Mapping

from constructs import IConstruct

from cdk8s_function.chart.statements import Statements
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ComposedResource, SynthResult
from cdk8s_function.worker import identity

READY_ANNOTATION = "cdk8s.fn.crossplane.io/ready"
"""On an object: "True" or "False" instead of the readiness of its kind. Not sent to Crossplane."""

KEY_ANNOTATION = "cdk8s.fn.crossplane.io/composition-resource-name"
"""On an object: its composition-resource-name instead of its construct path. Not sent to Crossplane."""

_READY_WORDS = {"True": True, "False": False}


def result(statements: Statements, objects: list[dict[str, Json]], *, above: str) -> SynthResult:
    """Return the result of a synthesis.

    Args:
        statements: What the chart said.
        objects: Its objects, each with its construct path below the chart and its manifest.
        above: The construct path of the chart, with a slash.

    Raises:
        FatalError: If two objects share a key, or an annotation of one makes no sense.
    """
    keys: dict[str, str] = {}
    resources: list[ComposedResource] = []
    for item in objects:
        path: str = item["path"]
        composed = _composed(path, item["manifest"])
        keys[path] = composed.key
        resources.append(composed)
    _refuse_duplicates(keys)
    indexes = {composed.key: index for index, composed in enumerate(resources)}
    for construct, ready in statements.resource_ready:
        index = indexes[_key_of(construct, keys, above)]
        resources[index] = resources[index]._replace(ready=ready)
    for construct, from_key in statements.moves:
        index = indexes[_key_of(construct, keys, above)]
        moved_from = (*resources[index].moved_from, from_key)
        resources[index] = resources[index]._replace(moved_from=moved_from)
    return SynthResult(
        resources=tuple(resources),
        status=statements.status,
        ready=statements.ready,
        connection=statements.connection,
        conditions=tuple(statements.conditions.values()),
        events=tuple(statements.events),
        requirements=statements.requirements,
        schemas=statements.schemas,
        context=statements.context,
        ttl_seconds=statements.ttl_seconds,
    )


def _composed(path: str, manifest: dict[str, Json]) -> ComposedResource:
    annotations: dict[str, Json] = manifest.get("metadata", {}).get("annotations") or {}
    ready = annotations.pop(READY_ANNOTATION, None)
    if ready is not None and (not isinstance(ready, str) or ready not in _READY_WORDS):
        msg = f'construct "{path}": annotation {READY_ANNOTATION} must be "True" or "False", not {ready!r}'
        raise FatalError(msg)
    key = annotations.pop(KEY_ANNOTATION, None) or identity.key_of(path)
    if not isinstance(key, str):
        msg = f'construct "{path}": annotation {KEY_ANNOTATION} must be text, not {key!r}'
        raise FatalError(msg)
    if "annotations" in manifest.get("metadata", {}) and not annotations:
        del manifest["metadata"]["annotations"]
    return ComposedResource(key=key, manifest=manifest, ready=None if ready is None else _READY_WORDS[ready])


def _refuse_duplicates(keys: Mapping[str, str]) -> None:
    paths: dict[str, str] = {}
    for path, key in keys.items():
        if key in paths:
            msg = (
                f'constructs "{paths[key]}" and "{path}" share the composition-resource-name "{key}"; '
                "rename one of them"
            )
            raise FatalError(msg)
        paths[key] = path


def _key_of(construct: IConstruct, keys: Mapping[str, str], above: str) -> str:
    path = construct.node.path.removeprefix(above)
    if path in keys:
        return keys[path]
    # The chart itself is above all paths: it holds every object.
    inside = f"{construct.node.path}/".removeprefix(above)
    below = [key for other, key in keys.items() if other.startswith(inside)]
    if len(below) == 1:
        return below[0]
    msg = f'construct "{path}" holds {len(below)} objects; name one ApiObject'
    raise FatalError(msg)
