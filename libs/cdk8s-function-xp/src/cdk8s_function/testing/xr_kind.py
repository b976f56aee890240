"""The kind of XR that a chart composes, in plain data: the process that has its models may be another."""

import dataclasses
from typing import Any

from cdk8s_function.chart.composite_type import CompositeType, Scope
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError


@dataclasses.dataclass(frozen=True, kw_only=True)
class XrKind:
    """A kind of XR, as a chart's `CompositeType` declares it.

    Attributes:
        group: API group.
        version: API version.
        kind: Kind.
        plural: Plural resource name.
        scope: Whether XRs live in a namespace.
        definition: The XRD; None for models that no XRD can have: `function-cdk8s xrd` says why.
    """

    group: str
    version: str
    kind: str
    plural: str
    scope: Scope
    definition: dict[str, Any] | None

    @property
    def api_version(self) -> str:
        """The XR's apiVersion."""
        return f"{self.group}/{self.version}"


def of(declared: CompositeType[Any]) -> XrKind:
    """Return the kind that a chart declares.

    Args:
        declared: What the chart's class declares.
    """
    try:
        definition = xrd.of(declared)
    except SchemaError:
        definition = None
    return XrKind(
        group=declared.group,
        version=declared.version,
        kind=declared.kind,
        plural=declared.plural,
        scope=declared.scope,
        definition=definition,
    )
