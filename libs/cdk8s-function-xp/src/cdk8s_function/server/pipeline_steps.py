"""Tell apart the steps of a pipeline that compose with the same chart.

Nothing in a request names its step. What it has are the objects that earlier
steps desire and those that exist, so the first step to compose with a chart
marks nothing, the second marks its objects with a label "2", and so on. A step
knows itself by the mark of its objects that exist; the order of the steps only
decides where it has none yet.
"""

from collections.abc import Collection, Iterable, Mapping

from google.protobuf import struct_pb2

from cdk8s_function import objects
from cdk8s_function.objects import Json

CHART_LABEL = "cdk8s.fn.crossplane.io/chart"
"""On each composed resource: the chart's entry point."""

STEP_LABEL = "cdk8s.fn.crossplane.io/step"
"""On composed resources of the second and each later step with one chart: which of them it is."""

FIRST = "1"
"""The step whose objects have no such label."""


def of(manifest: Mapping[str, Json]) -> str:
    """Return the step that composed an object."""
    return objects.strings(manifest, "labels").get(STEP_LABEL) or FIRST


def own(chart: str, keys: Iterable[str], observed: Mapping[str, Mapping[str, Json]]) -> frozenset[str]:
    """Return the marks of a step's objects that exist; more than one only if its pipeline was changed.

    Args:
        chart: The chart's name.
        keys: What the step composes.
        observed: Observed composed resources, by key.
    """
    labels = (objects.strings(observed[key], "labels") for key in keys if key in observed)
    return frozenset(each.get(STEP_LABEL) or FIRST for each in labels if each.get(CHART_LABEL) == chart)


def taken(chart: str, desired: Iterable[struct_pb2.Struct]) -> frozenset[str]:
    """Return the marks of the earlier steps with a chart.

    Args:
        chart: The chart's name.
        desired: What earlier steps desire, whatever its shape.
    """
    return frozenset(_label(each, STEP_LABEL) or FIRST for each in desired if _label(each, CHART_LABEL) == chart)


def mark(own: Collection[str], taken: Collection[str]) -> str:
    """Return a step's mark: the one it has unless an earlier step has it too, else the next.

    Args:
        own: What `own` returned.
        taken: What `taken` returned.
    """
    free = sorted(set(own) - set(taken))
    return free[0] if len(free) == 1 else next(str(n) for n in range(1, len(taken) + 2) if str(n) not in taken)


def _label(struct: struct_pb2.Struct, name: str) -> str:
    fields = struct.fields
    for step in ("metadata", "labels"):
        # To ask a map for what is not in it puts it there.
        if step not in fields:
            return ""
        fields = fields[step].struct_value.fields
    return fields[name].string_value if name in fields else ""
