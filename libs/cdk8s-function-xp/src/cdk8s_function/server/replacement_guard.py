"""Refuse changes of identity that would lose an object.

Crossplane knows a composed resource by its key. A key that is no longer desired
is deleted before anything new is applied, so a construct renamed between two
versions of a chart deletes a PersistentVolumeClaim, a Secret or a database and
makes an empty one. And an object that exists keeps its name whatever the
function desires, so after a change of its name the chart's other objects refer
to a name that does not exist
(crossplane v2.3, internal/controller/apiextensions/composite/composition_functions.go).

An XR may go back to an older version of its chart, and the same holds then: an
object that the newer version has renamed would be lost.

A different set of keys from the same version of a chart comes from the XR (a
list in its spec, for example) and passes. Each object carries the chart's name and
version for this.
"""

from collections.abc import Collection, Mapping, Sequence

from cdk8s_function import objects
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ChartRef, ComposedResource
from cdk8s_function.server import pipeline_steps

VERSION_ANNOTATION = "cdk8s.fn.crossplane.io/chart-version"
"""On each composed resource: the version of the chart's wheel."""

DIGEST_ANNOTATION = "cdk8s.fn.crossplane.io/chart-digest"
"""On each composed resource of a chart with a folder of its own: the digest of that."""

REPLACE_ANNOTATION = "cdk8s.fn.crossplane.io/allow-replace"
"""On an XR: keys, separated by commas, that may be deleted though an object of the same kind is new."""


def settled_keys(
    resources: Sequence[ComposedResource], observed: Mapping[str, Mapping[str, Json]]
) -> dict[str, ComposedResource]:
    """Return the resources by the keys they have in this XR.

    A resource that the chart moved keeps its old key if the XR has the old object.

    Args:
        resources: What the chart wants.
        observed: Observed composed resources, by key.

    Raises:
        FatalError: If two resources would go by one key.
    """
    settled: dict[str, ComposedResource] = {}
    for resource in resources:
        key = resource.key
        if key not in observed:
            key = next((old for old in resource.moved_from if old in observed), key)
        if key in settled:
            msg = f'"{resource.key}" and "{settled[key].key}" would both take the place of "{key}"; correct moved()'
            raise FatalError(msg)
        settled[key] = resource
    return settled


def check(
    *,
    chart: ChartRef,
    settled: Mapping[str, ComposedResource],
    others: Sequence[str],
    steps: Collection[str],
    observed: Mapping[str, Mapping[str, Json]],
    xr_annotations: Mapping[str, str],
) -> None:
    """Refuse a set of resources that would lose an object by a change of identity.

    Args:
        chart: The chart.
        settled: What it wants, by key.
        others: Keys other pipeline steps want.
        steps: The marks of this step's objects that exist; with none, all of the chart's objects may be its own
            that do not bear the mark of an earlier step's.
        observed: Observed composed resources, by key.
        xr_annotations: The XR's annotations.

    Raises:
        FatalError: If an object would be renamed, or replaced by a new one of its kind.
    """
    for key, resource in settled.items():
        if key in observed:
            _check_same_object(key, resource, observed[key])
    allowed = {key.strip() for key in xr_annotations.get(REPLACE_ANNOTATION, "").split(",")}
    earlier = frozenset[str]() if steps else pipeline_steps.own(chart.name, others, observed)
    new: dict[tuple[str, str], str] = {}
    for key, resource in settled.items():
        if key not in observed:
            new.setdefault(_type(resource.manifest), key)
    for key in sorted(observed):
        if key in settled or key in others or key in allowed:
            continue
        current = observed[key]
        step = pipeline_steps.of(current)
        # The earlier step has answered for its own.
        if step in earlier or (steps and step not in steps):
            continue
        if _is_of_another_version(current, chart) and _type(current) in new:
            kind, name, made = current.get("kind"), objects.name(current), new[_type(current)]
            allow = f"to let it be deleted, annotate the XR with {REPLACE_ANNOTATION}: {key}"
            if later := _later_version(current, chart):
                # An older version can't name what a newer one has renamed.
                msg = (
                    f'version {chart.version} would delete "{key}" ({kind} {name}), which version {later} composed, '
                    f'and make "{made}" in its place; name version {later} or a later one in the Composition; {allow}'
                )
                raise FatalError(msg)
            msg = (
                f'version {chart.version} would delete "{key}" ({kind} {name}) and make "{made}" in its place; if its '
                f'construct was renamed, call composite.moved(construct, from_key="{key}") in the chart; {allow}'
            )
            if not steps:
                msg += "; if it is a later step's, add this step before the chart's new version"
            raise FatalError(msg)


def _check_same_object(key: str, resource: ComposedResource, current: Mapping[str, Json]) -> None:
    if not _is_of_one_type(resource.manifest, current):
        msg = (
            f'"{key}" is a {current.get("kind")} in the cluster and cannot become a {resource.manifest.get("kind")}; '
            "give the new object's construct another id"
        )
        raise FatalError(msg)
    wanted = objects.name(resource.manifest)
    if wanted and wanted != (name := objects.name(current)):
        msg = (
            f'"{key}" is named "{name}" in the cluster and cannot be renamed to "{wanted}"; '
            f'set its metadata.name to composite.observed_name("{key}"), or give its construct another id'
        )
        raise FatalError(msg)


def _is_of_one_type(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    # The usual case, in which the groups need not be compared.
    if one.get("kind") == other.get("kind") and one.get("apiVersion") == other.get("apiVersion"):
        return True
    return _type(one) == _type(other)


def _is_of_another_version(current: Mapping[str, Json], chart: ChartRef) -> bool:
    if objects.strings(current, "labels").get(pipeline_steps.CHART_LABEL) != chart.name:
        return False
    annotations = objects.strings(current, "annotations")
    if annotations.get(VERSION_ANNOTATION) != chart.version:
        return True
    # A folder that was made again for the same version.
    digest = annotations.get(DIGEST_ANNOTATION)
    return bool(digest and chart.digest and digest != chart.digest)


def _later_version(current: Mapping[str, Json], chart: ChartRef) -> str:
    """Return the version that composed an object if it is later than the chart's, "" if it is not, or is none."""
    version = objects.strings(current, "annotations").get(VERSION_ANNOTATION) or ""
    other, own = registry.version_of(version), registry.version_of(chart.version)
    return version if other is not None and own is not None and other > own else ""


def _type(manifest: Mapping[str, Json]) -> tuple[str, str]:
    return objects.group_of(manifest.get("apiVersion") or ""), manifest.get("kind") or ""
