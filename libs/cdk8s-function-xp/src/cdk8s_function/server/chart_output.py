"""A chart's output for an XR, checked and encoded as a response needs it.

It contains nothing of the request but the XR's namespace, so that it can be used
again for a later request of the same XR.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format, message, struct_pb2

from cdk8s_function import differences
from cdk8s_function.protocol import deep
from cdk8s_function.protocol.messages import ComposedResource

_OBJECT_BYTES = 1_000
"""About what Python needs for a resource beside its bytes."""


class Resource(NamedTuple):
    """One object the chart wants.

    Attributes:
        about: What decides its final key: its key, the keys it had before, its
            readiness, and apiVersion, kind and name of its manifest.
        encoded: An fnv1.Resource without its readiness.
    """

    about: ComposedResource
    encoded: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartOutput:
    """All that a chart set.

    Attributes:
        resources: The objects it wants.
        status: The XR's status, a Struct; None if the chart set none.
        others: A RunFunctionResponse with everything else.
        ttl_seconds: When Crossplane should call again; None leaves that to the input.
    """

    resources: tuple[Resource, ...]
    status: bytes | None
    others: bytes
    ttl_seconds: float | None

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        return self.sent_bytes + _OBJECT_BYTES * len(self.resources)

    @functools.cached_property
    def sent_bytes(self) -> int:
        """About how much of a response it takes, and not more."""
        others = len(self.others) + len(self.status or b"")
        return others + sum(len(resource.encoded) for resource in self.resources)

    def difference(self, other: "ChartOutput") -> str:
        """Return the path of the first difference to another output, "" if there is none."""
        if self == other:
            return ""
        return differences.first(_plain(self), _plain(other)) or "the order of its resources"


def _plain(output: ChartOutput) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for resource in output.resources:
        made = _read(fnv1.Resource, resource.encoded).get("resource", {})
        about = resource.about
        resources[about.key] = {"manifest": made, "ready": about.ready, "moved_from": list(about.moved_from)}
    status = None if output.status is None else _read(struct_pb2.Struct, output.status)
    others = _read(fnv1.RunFunctionResponse, output.others)
    return {"resources": resources, "status": status, **others, "ttl": output.ttl_seconds}


def _read(kind: type[message.Message], encoded: bytes) -> dict[str, Any]:
    return json_format.MessageToDict(deep.parse(kind, encoded))
