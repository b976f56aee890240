"""Charts that differ in the objects they make; only `Duplicate` is at fault."""

from typing import Annotated, Any

from cdk8s import ApiObject, Chart
from cdk8s_function import Composite
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
        widget = Widget(self, "widget", spec={"token": composite.spec.token, "parts": [1, 2.5, True, None]})
        widget.add_dependency(config_map(self, "first", {}))


class HugeSpec(Spec):
    """How much to make."""

    objects: Annotated[int, Field(ge=1)] = 1000
    bytes_each: Annotated[int, Field(ge=1)] = 4500


class Huge(FixtureChart):
    """More and larger objects than anyone should compose."""

    composite_type = composite_type("Huge", HugeSpec)

    def behave(self, composite: Composite[HugeSpec]) -> None:
        """Make them; the base class makes the last."""
        for number in range(composite.spec.objects - 1):
            config_map(self, f"config-{number}", {"payload": "x" * composite.spec.bytes_each})


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
