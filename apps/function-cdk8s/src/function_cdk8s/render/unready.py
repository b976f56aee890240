"""Why a composed resource is not ready, in a few words."""

from collections.abc import Mapping

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.server import readiness

READY = "yes"


def state(ready: fnv1.Ready, observed: Mapping[str, Json] | None) -> str:
    """Return whether a composed resource is ready, and why not.

    Args:
        ready: Its readiness in the desired state.
        observed: The object in the cluster; None if it does not exist yet.
    """
    if ready == fnv1.READY_TRUE:
        return READY
    return f"no: {_reason(observed)}"


def _reason(observed: Mapping[str, Json] | None) -> str:
    if observed is None:
        return "not observed yet"
    if readiness.of(observed):
        return "the chart says so"
    metadata = objects.metadata(observed)
    if metadata.get("deletionTimestamp"):
        return "it is being deleted"
    seen = fields.at(observed, "status", "observedGeneration")
    if isinstance(seen, int | float) and seen < (metadata.get("generation") or 0):
        return f"its controller has seen generation {seen:g}, not {metadata['generation']:g}"
    for each in fields.maps(observed, "status", "conditions"):
        if each.get("status") == "False":
            reason = f" ({each['reason']})" if each.get("reason") else ""
            return f"its condition {each.get('type')} is False{reason}"
    return "its status does not say that it is" if observed.get("status") else "it has no status yet"
