"""Charts that use what a Composite offers beyond its spec."""

import base64
import json
import random
import secrets

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType, Manifest
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
    """Another output each time."""

    composite_type = composite_type("Random", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make an object of a random value."""
        config_map(self, "random", {"value": str(random.random())})  # noqa: S311


class Uncached(Random):
    """The same, and it says so."""

    composite_type = CompositeType(group=GROUP, version="v1", kind="Uncached", spec=Spec, cache=False)


class ReadingSpec(Spec):
    """What to read."""

    reads: list[list[str]] = []
    """Each a part of the composite, and the path to take there."""


class Reading(FixtureChart):
    """Reads what its spec names and nothing else, and says what was there."""

    composite_type = composite_type("Reading", ReadingSpec)

    def behave(self, composite: Composite[ReadingSpec]) -> None:
        """Read, and make objects of what was read."""
        heard = [_read(composite, part, *path) for part, *path in composite.spec.reads]
        config_map(self, "heard", {"heard": json.dumps(heard)})
        for place, item in enumerate(composite.required("copied") or ()):
            Manifest(self, f"copy-{place}", {**item, "metadata": {"labels": item["metadata"].get("labels", {})}})


def _read(composite: Composite[ReadingSpec], part: str, *path: str) -> object:
    match part, *path:
        case "field", key, *below:
            observed = composite.observed.get(key)
            return observed.field(*below) if observed else "none"
        case "manifest", key, first, second:
            return composite.observed[key].manifest[first].get(second) if key in composite.observed else "none"
        case "whole", key:
            return [observed.manifest.to_dict() for name, observed in composite.observed.items() if name == key]
        case "condition", key, type:
            observed = composite.observed.get(key)
            return observed.condition(type) if observed else "none"
        case "secret", key, entry:
            observed = composite.observed.get(key)
            return observed.connection.get(entry, b"").decode("latin-1") if observed else "none"
        case ("keys",):
            return sorted(composite.observed)
        case "required", name:
            items = composite.require(name, "v1", "Node", match_labels={})
            return None if items is None else [item["metadata"]["name"] for item in items]
        case "status", key:
            return composite.status.get(key)
        case "context", key:
            return composite.context.get(key)
        case "credential", name, key:
            return (
                composite.credentials[name].get(key, b"").decode("latin-1") if name in composite.credentials else "none"
            )
        case "connection", key:
            return composite.connection.get(key, b"").decode("latin-1")
        case "metadata", field:
            return getattr(composite.metadata, field)
        case _:
            message = f"no way to read {part}"
            raise ValueError(message)
