"""Turn what a chart wants into the desired state of a RunFunctionResponse.

Everything is checked before the response is changed, so that desired state has
all objects of the chart or stays unchanged. Rules of Crossplane's function
specification apply: no status on composed resources, only status on the XR, and
whatever earlier steps desire passes through.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from crossplane.function import response
from google.protobuf import message, struct_pb2

from cdk8s_function import nesting, objects
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json
from cdk8s_function.protocol import deep, structs, wire
from cdk8s_function.protocol.messages import ChartRef, ComposedResource, Condition, Event, SynthRequest, SynthResult
from cdk8s_function.server import pipeline_steps, readiness, replacement_guard
from cdk8s_function.server.chart_output import ChartOutput, Resource

_VERSION_CONDITION = "ChartVersion"

_READY = {True: fnv1.READY_TRUE, False: fnv1.READY_FALSE, None: fnv1.READY_UNSPECIFIED}
_READY_FIELD = {ready: wire.number(fnv1.Resource.READY_FIELD_NUMBER, _READY[ready]) for ready in (True, False)}

_KEY, _VALUE = 1, 2
"""The fields of a map's entry (https://protobuf.dev/programming-guides/encoding/#maps)."""

_DESIRED = fnv1.RunFunctionResponse.DESIRED_FIELD_NUMBER
_RESOURCES = fnv1.State.RESOURCES_FIELD_NUMBER

_SEVERITIES = {"normal": fnv1.SEVERITY_NORMAL, "warning": fnv1.SEVERITY_WARNING}
_TARGETS = {"composite": fnv1.TARGET_COMPOSITE, "composite-and-claim": fnv1.TARGET_COMPOSITE_AND_CLAIM}
_STATUSES = {
    "True": fnv1.STATUS_CONDITION_TRUE,
    "False": fnv1.STATUS_CONDITION_FALSE,
    "Unknown": fnv1.STATUS_CONDITION_UNKNOWN,
}


def chart_output(request: SynthRequest, result: SynthResult) -> ChartOutput:
    """Return a chart's output, checked and encoded as a response needs it.

    Args:
        request: The request to the chart, of which only chart and XR are used.
        result: Its result.

    Raises:
        FatalError: If Crossplane could not compose it.
    """
    namespace: str = objects.metadata(request.composite).get("namespace") or ""
    manifests = [_composable(resource, request.chart, xr_namespace=namespace) for resource in result.resources]
    _refuse_twins(manifests, result.resources)
    return ChartOutput(
        resources=tuple(
            Resource(about=_about(resource), encoded=_encoded(_resource(resource.key, manifest)))
            for resource, manifest in zip(result.resources, manifests, strict=True)
        ),
        status=None if result.status is None else _encoded(_struct(result.status)),
        others=_encoded(_others(result, request.chart)),
        ttl_seconds=result.ttl_seconds,
    )


def compose(rsp: fnv1.RunFunctionResponse, request: SynthRequest, output: ChartOutput) -> bytes:
    """Return the wire form of a response with what a chart wants.

    Args:
        rsp: A response that holds what earlier steps desire. It is of no use afterwards.
        request: The current request.
        output: The chart's output for this XR.

    Raises:
        FatalError: If an object would be lost, or an earlier step has one of the same key.
    """
    others = list(rsp.desired.resources)
    settled = replacement_guard.settled_keys([resource.about for resource in output.resources], request.observed)
    _refuse_taken_keys(settled, others)
    chart = request.chart.name
    own = pipeline_steps.own(chart, settled, request.observed)
    earlier = pipeline_steps.taken(chart, (each.resource for each in rsp.desired.resources.values()))
    step = pipeline_steps.mark(own, earlier)
    replacement_guard.check(
        chart=request.chart,
        settled=settled,
        others=others,
        steps=own,
        observed=request.observed,
        xr_annotations=objects.strings(request.composite, "annotations"),
    )
    ready = {key: _is_ready(resource, request.observed.get(key)) for key, resource in settled.items()}
    # Nothing fails from here on.
    entries: list[bytes] = []
    for key, resource in zip(settled, output.resources, strict=True):
        encoded = resource.encoded if step == pipeline_steps.FIRST else _labelled(resource.encoded, step)
        entry = wire.delimited(_KEY, key.encode()) + wire.delimited(_VALUE, encoded + _READY_FIELD[ready[key]])
        entries.append(wire.delimited(_RESOURCES, entry))
    if output.status is not None:
        # Field by field over the status of earlier steps: a Struct merges that way, a response would not.
        deep.merge(rsp.desired.composite.resource.get_or_create_struct("status"), output.status)
    return rsp.SerializeToString() + wire.delimited(_DESIRED, b"".join(entries)) + output.others


def _labelled(encoded: bytes, step: str) -> bytes:
    """Return an encoded fnv1.Resource with a step's label."""
    made = deep.parse(fnv1.Resource, encoded)
    labels = made.resource.fields["metadata"].struct_value.fields["labels"].struct_value
    labels.fields[pipeline_steps.STEP_LABEL].string_value = step
    return made.SerializeToString()


def _about(resource: ComposedResource) -> ComposedResource:
    manifest = {
        "apiVersion": resource.manifest["apiVersion"],
        "kind": resource.manifest["kind"],
        "metadata": {"name": objects.name(resource.manifest)},
    }
    return ComposedResource(key=resource.key, manifest=manifest, ready=resource.ready, moved_from=resource.moved_from)


def _resource(key: str, manifest: Mapping[str, Json]) -> fnv1.Resource:
    made = fnv1.Resource()
    # Updated in place: a Struct given to a message would be copied.
    _fill(made.resource, manifest, where=f'"{key}": ')
    return made


def _others(result: SynthResult, chart: ChartRef) -> fnv1.RunFunctionResponse:
    rsp = fnv1.RunFunctionResponse(
        conditions=[_condition(condition) for condition in (*result.conditions, *_version(chart))],
        results=[_event(event) for event in result.events],
    )
    if result.ready is not None:
        rsp.desired.composite.ready = _READY[result.ready]
    for key, value in result.connection.items():
        rsp.desired.composite.connection_details[key] = base64.b64decode(value)
    if result.context:
        _fill(rsp.context, result.context, where="context: ")
    _add_requirements(rsp, result)
    return rsp


def _version(chart: ChartRef) -> tuple[Condition, ...]:
    """Return the condition that tells which of several versions composed the XR."""
    if not chart.digest:
        return ()
    message = f"{chart.dist} {chart.version} ({chart.digest})"
    return (Condition(type=_VERSION_CONDITION, status="True", reason="Composed", message=message, target="composite"),)


def _struct(fields: Mapping[str, Json]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    _fill(struct, fields, where="status: ")
    return struct


def _fill(struct: struct_pb2.Struct, fields: Mapping[str, Json], *, where: str) -> None:
    try:
        structs.fill(struct, fields)
    except nesting.TooDeepError as error:
        path = nesting.text(nesting.first_too_deep(fields) or ())
        msg = f"{where}{path} {error}"
        raise FatalError(msg) from error


def _encoded(made: message.Message) -> bytes:
    # Deterministic, so that equal outputs have equal bytes.
    return made.SerializeToString(deterministic=True)


def _composable(resource: ComposedResource, chart: ChartRef, *, xr_namespace: str) -> dict[str, Json]:
    """Return an object as Crossplane is to apply it."""
    manifest = dict(resource.manifest)
    manifest.pop("status", None)
    metadata = manifest["metadata"] = dict(objects.metadata(manifest))
    labels = metadata["labels"] = dict(metadata.get("labels") or {})
    annotations = metadata["annotations"] = dict(metadata.get("annotations") or {})
    _check_type(resource, manifest)
    _check_strings(resource, "labels", labels)
    _check_strings(resource, "annotations", annotations)
    for field in ("name", "namespace"):
        if (value := metadata.get(field)) is not None and not isinstance(value, str):
            msg = f'"{resource.key}": metadata.{field} must be text, not {value!r}'
            raise FatalError(msg)
    name = metadata.get("name")
    if name is not None and not objects.is_name(manifest["apiVersion"], manifest["kind"], name):
        most = objects.MOST_OF_A_NAME
        msg = f'"{resource.key}": metadata.name "{name}" is not a DNS subdomain of at most {most} characters'
        raise FatalError(msg)
    _check_namespace(resource, manifest, metadata.get("namespace") or "", xr_namespace)
    if metadata.get("namespace") == xr_namespace:
        # Crossplane sets it, after it has looked up whether the kind is namespaced.
        metadata.pop("namespace", None)
    labels[pipeline_steps.CHART_LABEL] = chart.name
    annotations[replacement_guard.VERSION_ANNOTATION] = chart.version
    if chart.digest:
        annotations[replacement_guard.DIGEST_ANNOTATION] = chart.digest
    return manifest


def _check_type(resource: ComposedResource, manifest: Mapping[str, Any]) -> None:
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not api_version or not isinstance(kind, str) or not kind:
        msg = f'"{resource.key}" has no apiVersion and kind'
        raise FatalError(msg)
    if kind.endswith("List") and isinstance(manifest.get("items"), list):
        msg = f'"{resource.key}" is a {kind}, which Crossplane can\'t compose; make an ApiObject of each of its items'
        raise FatalError(msg)


def _check_strings(resource: ComposedResource, field: str, strings: Mapping[str, Any]) -> None:
    # Crossplane drops all labels, or all annotations, of an object if one of them is not a string.
    for name, value in strings.items():
        if not isinstance(value, str):
            msg = f'"{resource.key}": metadata.{field}["{name}"] must be text, not {value!r}'
            raise FatalError(msg)


def _check_namespace(
    resource: ComposedResource, manifest: Mapping[str, Any], namespace: str, xr_namespace: str
) -> None:
    kind = manifest["kind"]
    namespaced = objects.namespaced(manifest["apiVersion"], kind)
    if xr_namespace and namespaced is False:
        msg = (
            f'"{resource.key}" is a {kind}, which is cluster-scoped; an XR in a namespace composes only objects '
            'in that namespace (make the XR cluster-scoped: scope="Cluster" in the chart\'s composite_type)'
        )
        raise FatalError(msg)
    if xr_namespace and namespace and namespace != xr_namespace:
        msg = (
            f'"{resource.key}": metadata.namespace is "{namespace}", but an XR in namespace "{xr_namespace}" '
            "composes only objects there; leave metadata.namespace out"
        )
        raise FatalError(msg)
    if not xr_namespace and namespaced and not namespace:
        msg = (
            f'"{resource.key}" is a {kind} without metadata.namespace; a cluster-scoped XR must give it one '
            "(on the object, or on the chart: super().__init__(scope, id, namespace=…))"
        )
        raise FatalError(msg)
    if namespaced is False and namespace:
        msg = f'"{resource.key}" is a {kind}, which is cluster-scoped: leave metadata.namespace out'
        raise FatalError(msg)


def _refuse_taken_keys(settled: Mapping[str, ComposedResource], others: list[str]) -> None:
    taken = sorted(set(settled) & set(others))
    if taken:
        msg = (
            f'an earlier step of the pipeline composes a resource with the composition-resource-name "{taken[0]}" too; '
            "rename the construct or that step's resource"
        )
        raise FatalError(msg)


def _refuse_twins(manifests: Sequence[Mapping[str, Any]], resources: Sequence[ComposedResource]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for manifest, resource in zip(manifests, resources, strict=True):
        metadata = manifest["metadata"]
        if not metadata.get("name"):
            continue
        group = objects.group_of(manifest["apiVersion"])
        identity = (group, manifest["kind"], metadata.get("namespace") or "", metadata["name"])
        if identity in seen:
            msg = (
                f'"{seen[identity]}" and "{resource.key}" are the same object, '
                f"{manifest['kind']} {metadata['name']}; give one of them another metadata.name"
            )
            raise FatalError(msg)
        seen[identity] = resource.key


def _is_ready(resource: ComposedResource, current: Mapping[str, Json] | None) -> bool:
    if resource.ready is not None:
        return resource.ready
    return current is not None and readiness.of(current)


def _add_requirements(rsp: fnv1.RunFunctionResponse, result: SynthResult) -> None:
    for name, wanted in result.requirements.items():
        response.require_resources(
            rsp,
            name,
            wanted.api_version,
            wanted.kind,
            match_name=wanted.match_name,
            match_labels=None if wanted.match_labels is None else dict(wanted.match_labels),
            namespace=wanted.namespace,
        )
    for name, schema in result.schemas.items():
        response.require_schema(rsp, name, schema.api_version, schema.kind)


def _condition(condition: Condition) -> fnv1.Condition:
    return fnv1.Condition(
        type=condition.type,
        status=_STATUSES[condition.status],
        reason=condition.reason,
        message=condition.message or None,
        target=_TARGETS[condition.target],
    )


def _event(event: Event) -> fnv1.Result:
    return fnv1.Result(
        severity=_SEVERITIES[event.severity],
        message=event.message,
        reason=event.reason or None,
        target=_TARGETS[event.target],
    )
