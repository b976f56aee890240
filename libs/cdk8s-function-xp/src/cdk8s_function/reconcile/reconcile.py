"""Render an XR: what one reconcile of it by Crossplane would apply and report.

The steps are those of `crossplane composition render`, which runs Crossplane's
own reconciler on a cluster in memory (crossplane v2.3, internal/render/composite
and internal/controller/apiextensions/composite/reconciler.go).
"""

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function import objects
from cdk8s_function.chart.composite import SYSTEM_CONDITIONS
from cdk8s_function.objects import Json
from cdk8s_function.protocol.structs import to_dict_of_doubles
from cdk8s_function.reconcile import composed, conditions, defaults, fields, rendered_xr
from cdk8s_function.reconcile.cluster import Cluster
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.events import Event, Events
from cdk8s_function.reconcile.inputs import Inputs
from cdk8s_function.reconcile.pipeline import Outcome, Pipeline, RunFunction
from cdk8s_function.reconcile.rendered_xr import Machinery

_RECONCILE_REQUEST = "crossplane.io/reconcile-requested-at"
_CONDITION_STATUSES = {fnv1.STATUS_CONDITION_TRUE: "True", fnv1.STATUS_CONDITION_FALSE: "False"}
_SHOWN_UNREADY = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendered:
    """The outcome of a reconcile.

    Attributes:
        xr: The XR: its identity, references and status.
        composed: Composed resources, by composition-resource-name.
        events: Events, in order.
        context: The pipeline's last context, None where there is none.
    """

    xr: dict[str, Json]
    composed: Sequence[dict[str, Json]] = ()
    events: Sequence[Event] = ()
    context: dict[str, Json] | None = None


def render(inputs: Inputs, run: RunFunction) -> Rendered:
    """Return the outcome of a reconcile of the XR.

    Args:
        inputs: What is given; the XR has its defaults already.
        run: Runs one call of a pipeline step.

    Raises:
        RenderError: If Crossplane would not come to the end of the reconcile.
    """
    machinery = Machinery(defaults.is_legacy(inputs.xrd))
    # What a render printed can be given to the next one as it is: it begins with the XR.
    observed = [item for item in inputs.observed if not objects.is_same(item, inputs.xr)]
    xr = rendered_xr.stored(inputs.xr, observed, machinery)
    cluster = Cluster([copy.deepcopy(xr), *observed, *inputs.required, *inputs.credentials])
    events = Events()
    rendered_xr.set_responsive(xr)
    if stopped := _stopped(xr, events):
        return stopped
    _select_composition(xr, inputs, machinery, events, cluster)
    try:
        return _compose(xr, inputs, machinery, events, cluster, run)
    except RenderError as error:
        msg = f"cannot compose resources: {error}"
        raise RenderError(msg) from error


def _stopped(xr: dict[str, Json], events: Events) -> Rendered | None:
    """Return the outcome for an XR that is paused or being deleted: no function is called for it."""
    generation = rendered_xr.generation(xr)
    if fields.strings(fields.at(xr, "metadata", "annotations")).get(rendered_xr.PAUSED_ANNOTATION) == "true":
        events.normal("ReconciliationPaused", "Reconciliation is paused via the pause annotation")
        message = "Reconciliation (including deletion) is paused via the pause annotation"
        rendered_xr.mark(xr, conditions.make("Synced", "False", "ReconcilePaused", message, generation=generation))
        return Rendered(xr=xr, events=events.recorded)
    request = fields.strings(fields.at(xr, "metadata", "annotations")).get(_RECONCILE_REQUEST)
    if request is not None and fields.at(xr, "status", "lastHandledReconcileAt") != request:
        events.normal("ReconcileRequestHandled", "Handling reconcile request")
        fields.put(xr, request, "status", "lastHandledReconcileAt")
    if objects.metadata(xr).get("deletionTimestamp"):
        rendered_xr.mark(xr, conditions.make("Ready", "False", "Deleting", generation=generation))
        rendered_xr.mark(xr, conditions.make("Synced", "True", "ReconcileSuccess", generation=generation))
        return Rendered(xr=xr, events=events.recorded)
    return None


def _select_composition(
    xr: dict[str, Json], inputs: Inputs, machinery: Machinery, events: Events, cluster: Cluster
) -> None:
    name = inputs.composition.metadata.name
    before = fields.at(xr, *machinery.path("compositionRef"))
    rendered_xr.set_composition(xr, name, machinery)
    if before != fields.at(xr, *machinery.path("compositionRef")):
        events.normal("SelectComposition", f"Successfully selected composition: {name}")
    labelled = bool(fields.strings(fields.at(xr, "metadata", "labels")).get(rendered_xr.NAME_LABEL))
    if not labelled:
        rendered_xr.set_name_label(xr)
        cluster.put(copy.deepcopy(xr))


def _compose(
    xr: dict[str, Json],
    inputs: Inputs,
    machinery: Machinery,
    events: Events,
    cluster: Cluster,
    run: RunFunction,
) -> Rendered:
    observed = _observe(xr, machinery, cluster)
    pipeline = Pipeline(cluster, inputs.schemas, run)
    outcome = pipeline.run(inputs.composition.spec.pipeline, _state(xr, observed, machinery, cluster), inputs.context)
    return rendered(xr, observed, outcome, machinery, events)


def rendered(
    xr: Mapping[str, Json],
    observed: Mapping[str, Mapping[str, Json]],
    outcome: Outcome,
    machinery: Machinery,
    events: Events,
) -> Rendered:
    """Return what Crossplane makes of the outcome of a pipeline.

    Args:
        xr: The XR, as functions see it.
        observed: Composed resources that exist, by composition-resource-name.
        outcome: What the pipeline leaves.
        machinery: Where the XR's fields of Crossplane's own are.
        events: Events so far.

    Raises:
        RenderError: If Crossplane would refuse a resource.
    """
    resources = {
        key: composed.complete(to_dict_of_doubles(resource.resource), key=key, xr=xr, observed=observed.get(key))
        for key, resource in sorted(outcome.desired.resources.items())
    }
    for step, result in outcome.results:
        events.result(step, result)
    unready = [key for key in resources if outcome.desired.resources[key].ready != fnv1.READY_TRUE]
    for key in unready:
        events.normal("ComposeResources", f'Composed resource "{key}" is not yet ready')
    namespaced = bool(objects.namespace(xr))
    references = [composed.reference(manifest, namespaced=namespaced) for manifest in resources.values()]
    return Rendered(
        xr=rendered_xr.printed(
            xr,
            status=_status(xr, outcome, unready, machinery),
            references=sorted(references, key=_reference_order),
            machinery=machinery,
        ),
        composed=list(resources.values()),
        events=events.recorded,
        context=None if outcome.context is None else to_dict_of_doubles(outcome.context),
    )


def _observe(xr: Mapping[str, Json], machinery: Machinery, cluster: Cluster) -> dict[str, Mapping[str, Json]]:
    """Return the composed resources the XR refers to and the cluster has, by composition-resource-name."""
    found: dict[str, Mapping[str, Json]] = {}
    for reference in fields.sequence(xr, *machinery.path("resourceRefs")):
        where = objects.namespace(xr) or reference.get("namespace") or ""
        manifest = cluster.get(reference.get("apiVersion"), reference.get("kind"), where, reference.get("name") or "")
        if manifest is None:
            continue
        controller = rendered_xr.controller_of(manifest)
        if controller and controller.get("uid") != xr["metadata"]["uid"]:
            continue
        key = composed.key_of(manifest)
        if not key:
            msg = (
                f"cannot get existing composed resources: {manifest['kind']} {objects.name(manifest)} "
                f'has no annotation "{composed.KEY_ANNOTATION}"'
            )
            raise RenderError(msg)
        found[key] = manifest
    return found


def _state(
    xr: Mapping[str, Json], observed: Mapping[str, Mapping[str, Json]], machinery: Machinery, cluster: Cluster
) -> fnv1.State:
    state = fnv1.State()
    state.composite.resource.update(dict(xr))
    if machinery.legacy:
        state.composite.connection_details.update(_connection(xr, cluster))
    for key, manifest in observed.items():
        state.resources[key].resource.update(dict(manifest))
        state.resources[key].connection_details.update(_connection(manifest, cluster))
    return state


def _connection(manifest: Mapping[str, Json], cluster: Cluster) -> dict[str, bytes]:
    reference = fields.at(manifest, "spec", "writeConnectionSecretToRef")
    if not isinstance(reference, dict):
        return {}
    where = objects.namespace(manifest) or fields.at(manifest, "spec", "writeConnectionSecretToRef", "namespace") or ""
    name = fields.at(manifest, "spec", "writeConnectionSecretToRef", "name") or ""
    return cluster.secret(where, name) or {}


def _status(xr: Mapping[str, Json], outcome: Outcome, unready: Sequence[str], machinery: Machinery) -> dict[str, Json]:
    status: dict[str, Any] = to_dict_of_doubles(outcome.desired.composite.resource).get("status") or {}
    found = conditions.of(status)
    for condition in conditions.of(xr.get("status")):
        conditions.put(found, condition)
    claimed: list[str] = []
    for condition in outcome.conditions:
        if condition.type in SYSTEM_CONDITIONS:
            continue
        word = _CONDITION_STATUSES.get(condition.status, "Unknown")
        conditions.put(found, conditions.make(condition.type, word, condition.reason, condition.message))
        if condition.target == fnv1.TARGET_COMPOSITE_AND_CLAIM and condition.type not in claimed:
            claimed.append(condition.type)
    conditions.put(found, conditions.make("Synced", "True", "ReconcileSuccess"))
    conditions.put(found, _readiness(outcome, unready))
    if machinery.legacy and claimed:
        status["claimConditionTypes"] = claimed
    return {**status, "conditions": found}


def _readiness(outcome: Outcome, unready: Sequence[str]) -> conditions.Condition:
    if outcome.desired.composite.ready == fnv1.READY_TRUE:
        return conditions.make("Ready", "True", "Available")
    if outcome.desired.composite.ready == fnv1.READY_FALSE:
        return conditions.make("Ready", "False", "Creating")
    if not unready:
        return conditions.make("Ready", "True", "Available")
    return conditions.make("Ready", "False", "Creating", f"Unready resources: {_first_few(unready)}")


def _first_few(names: Sequence[str]) -> str:
    if len(names) > _SHOWN_UNREADY:
        return f"{', '.join(names[:_SHOWN_UNREADY])}, and {len(names) - _SHOWN_UNREADY} more"
    if len(names) == _SHOWN_UNREADY:
        return f"{', '.join(names[:-1])}, and {names[-1]}"
    return ", ".join(names)


def _reference_order(reference: Mapping[str, Json]) -> str:
    return "".join(reference.get(field) or "" for field in ("apiVersion", "kind", "name", "namespace"))
