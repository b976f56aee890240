"""Check composed objects against the schemas of their kinds, where the function input asks for it.

Kubernetes' own kinds are known. Of others the schema is asked for with the
response, where Crossplane can send it, and is there when the function is called
again: https://docs.crossplane.io/latest/composition/compositions/#required-schemas
"""

import dataclasses
import functools

from cdk8s_function.chart.read_log import ReadLog
from cdk8s_function.errors import FatalError
from cdk8s_function.object_schemas import catalog, faults
from cdk8s_function.protocol.messages import (
    ComposedResource,
    Condition,
    SchemaRequirement,
    SynthRequest,
    SynthResult,
)

CONDITION = "ObjectsValid"
"""Condition of an XR whose objects are checked."""

_PREFIX = "cdk8s.fn.crossplane.io/schema/"
_MOST_LISTED = 5


def checked(result: SynthResult, request: SynthRequest, log: ReadLog) -> SynthResult:
    """Return a chart's result with what the check of its objects adds to it.

    Args:
        result: The result.
        request: The request it is for.
        log: Takes note of each schema of the request that is read.

    Raises:
        FatalError: If an object does not fit, and the function input says `refuse`; or no schemas are installed.
    """
    if not request.validate:
        return result
    try:
        known = _known()
    except LookupError as error:
        msg = f"input.validate: {error}"
        raise FatalError(msg) from error
    lines: list[str] = []
    unchecked: dict[str, None] = {}
    wanted: dict[str, SchemaRequirement] = {}
    for resource in result.resources:
        schema = known.find(resource.manifest)
        if schema is None:
            api_version, kind = resource.manifest.get("apiVersion", ""), resource.manifest.get("kind", "")
            name = f"{_PREFIX}{api_version}/{kind}"
            if request.can_require_schemas:
                wanted[name] = SchemaRequirement(api_version=api_version, kind=kind)
                log.note("value", ("schemas", name))
            if not (live := request.schemas.get(name)):
                unchecked[f"{kind} ({api_version})"] = None
                continue
            schema = catalog.Schema(root=live, definitions={})
        lines += [_line(resource, fault) for fault in faults.faults(resource.manifest, schema)]
    if lines and request.validate == "refuse":
        raise FatalError(_several(lines))
    return dataclasses.replace(
        result,
        conditions=(*result.conditions, _condition(lines, list(unchecked))),
        schemas={**result.schemas, **wanted},
    )


@functools.cache
def _known() -> catalog.Catalog:
    return catalog.Catalog()


def _line(resource: ComposedResource, fault: str) -> str:
    return f'"{resource.key}", a {resource.manifest["kind"]}: {fault}'


def _several(lines: list[str]) -> str:
    more = len(lines) - 1
    return lines[0] + (f"; and {more} more fault{'s' * (more > 1)}" if more else "")


def _condition(lines: list[str], unchecked: list[str]) -> Condition:
    if lines:
        return Condition(type=CONDITION, status="False", reason="Invalid", message=_several(lines))
    if not unchecked:
        return Condition(type=CONDITION, status="True", reason="Valid")
    listed = ", ".join(unchecked[:_MOST_LISTED]) + (", …" if len(unchecked) > _MOST_LISTED else "")
    return Condition(type=CONDITION, status="Unknown", reason="NotChecked", message=f"no schema of {listed}")
