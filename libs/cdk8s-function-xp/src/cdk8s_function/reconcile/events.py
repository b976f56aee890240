"""Events of a reconcile: what functions and Crossplane report beside the XR's status."""

import dataclasses
from typing import Literal

import crossplane.function.proto.v1.run_function_pb2 as fnv1

_DEFAULT_REASON = "ComposeResources"


@dataclasses.dataclass(frozen=True)
class Event:
    """A Kubernetes event of the XR."""

    severity: Literal["Normal", "Warning"]
    reason: str
    message: str


class Events:
    """The events of one reconcile, in order."""

    def __init__(self) -> None:
        """Begin with none."""
        self.recorded: list[Event] = []

    def normal(self, reason: str, message: str) -> None:
        """Record an event of Crossplane's own."""
        self.recorded.append(Event("Normal", reason, message))

    def result(self, step: str, result: fnv1.Result) -> None:
        """Record the event Crossplane makes of a function's result."""
        severity = "Normal" if result.severity == fnv1.SEVERITY_NORMAL else "Warning"
        reason = result.reason or _DEFAULT_REASON
        self.recorded.append(Event(severity, reason, f'Pipeline step "{step}": {result.message}'))
