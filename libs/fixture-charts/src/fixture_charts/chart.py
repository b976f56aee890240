"""What the fixture charts share: their API group, and the one object each makes if nothing stops it."""

from typing import Any, TypeVar

import pydantic
from cdk8s import ApiObject, Chart, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct

GROUP = "fixtures.example.org"

SpecT = TypeVar("SpecT", bound=pydantic.BaseModel)


class Spec(ApiModel):
    """What a fixture asks for."""

    mode: str = ""
    """Which member of the chart's family of behaviours."""

    token: str = ""
    """A text that shows up in the chart's object: it shows which XR an output is for."""


def composite_type(kind: str, spec: type[SpecT]) -> CompositeType[SpecT]:
    """Return a fixture's kind of XR."""
    return CompositeType(group=GROUP, version="v1", kind=kind, spec=spec)


def config_map(scope: Construct, id: str, data: dict[str, str]) -> ApiObject:  # constructs' name.
    """Return a new ConfigMap."""
    made = ApiObject(scope, id, api_version="v1", kind="ConfigMap")
    made.add_json_patch(JsonPatch.add("/data", data))
    return made


class FixtureChart(Chart):
    """One ConfigMap with the XR's token. What a subclass does wrong, it does before making that."""

    composite_type: CompositeType[Any]

    def __init__(self, scope: Construct, id: str, composite: Composite[Any]) -> None:  # constructs' name.
        """Behave, then make the object."""
        super().__init__(scope, id)
        self.behave(composite)
        config_map(self, "config", {"token": composite.spec.token})

    def behave(self, composite: Composite[Any]) -> None:
        """Do what this fixture is there for."""
        raise NotImplementedError
