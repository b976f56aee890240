"""The outcome of a reconcile, and the differences between two of them."""

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

from cdk8s_function.differences import ABSENT
from cdk8s_function.protocol.messages import ResourceRequirement, SchemaRequirement, SynthResult
from cdk8s_function.reconcile import conditions, defaults, reconcile, rendered_xr
from cdk8s_function.reconcile.events import Event
from cdk8s_function.reconcile.inputs import Inputs
from cdk8s_function.reconcile.rendered_xr import Machinery
from cdk8s_function.testing import lines
from cdk8s_function.testing.chart_runs import Ran

Manifest = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reconcile:
    """The outcome of one reconcile.

    Attributes:
        objects: What the chart composes, by composition-resource-name.
        applied: The same objects as Crossplane applies them: with its labels, annotations, owner and names.
        xr: The XR, with its references and status.
        status: The XR's status, without its conditions.
        conditions: The XR's conditions, Crossplane's own among them.
        events: The XR's events, in order.
        requirements: The objects and schemas that the chart asks the cluster for, by name.
        context: The pipeline's context.
        observed: The objects as it observed them, by composition-resource-name.
        calls: The calls of the function.
    """

    objects: Mapping[str, Manifest]
    applied: Mapping[str, Manifest]
    xr: Manifest
    status: Manifest
    conditions: Sequence[Manifest]
    events: Sequence[Event]
    requirements: Mapping[str, Manifest]
    context: Manifest
    observed: Mapping[str, Manifest]
    calls: Sequence[Ran]

    @property
    def ready(self) -> bool:
        """Whether the XR is ready."""
        return any(each["type"] == "Ready" and each["status"] == "True" for each in self.conditions)


def outcome(
    rendered: reconcile.Rendered,
    applied: Mapping[str, Manifest],
    calls: Sequence[Ran],
    observed: Mapping[str, Manifest],
) -> Reconcile:
    """Return the outcome of a reconcile.

    Args:
        rendered: What it printed.
        applied: The objects that it applied, by composition-resource-name.
        calls: The calls of the function.
        observed: The objects that it observed.
    """
    # A step that asks for requirements is called again: the last call of each step counts.
    last = {call.step: call.result for call in calls if call.result}
    results = list(last.values())
    xr = whole(rendered.xr)
    status: Manifest = dict(xr.get("status") or {})
    found = [dict(each) for each in conditions.of(status)]
    return Reconcile(
        objects={each.key: copy.deepcopy(each.manifest) for result in results for each in result.resources},
        applied=applied,
        xr=xr,
        status={field: value for field, value in status.items() if field != "conditions"},
        conditions=found,
        events=list(rendered.events),
        requirements={name: each for result in results for name, each in _requirements(result).items()},
        context=whole(rendered.context or {}),
        observed=observed,
        calls=calls,
    )


def _requirements(result: SynthResult) -> dict[str, Manifest]:
    return {name: _requirement(each) for name, each in (*result.requirements.items(), *result.schemas.items())}


def _requirement(wanted: ResourceRequirement | SchemaRequirement) -> Manifest:
    made: Manifest = {"apiVersion": wanted.api_version, "kind": wanted.kind}
    if isinstance(wanted, ResourceRequirement):
        optional = {"matchName": wanted.match_name, "namespace": wanted.namespace}
        made |= {field: value for field, value in optional.items() if value is not None}
        if wanted.match_labels is not None:
            made["matchLabels"] = dict(wanted.match_labels)
    return made


def changes(before: Reconcile, after: Reconcile) -> list[str]:
    """Return what differs between two reconciles, a line each."""
    found: list[str] = []
    for key in sorted({*before.applied, *after.applied}):
        was, now = (each.applied.get(key, ABSENT) for each in (before, after))
        subject = f'"{key}"'
        if was is ABSENT or now is ABSENT:
            only = "composed only in the last reconcile" if was is ABSENT else "composed no longer"
            found.append(f"{subject} ({(was if now is ABSENT else now)['kind']}): {only}")
        else:
            found += lines.changes(was, now, subject)
    found += lines.changes(before.status, after.status, "the XR's status")
    found += lines.changes(_by_type(before), _by_type(after), "the XR's condition")
    found += lines.changes(dict(before.requirements), dict(after.requirements), "requirement")
    found += lines.changes(before.context, after.context, "context")
    return found


def _by_type(reconciled: Reconcile) -> Manifest:
    return {each["type"]: each for each in reconciled.conditions}


def changed_requirements(calls: Sequence[Ran]) -> list[str]:
    """Return what differs between the requirements of the last two calls, a line each."""
    results = [call.result for call in calls if call.result]
    if len(results) < 2:  # noqa: PLR2004  # A last one and the one before.
        return []
    before, after = (_requirements(result) for result in results[-2:])
    return lines.changes(before, after, "requirement")


def written(inputs: Inputs) -> Manifest:
    """Return what Crossplane has written into an XR before it calls the function."""
    made: Manifest = copy.deepcopy(inputs.xr)
    rendered_xr.set_uid(made)
    rendered_xr.set_name_label(made)
    kept: Manifest = {"metadata": {field: made["metadata"][field] for field in ("uid", "labels")}}
    rendered_xr.set_composition(kept, inputs.composition.metadata.name, Machinery(defaults.is_legacy(inputs.xrd)))
    return kept


def whole(value: Any) -> Any:  # noqa: ANN401  # Any JSON.
    """Return a value whose whole numbers are ints: Crossplane's protocol has doubles only."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole(each) for key, each in cast("Manifest", value).items()}
        case list():
            return [whole(each) for each in cast("list[Any]", value)]
        case _:
            return value


def without_nulls(value: Manifest) -> Manifest:
    """Return a mapping without its fields that are null."""
    return {
        key: without_nulls(cast("Manifest", each)) if isinstance(each, dict) else each
        for key, each in value.items()
        if each is not None
    }
