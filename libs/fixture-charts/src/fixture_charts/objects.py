"""Charts that differ in the objects they make; only `Duplicate` is at fault."""

import datetime
import decimal
import enum
from typing import Annotated, Any

import jsii
from cdk8s import ApiObject, ApiObjectMetadata, Chart, IAnyProducer, JsonPatch, Lazy, SizeRoundingBehavior
from cdk8s_function import ApiModel, Composite, Manifest
from constructs import Construct
from pydantic import Field

from fixture_charts.chart import FixtureChart, Spec, composite_type, config_map
from fixture_charts.javascript import Widget


class Good(FixtureChart):
    """Eight ConfigMaps, the token in each."""

    composite_type = composite_type("Good", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make seven; the base class makes the eighth."""
        for number in range(7):
            config_map(self, f"config-{number}", {"token": composite.spec.token})


class Twin(FixtureChart):
    """One ConfigMap, under an entry point name that a second wheel offers too."""

    composite_type = composite_type("Twin", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Call the one object ready, through the chart, if asked to."""
        if composite.spec.mode == "ready":
            composite.set_ready(True, of=self)


class Plus(FixtureChart):
    """A Deployment and a Service of cdk8s-plus."""

    composite_type = composite_type("Plus", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make both; the Deployment is below a construct of another name."""
        # Importing cdk8s-plus takes longer than all else a worker does to start.
        import cdk8s_plus_34 as plus  # noqa: PLC0415

        web = Construct(self, "web")
        deployment = plus.Deployment(web, "deployment", replicas=2)
        deployment.add_container(image=f"example.org/{composite.spec.token}:1", port_number=8080)
        deployment.expose_via_service(name="web", ports=[plus.ServicePort(port=80, target_port=8080)])


class Custom(FixtureChart):
    """A custom resource, made by a construct of its own."""

    composite_type = composite_type("Custom", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make it, to be applied after a ConfigMap."""
        if composite.spec.mode == "set":
            config_map(self, "set", {"order": " ".join({f"item-{number}" for number in range(50)})})
            return
        widget = Widget(self, "widget", spec={"token": composite.spec.token, "parts": [1, 2.5, True, None]})
        widget.add_dependency(config_map(self, "first", {}))


class Colour(enum.Enum):
    """An enum of Python's own."""

    RED = "red"


class Port(ApiModel):
    """A model with an alias and something absent."""

    target_port: int
    node_port: int | None = None


@jsii.implements(IAnyProducer)
class _Late:
    def produce(self) -> dict[str, str]:
        return {"made": "late"}


class Rich(FixtureChart):
    """A Manifest of all that a status may be made of, and of what only cdk8s knows."""

    composite_type = composite_type("Rich", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make it, or one of a model."""
        if composite.spec.mode == "model":
            Manifest(self, "rich", _Whole(api_version="example.org/v1", kind="Rich", ports=[Port(target_port=80)]))
            return
        manifest: dict[str, Any] = {
            "apiVersion": "example.org/v1",
            "kind": "Rich",
            "metadata": ApiObjectMetadata(labels={"a": "b"}),
            "spec": {
                "port": Port(target_port=80),
                "ports": (Port(target_port=1, node_port=2),),
                "colour": Colour.RED,
                "day": datetime.date(2026, 1, 2),
                "ratio": decimal.Decimal("0.5"),
                "labels": composite.metadata.labels,
                "seen": composite.observed["there"].manifest,
                "late": Lazy.any(_Late()),
                "enum": SizeRoundingBehavior.NONE,
            },
        }
        Manifest(self, "rich", manifest)


class _Whole(ApiModel):
    api_version: str
    kind: str
    ports: list[Port]


class DeepSpec(Spec):
    """How deep to nest, and what the XR itself nests."""

    levels: Annotated[int, Field(ge=1)] = 60
    below: dict[str, Any] = Field(default_factory=dict[str, Any])


class Deep(FixtureChart):
    """Values that nest deep, mappings and lists by turns, in each place that takes a value."""

    composite_type = composite_type("Deep", DeepSpec)

    def behave(self, composite: Composite[DeepSpec]) -> None:
        """Make them, or one place of them."""
        levels, mode = composite.spec.levels, composite.spec.mode
        head = {"apiVersion": "example.org/v1", "kind": "Tree"}
        if mode in {"", "object"}:
            # The spec is on the second level.
            Manifest(self, "deep", {**head, "spec": nested(levels - 1)})
        if mode == "patch":
            made = ApiObject(self, "deep", api_version="example.org/v1", kind="Tree")
            made.add_json_patch(JsonPatch.add("/spec", nested(levels - 1)))
        if mode in {"", "status"}:
            composite.set_status({"deep": nested(levels - 1), "below": composite.spec.below})
        if mode in {"", "context"}:
            composite.set_context("deep", nested(levels - 1))
        if mode == "":
            composite.set_status({"there": composite.observed["there"].field("spec") if composite.observed else {}})


def nested(levels: int) -> dict[str, Any]:
    """Return a mapping of that many levels, lists and mappings by turns below the first."""
    value: Any = "leaf"
    for level in range(levels, 1, -1):
        value = [value] if level % 2 == 0 else {"a": value}
    return {"a": value}


class HugeSpec(Spec):
    """How much to make."""

    objects: Annotated[int, Field(ge=1)] = 1000
    bytes_each: Annotated[int, Field(ge=1)] = 4500
    values: int = 0


class Huge(FixtureChart):
    """More and larger objects than anyone should compose."""

    composite_type = composite_type("Huge", HugeSpec)

    def behave(self, composite: Composite[HugeSpec]) -> None:
        """Make them; the base class makes the last."""
        for number in range(composite.spec.objects - 1):
            config_map(self, f"config-{number}", {"payload": "x" * composite.spec.bytes_each})
        if composite.spec.values:
            composite.set_status({"values": list(range(composite.spec.values))})


class _Inner(Chart):
    def __init__(self, scope: Construct, id: str, token: str) -> None:  # constructs' name.
        super().__init__(scope, id, namespace="inner", labels={"inner": "true"})
        config_map(self, "config", {"token": token})
        config_map(Construct(self, "deep"), "config", {"token": token})


class Nested(FixtureChart):
    """A chart within the chart, on which an object of the outer one depends."""

    composite_type = composite_type("Nested", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make the inner chart."""
        inner = _Inner(self, "inner", composite.spec.token)
        config_map(self, "after", {}).node.add_dependency(inner)


class Duplicate(FixtureChart):
    """Two constructs that end up under one composition-resource-name."""

    composite_type = composite_type("Duplicate", Spec)

    def behave(self, composite: Composite[Any]) -> None:
        """Make a second "config": Resource and Default don't count in a path."""
        ApiObject(Construct(self, "Default"), "config", api_version="v1", kind="Secret")
