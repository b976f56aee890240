"""The XR on its way through a render: as a function sees it, and as it is printed.

What Crossplane adds before the first step and what is left of the XR after the
last one (crossplane v2.3, internal/render/composite/render.go and
internal/controller/apiextensions/composite/reconciler.go).
"""

import copy
import dataclasses
import uuid
from collections.abc import Mapping, Sequence

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import conditions, fields
from cdk8s_function.reconcile.conditions import Condition
from cdk8s_function.reconcile.errors import RenderError

NAME_LABEL = "crossplane.io/composite"
"""On an XR and on what it composes: the name its composed resources' names begin with."""

PAUSED_ANNOTATION = "crossplane.io/paused"

_RESOURCE_VERSION = "999"


@dataclasses.dataclass(frozen=True)
class Machinery:
    """Where an XR has Crossplane's own fields.

    Attributes:
        legacy: Whether it is an XR as before Crossplane v2.
    """

    legacy: bool

    def path(self, field: str) -> tuple[str, ...]:
        """Return the path of a field."""
        return ("spec", field) if self.legacy else ("spec", "crossplane", field)


def stored(xr: Mapping[str, Json], observed: Sequence[Mapping[str, Json]], machinery: Machinery) -> dict[str, Json]:
    """Return the XR as if the cluster had it, with references to its observed composed resources.

    Raises:
        RenderError: If an observed resource can't be the XR's.
    """
    made = copy.deepcopy(dict(xr))
    set_uid(made)
    made["metadata"]["resourceVersion"] = _RESOURCE_VERSION
    _check_observed(made, observed)
    if observed:
        references = [_reference(item, namespaced=bool(objects.namespace(made))) for item in observed]
        fields.put(made, references, *machinery.path("resourceRefs"))
    return made


def set_uid(xr: dict[str, Json]) -> None:
    """Set the XR's UID, unless it has one."""
    metadata = xr["metadata"]
    if not metadata.get("uid"):
        # The same UID in every render, so that names made from it are the same too.
        group, _, version = xr["apiVersion"].rpartition("/")
        identity = f"{group}/{version}, Kind={xr['kind']}\0{objects.namespace(xr)}\0{objects.name(xr)}"
        metadata["uid"] = str(uuid.uuid5(uuid.UUID(int=0), identity))


def set_responsive(xr: dict[str, Json]) -> None:
    """Set the condition that Crossplane sets first.

    Crossplane gives it the current time. Here the time is fixed: the render of a chart
    that reports the XR's conditions would otherwise change each second.
    """
    mark(xr, conditions.make("Responsive", "True", "WatchCircuitClosed", generation=generation(xr)))


def set_composition(xr: dict[str, Json], composition_name: str, machinery: Machinery) -> None:
    """Set the reference to the Composition."""
    fields.put(xr, {"name": composition_name}, *machinery.path("compositionRef"))


def set_name_label(xr: dict[str, Json]) -> None:
    """Set the label that names composed resources, unless the XR has it."""
    if not fields.strings(fields.at(xr, "metadata", "labels")).get(NAME_LABEL):
        xr["metadata"]["labels"] = {**(objects.metadata(xr).get("labels") or {}), NAME_LABEL: objects.name(xr)}


def mark(xr: dict[str, Json], condition: Condition) -> None:
    """Set a condition of the XR."""
    found = conditions.of(xr.get("status"))
    conditions.put(found, condition)
    fields.put(xr, found, "status", "conditions")


def generation(xr: Mapping[str, Json]) -> int:
    """Return the XR's generation, 0 if it has none."""
    return objects.metadata(xr).get("generation") or 0


def printed(
    xr: Mapping[str, Json],
    *,
    status: Mapping[str, Json],
    references: Sequence[Mapping[str, Json]],
    machinery: Machinery,
) -> dict[str, Json]:
    """Return the XR that is left when its references and status are applied: its identity, and those."""
    metadata = {"name": objects.name(xr)}
    if objects.namespace(xr):
        metadata["namespace"] = objects.namespace(xr)
    made: dict[str, Json] = {"apiVersion": xr["apiVersion"], "kind": xr["kind"], "metadata": metadata}
    fields.put(made, list(references), *machinery.path("resourceRefs"))
    made["status"] = dict(status)
    return made


def at_fixed_time(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return an object with the time of its conditions replaced by one that is the same in every render."""
    status = document.get("status")
    if not isinstance(status, dict):
        return dict(document)
    fixed = [{**condition, "lastTransitionTime": conditions.FIXED_TIME} for condition in conditions.of(status)]
    return {**document, "status": {**status, "conditions": fixed}}


def _check_observed(xr: Mapping[str, Json], observed: Sequence[Mapping[str, Json]]) -> None:
    for item in observed:
        kind, name = item["kind"], objects.name(item)
        controller = controller_of(item)
        if controller and controller.get("uid") != xr["metadata"]["uid"]:
            msg = (
                f"observed {kind} {name} is controlled by {controller.get('kind')} {controller.get('name')}, not the XR"
            )
            raise RenderError(msg)
        if objects.namespace(xr) and objects.namespace(item) != objects.namespace(xr):
            msg = f'observed {kind} {name} is not in the XR\'s namespace, "{objects.namespace(xr)}"'
            raise RenderError(msg)


def controller_of(manifest: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """Return the owner reference of an object's controller, None if it has none."""
    for reference in fields.sequence(manifest, "metadata", "ownerReferences"):
        if reference.get("controller"):
            return reference
    return None


def _reference(manifest: Mapping[str, Json], *, namespaced: bool) -> dict[str, Json]:
    made = {"kind": manifest["kind"], "name": objects.name(manifest), "apiVersion": manifest["apiVersion"]}
    if not namespaced and objects.namespace(manifest):
        made["namespace"] = objects.namespace(manifest)
    return made
