"""The summary of a render: the composed objects and their readiness, and the XR's conditions, status and needs.

    KEY         KIND        NAME                      READY
    deployment  Deployment  demo-deployment-c8b2a1d3  no: not observed yet

Empty tables are not printed. The order is the same in each render: objects by
key, the rest in the order of the YAML.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.protocol.structs import to_dict_of_doubles
from cdk8s_function.reconcile import composed, conditions, fields
from cdk8s_function.reconcile.reconcile import Rendered

from function_cdk8s import table
from function_cdk8s.render import unready
from function_cdk8s.render.calls import Call, Calls

_STATUS_FIELDS = 20
_VALUE = 120
"""The most characters of a status field that are shown."""

_SEVERITIES = {fnv1.SEVERITY_NORMAL: "Normal", fnv1.SEVERITY_WARNING: "Warning"}
_DELETED = "deleted: it is observed, and no longer composed"

_Rows = Sequence[Sequence[str]]


def text(rendered: Rendered, calls: Calls, *, width: int | None = None) -> str:
    """Return the summary.

    Args:
        rendered: The outcome of the reconcile.
        calls: Its calls of the function.
        width: The most characters of a line; None for no limit.
    """
    listed = list(_objects(rendered, calls))
    ready = sum(cells[-1] == unready.READY for cells in listed)
    tables: tuple[tuple[Sequence[str], _Rows], ...] = (
        (("KEY", "KIND", "NAME", "READY"), listed),
        (("CONDITION", "STATUS", "REASON", "MESSAGE"), list(_conditions(rendered))),
        (("EVENT", "REASON", "MESSAGE"), list(_events(calls))),
        (("STATUS", "VALUE"), list(_status(rendered))),
        (("REQUIRES", "KIND", "WHICH", "FOUND"), list(_requirements(calls))),
    )
    xr = f"{rendered.xr['kind']} {objects.full_name(rendered.xr)}"
    heading = f"{xr}: {len(rendered.composed)} composed, {ready} ready"
    lines = list(table.wrapped(heading, width))
    for headings, rows in tables:
        if rows:
            lines += ["", *table.lines(headings, rows, width=width)]
    return "".join(f"{line}\n" for line in lines)


def _objects(rendered: Rendered, calls: Calls) -> Iterator[tuple[str, str, str, str]]:
    desired, observed = calls.desired.resources, calls.observed.resources
    made = {composed.key_of(manifest): manifest for manifest in rendered.composed}
    gone = {key: to_dict_of_doubles(observed[key].resource) for key in observed if key not in made}
    for key, manifest in sorted({**gone, **made}.items()):
        state = _DELETED
        if key in made:
            current = to_dict_of_doubles(observed[key].resource) if key in observed else None
            state = unready.state(desired[key].ready, current)
        name = objects.name(manifest) if objects.namespace(rendered.xr) else objects.full_name(manifest)
        yield key, str(manifest.get("kind")), name, state


def _conditions(rendered: Rendered) -> Iterator[tuple[str, str, str, str]]:
    for each in conditions.of(rendered.xr.get("status")):
        yield each["type"], each["status"], each["reason"], each.get("message", "")


def _events(calls: Calls) -> Iterator[tuple[str, str, str]]:
    """Return the events of the steps. Crossplane's own events repeat the other tables."""
    for call in calls.by_step.values():
        for result in call.response.results:
            yield _SEVERITIES.get(result.severity, "Warning"), result.reason, result.message


def _status(rendered: Rendered) -> Iterator[tuple[str, str]]:
    own = {key: value for key, value in fields.mapping(rendered.xr, "status").items() if key != "conditions"}
    found = list(_leaves(own, "")) if own else []
    for path, value in found[:_STATUS_FIELDS]:
        yield path, value if len(value) <= _VALUE else f"{value[:_VALUE]}…"
    if len(found) > _STATUS_FIELDS:
        yield "…", f"and {len(found) - _STATUS_FIELDS} more fields"


def _leaves(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, below in sorted(cast("dict[str, Json]", value).items()):
            yield from _leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, below in enumerate(cast("list[Json]", value)):
            yield from _leaves(below, f"{path}[{index}]")
    else:
        yield path, _scalar(value)


def _scalar(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "null" if value is None else str(value)


def _requirements(calls: Calls) -> Iterator[tuple[str, str, str, str]]:
    for call in calls.by_step.values():
        yield from _resources(call)
        for name, schema in sorted(call.response.requirements.schemas.items()):
            is_found = call.request.required_schemas[name].HasField("openapi_v3")
            found = "yes" if is_found else "no: --required-schemas gives it"
            yield name, schema.kind, f"the schema of {schema.api_version}", found


def _resources(call: Call) -> Iterator[tuple[str, str, str, str]]:
    asked, request = call.response.requirements, call.request
    for selectors, given in (
        (asked.extra_resources, request.extra_resources),
        (asked.resources, request.required_resources),
    ):
        for name, selector in sorted(selectors.items()):
            count = len(given[name].items) if name in given else 0
            yield name, selector.kind, _which(selector), str(count) if count else "0: --required-resources gives them"


def _which(selector: fnv1.ResourceSelector) -> str:
    where = f" in {selector.namespace}" if selector.namespace else ""
    if selector.WhichOneof("match") == "match_name":
        return f"{selector.match_name}{where}"
    labels = ",".join(f"{name}={value}" for name, value in sorted(selector.match_labels.labels.items()))
    return f"{labels or 'all'}{where}"
