"""How a chart declares the kind of composite resource (XR) it composes."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

import pydantic
from pydantic.alias_generators import to_camel

SpecT = TypeVar("SpecT", bound=pydantic.BaseModel)

Scope = Literal["Namespaced", "Cluster"]


class ApiModel(pydantic.BaseModel):
    """Base for the models of a spec or status: camelCase on the wire, snake_case in Python.

    Unknown fields are refused, which a structural schema would prune: a
    misspelt field is an error and not a silent default. Any pydantic model can
    be a spec; this one has the settings that most charts want.
    """

    model_config = pydantic.ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrinterColumn:
    """A column of `kubectl get` for the XR.

    Attributes:
        name: The column's heading.
        type: OpenAPI type: string, integer, number, boolean or date.
        json_path: Where the value is, as in a CRD: `.spec.size`.
        description: What the column shows.
        priority: 0 shows it always, 1 only with `-o wide`.
    """

    name: str
    type: Literal["string", "integer", "number", "boolean", "date"]
    json_path: str
    description: str = ""
    priority: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class CompositeType(Generic[SpecT]):
    """The kind of XR a chart composes, and the models of its spec and status.

    It is the one source of the XRD (`function-cdk8s xrd CHART`) and of the
    validation of each request.

    Attributes:
        group: API group, for example `example.org`.
        version: API version, for example `v1alpha1`.
        kind: Kind, for example `WebService`.
        spec: pydantic model of the XR's spec, without what Crossplane adds to it.
        status: pydantic model of the XR's status, if the chart sets any.
        description: What such an XR is, for `kubectl explain`.
        plural: Plural resource name; `kind` in lower case and in the plural of English if not given: `webservices`,
            `proxies`, `meshes`.
        scope: Whether XRs live in a namespace.
        short_names: Short names for kubectl.
        categories: Categories for kubectl.
        printer_columns: Columns of `kubectl get`.
        validations: CEL rules over the whole XR, as entries of
            `x-kubernetes-validations`.
        cache: Whether the function may use the chart's output again while
            nothing has changed that the chart read of its `Composite`. False for
            a chart that also reads the clock, files, the environment or the network.
    """

    group: str
    version: str
    kind: str
    spec: type[SpecT]
    status: type[pydantic.BaseModel] | None = None
    description: str = ""
    plural: str = ""
    scope: Scope = "Namespaced"
    short_names: Sequence[str] = ()
    categories: Sequence[str] = ("crossplane",)
    printer_columns: Sequence[PrinterColumn] = ()
    validations: Sequence[dict[str, Any]] = ()
    cache: bool = True

    def __post_init__(self) -> None:
        """Fill in the plural."""
        if not self.plural:
            object.__setattr__(self, "plural", _plural(self.kind.lower()))

    @property
    def api_version(self) -> str:
        """The XR's apiVersion."""
        return f"{self.group}/{self.version}"


def _plural(noun: str) -> str:
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"
