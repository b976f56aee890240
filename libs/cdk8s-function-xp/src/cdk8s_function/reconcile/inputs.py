"""The inputs of a reconcile: the XR, its Composition, and what else the cluster has."""

import dataclasses
from collections.abc import Mapping, Sequence

from cdk8s_function.objects import Json
from cdk8s_function.reconcile.composition import Composition


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inputs:
    """The inputs of a render.

    Attributes:
        xr: The XR.
        composition: The Composition, which is for it.
        observed: Composed resources that exist.
        required: Other objects of the cluster.
        credentials: Secrets with credentials of pipeline steps.
        schemas: OpenAPI v3 documents.
        context: The context the pipeline begins with; None where no option sets one.
        xrd: The XR's CompositeResourceDefinition, if given.
    """

    xr: dict[str, Json]
    composition: Composition
    observed: Sequence[Mapping[str, Json]] = ()
    required: Sequence[Mapping[str, Json]] = ()
    credentials: Sequence[Mapping[str, Json]] = ()
    schemas: Sequence[Mapping[str, Json]] = ()
    context: Mapping[str, Json] | None = None
    xrd: Mapping[str, Json] | None = None
