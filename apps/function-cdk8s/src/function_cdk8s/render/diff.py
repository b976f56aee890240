"""The difference between a render and other objects: a unified diff for each object that differs.

    --- deployment: apps/v1 Deployment team-a/demo
    +++ deployment: apps/v1 Deployment team-a/demo

Objects with the same composition-resource-name are compared. Objects without one
are compared by group, kind, namespace and name. The values of Secrets are not
shown, and neither are annotations that repeat them.
"""

import collections
import copy
import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import composed, fields, rendered_xr
from cdk8s_function.reconcile.reconcile import Rendered
from cdk8s_function.yaml import writer

_NOTHING = "/dev/null"
"""The file name that diff prints for a missing file."""

_SECRET = "(secret)"  # noqa: S105  # Shown instead of a secret.
_CHANGED = "(secret, changed)"

_Manifest = Mapping[str, Json]


@dataclasses.dataclass(frozen=True)
class Pair:
    """An object before and after; None if it does not exist.

    Attributes:
        label: What is printed before its name.
        before: The object as it was.
        after: The object as it is rendered.
    """

    label: str
    before: _Manifest | None
    after: _Manifest | None


def with_file(rendered: Rendered, before: Sequence[_Manifest]) -> str:
    """Return the difference between a render and manifests; "" if there is none.

    Args:
        rendered: The render.
        before: Manifests, like the output of an earlier render. Of the XR only the status is compared.
    """
    same_xr = [each for each in before if objects.is_same(each, rendered.xr)]
    others = [each for each in before if not objects.is_same(each, rendered.xr) and _is_object(each)]
    xr = Pair("", _state_of_xr(same_xr[0]) if same_xr else None, _state_of_xr(rendered.xr))
    return _text([xr, *_pairs(others, rendered.composed)])


def with_observed(rendered: Rendered, observed: Sequence[_Manifest]) -> str:
    """Return the difference between composed and observed resources; "" if there is none.

    Only the fields that the render sets are compared: fields that the API server
    and controllers add are no change.

    Args:
        rendered: The render.
        observed: Objects of the cluster.
    """
    others = [each for each in observed if not objects.is_same(each, rendered.xr)]
    pairs = _pairs(others, rendered.composed)
    return _text(
        dataclasses.replace(pair, before=only_what_is_set(pair.before, pair.after))
        if pair.before is not None and pair.after is not None
        else pair
        for pair in pairs
    )


def _is_object(manifest: _Manifest) -> bool:
    # A render also prints events and the context, as kinds of this group.
    return objects.group_of(str(manifest.get("apiVersion"))) != "render.crossplane.io"


def _pairs(before: Sequence[_Manifest], after: Sequence[_Manifest]) -> Iterator[Pair]:
    """Return the objects of both sides in the order of their keys; objects without a key come last."""
    old, new = _by_identity(before), _by_identity(after)
    for identity in sorted({**old, **new}):
        yield Pair(identity[1], old.get(identity), new.get(identity))


def _by_identity(manifests: Sequence[_Manifest]) -> dict[tuple[bool, str, str], _Manifest]:
    counts = collections.Counter(map(composed.key_of, manifests))
    found: dict[tuple[bool, str, str], _Manifest] = {}
    for each in manifests:
        key = composed.key_of(each)
        group = objects.group_of(str(each.get("apiVersion")))
        is_alone = bool(key) and counts[key] == 1
        found[(not is_alone, key, "" if is_alone else f"{group}/{each.get('kind')} {objects.full_name(each)}")] = each
    return found


def _state_of_xr(xr: _Manifest) -> dict[str, Json]:
    metadata = {"name": objects.name(xr)} | ({"namespace": objects.namespace(xr)} if objects.namespace(xr) else {})
    status = rendered_xr.at_fixed_time(xr).get("status")
    return {"apiVersion": xr.get("apiVersion"), "kind": xr.get("kind"), "metadata": metadata, "status": status}


def _text(pairs: Iterable[Pair]) -> str:
    return "".join(line for pair in pairs for line in _lines(pair))


def _lines(pair: Pair) -> Iterator[str]:
    before, after = _without_secrets(pair.before, pair.after)
    old, new = ("" if each is None else writer.dump(each) for each in (before, after))
    names = (_name(pair.label, before), _name(pair.label, after))
    yield from difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), *names)


def _name(label: str, manifest: _Manifest | None) -> str:
    if manifest is None:
        return _NOTHING
    shown = f"{manifest.get('apiVersion')} {manifest.get('kind')} {objects.full_name(manifest)}"
    return f"{label}: {shown}" if label else shown


def _without_secrets(before: _Manifest | None, after: _Manifest | None) -> tuple[_Manifest | None, _Manifest | None]:
    """Return copies that tell of a secret only whether it changed."""
    made = [None if each is None else copy.deepcopy(objects.as_stored(each)) for each in (before, after)]
    for each in made:
        annotations = fields.at(each or {}, "metadata", "annotations")
        if isinstance(annotations, dict):
            for name in objects.REPEATING_ANNOTATIONS:
                cast("dict[str, Json]", annotations).pop(name, None)
    old, new = made
    if any(_is_secret(each) for each in made):
        _hide(old, new)
    return old, new


def _is_secret(manifest: _Manifest | None) -> bool:
    return manifest is not None and (manifest.get("apiVersion"), manifest.get("kind")) == ("v1", "Secret")


def _hide(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    for field in ("data", "stringData"):
        was, now = ((each or {}).get(field) for each in (old, new))
        if old and was is not None:
            old[field] = dict.fromkeys(cast("dict[str, Json]", was), _SECRET) if isinstance(was, dict) else _SECRET
        if new and now is not None:
            new[field] = _told(was, now)


def _told(was: Json, now: Json) -> Json:
    if not isinstance(now, dict):
        return _SECRET if was == now else _CHANGED
    before = cast("dict[str, Json]", was) if isinstance(was, dict) else {}
    values = cast("dict[str, Json]", now)
    return {key: _SECRET if before.get(key, value) == value else _CHANGED for key, value in values.items()}


def only_what_is_set(before: Json, after: Json) -> Any:  # noqa: ANN401  # JSON, as it comes.
    """Return the old value without the fields that the new value does not set."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Json]", before), cast("dict[str, Json]", after)
        return {key: only_what_is_set(value, new[key]) for key, value in old.items() if key in new}
    if isinstance(before, list) and isinstance(after, list):
        items, others = cast("list[Json]", before), cast("list[Json]", after)
        by_name = _by_name(others)
        found = (
            [by_name.get(_name_of(item) or "", item) for item in items] if by_name else others + items[len(others) :]
        )
        return [only_what_is_set(item, other) for item, other in zip(items, found, strict=False)]
    return cast("Json", before)


def _by_name(items: Sequence[Json]) -> dict[str, Json]:
    """Return the items of a list by name, like containers or volumes; empty if an item has no name of its own."""
    by_name = {name: item for item in items if (name := _name_of(item)) is not None}
    return by_name if len(by_name) == len(items) else {}


def _name_of(item: Json) -> str | None:
    name = cast("dict[str, Json]", item).get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
