"""Verification of the native kernel while it serves: Node.js does a share of the syntheses again."""

import collections
import dataclasses
import math

from cdk8s_function import differences
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthResult


class Share:
    """Which syntheses are verified: the first of each chart, and after it as many as the share asks for.

    Args:
        share: From 0, none, to 1, all.
    """

    def __init__(self, share: float) -> None:
        """Begin with none counted."""
        self._share = share
        self._counts = collections.Counter[ChartRef]()

    def is_due(self, chart: ChartRef) -> bool:
        """Count a synthesis of the native kernel, and return whether it is to be verified.

        Args:
            chart: Its chart.
        """
        if not self._share:
            return False
        before = self._counts[chart]
        self._counts[chart] += 1
        return math.ceil((before + 1) * self._share) > math.ceil(before * self._share)


def first_difference(one: SynthResult | SynthFailure, other: SynthResult | SynthFailure) -> str:
    """Return the path of the first difference of two outcomes that a user would see, "" if there is none.

    Args:
        one: An outcome.
        other: Another.
    """
    if isinstance(one, SynthResult) and isinstance(other, SynthResult):
        if path := differences.first(_plain(one), _plain(other)):
            return path
        same_order = [each.key for each in one.resources] == [each.key for each in other.resources]
        return "" if same_order else "the order of its resources"
    if isinstance(one, SynthFailure) and isinstance(other, SynthFailure):
        return "" if one.message == other.message else "the error"
    return "whether it fails"


def _plain(result: SynthResult) -> dict[str, Json]:
    """Return the result without what the chart read, by the names of its fields, and resources by their keys."""
    resources = {
        each.key: {"manifest": each.manifest, "ready": each.ready, "moved_from": list(each.moved_from)}
        for each in result.resources
    }
    return {
        "resources": resources,
        "status": result.status,
        "ready": result.ready,
        "connection": result.connection,
        "conditions": [dataclasses.asdict(each) for each in result.conditions],
        "events": [dataclasses.asdict(each) for each in result.events],
        "requirements": {name: dataclasses.asdict(each) for name, each in result.requirements.items()},
        "schemas": {name: dataclasses.asdict(each) for name, each in result.schemas.items()},
        "context": result.context,
        "ttl_seconds": result.ttl_seconds,
    }
