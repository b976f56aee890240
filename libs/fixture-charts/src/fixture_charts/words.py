"""Charts that use what a Composite offers beyond its spec."""

import base64
import random
import secrets

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct

from fixture_charts.chart import GROUP, FixtureChart, Spec, composite_type, config_map


class TalkingStatus(ApiModel):
    """What the talking chart reports."""

    observed_names: list[str] = []
    missing: str | None = None


class Talking(FixtureChart):
    """Reads each part of its Composite, and says something in each way there is."""

    composite_type = CompositeType(group=GROUP, version="v1", kind="Talking", spec=Spec, status=TalkingStatus)

    def behave(self, composite: Composite[Spec]) -> None:
        """Read, then talk."""
        heard = {
            "name": composite.name,
            "namespace": composite.namespace,
            "uid": composite.metadata.uid,
            "generation": composite.metadata.generation,
            "labels": composite.metadata.labels,
            "annotations": composite.metadata.annotations,
            "apiVersion": composite.api_version,
            "kind": composite.kind,
            "status": composite.status,
            "connection": {key: value.decode() for key, value in composite.connection.items()},
            "observedConnection": {
                name: {key: value.decode() for key, value in observed.connection.items()}
                for name, observed in composite.observed.items()
            },
            "observedCondition": {name: item.condition("Ready") for name, item in composite.observed.items()},
            "context": composite.context,
            "credentials": {
                name: {key: value.decode() for key, value in values.items()}
                for name, values in composite.credentials.items()
            },
            "stepResources": composite.required("by-step"),
            "resources": composite.require("nodes", "v1", "Node", match_labels={"role": "worker"}),
            "resource": composite.require("zone", "v1", "ConfigMap", match_name="zone", namespace="kube-system"),
            "schema": composite.require_schema("pods", "v1", "Pod"),
        }
        composite.set_status(TalkingStatus(observed_names=sorted(composite.observed)))
        composite.set_status({"heard": heard})
        composite.set_condition("Up", True, reason="Works", message="All is up.")  # noqa: FBT003
        composite.set_condition("Down", False, reason="Works", target="composite-and-claim")  # noqa: FBT003
        composite.set_condition("Sideways", None, reason="Unsure")
        composite.emit_event("it began", reason="Began")
        composite.emit_event("it hurt", warning=True, target="composite-and-claim")
        composite.set_context("example.org/said", {"token": composite.spec.token})
        composite.set_ttl(12.5)
        composite.set_connection_details({"user": "me", "password": b"\xff\x00"})
        composite.set_ready(False)
        around = Construct(self, "around")
        config_map(around, "only", {})
        composite.set_ready(True, of=around)
        composite.moved(around, from_key="former")
        composite.moved(around, from_key="oldest")
        annotations = {
            "cdk8s.fn.crossplane.io/ready": "False",
            "cdk8s.fn.crossplane.io/composition-resource-name": "renamed",
            "kept": "yes",
        }
        ApiObject(
            self,
            "annotated",
            api_version="v1",
            kind="ConfigMap",
            metadata=ApiObjectMetadata(name=composite.observed_name("renamed"), annotations=annotations),
        )


class Secret(FixtureChart):
    """A password that is made once."""

    composite_type = composite_type("Secret", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make the Secret with the password it has, or a new one."""
        password = composite.generate_once("password", "value", lambda: secrets.token_hex(16))
        made = ApiObject(self, "password", api_version="v1", kind="Secret")
        made.add_json_patch(JsonPatch.add("/data", {"value": base64.b64encode(password.encode()).decode()}))


class Random(FixtureChart):
    """Another answer each time."""

    composite_type = composite_type("Random", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make an object of a random value."""
        config_map(self, "random", {"value": str(random.random())})  # noqa: S311
