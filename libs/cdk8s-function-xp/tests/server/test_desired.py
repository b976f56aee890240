"""Desired state: what a response holds for a chart's result, and what Crossplane could not compose."""

import dataclasses
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import (
    ChartRef,
    ComposedResource,
    Condition,
    Event,
    ResourceRequirement,
    SchemaRequirement,
    SynthRequest,
    SynthResult,
)
from cdk8s_function.server import desired
from google.protobuf import json_format

CHART = ChartRef(name="web", dist="web-xp", version="1.2.3", target="web:Web")
LABELS = {"cdk8s.fn.crossplane.io/chart": "web"}
ANNOTATIONS = {"cdk8s.fn.crossplane.io/chart-version": "1.2.3"}


def synth_request(*, namespace: str | None = "team-a", observed: dict[str, Any] | None = None) -> SynthRequest:
    """Return a request of one XR."""
    metadata = {"name": "demo"} | ({"namespace": namespace} if namespace else {})
    xr = {"apiVersion": "example.org/v1", "kind": "Web", "metadata": metadata}
    return SynthRequest(chart=CHART, composite=xr, observed=observed or {})


def config(**metadata: Any) -> dict[str, Any]:
    """Return a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo", **metadata}}


def composed(rsp: fnv1.RunFunctionResponse, request: SynthRequest, result: SynthResult) -> dict[str, Any]:
    """Return the response as JSON after a result was added to it."""
    rsp.ParseFromString(desired.compose(rsp, request, desired.chart_output(request, result)))
    return json_format.MessageToDict(rsp)


def test_all_a_chart_can_say_reaches_the_response() -> None:
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo", "namespace": "team-a"}}
    result = SynthResult(
        resources=(
            ComposedResource(key="config", manifest={**config(), "data": {"a": "b"}, "status": {"not": "ours"}}),
            ComposedResource(key="job", manifest={"apiVersion": "batch/v1", "kind": "Job", "metadata": {}}, ready=True),
        ),
        status={"url": "http://a"},
        ready=False,
        connection={"password": "c2VjcmV0"},
        conditions=(Condition(type="Synthesised", status="True", reason="Done", message="all of it"),),
        events=(Event(severity="warning", message="look", reason="Odd", target="composite-and-claim"),),
        requirements={
            "ns": ResourceRequirement(api_version="v1", kind="Namespace", match_name="team-a"),
            "pods": ResourceRequirement(api_version="v1", kind="Pod", match_labels={"a": "b"}, namespace="team-a"),
        },
        schemas={"pod": SchemaRequirement(api_version="v1", kind="Pod")},
        context={"example.org/key": [1, {"a": None}]},
    )

    assert composed(fnv1.RunFunctionResponse(), synth_request(observed={"config": there}), result) == {
        "desired": {
            "composite": {
                "resource": {"status": {"url": "http://a"}},
                "connectionDetails": {"password": "c2VjcmV0"},
                "ready": "READY_FALSE",
            },
            "resources": {
                "config": {
                    "resource": {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "metadata": {"name": "demo", "labels": LABELS, "annotations": ANNOTATIONS},
                        "data": {"a": "b"},
                    },
                    "ready": "READY_TRUE",
                },
                "job": {
                    "resource": {
                        "apiVersion": "batch/v1",
                        "kind": "Job",
                        "metadata": {"labels": LABELS, "annotations": ANNOTATIONS},
                    },
                    "ready": "READY_TRUE",
                },
            },
        },
        "conditions": [
            {
                "type": "Synthesised",
                "status": "STATUS_CONDITION_TRUE",
                "reason": "Done",
                "message": "all of it",
                "target": "TARGET_COMPOSITE",
            }
        ],
        "results": [
            {
                "severity": "SEVERITY_WARNING",
                "message": "look",
                "reason": "Odd",
                "target": "TARGET_COMPOSITE_AND_CLAIM",
            }
        ],
        "requirements": {
            "resources": {
                "ns": {"apiVersion": "v1", "kind": "Namespace", "matchName": "team-a"},
                "pods": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "matchLabels": {"labels": {"a": "b"}},
                    "namespace": "team-a",
                },
            },
            "schemas": {"pod": {"apiVersion": "v1", "kind": "Pod"}},
        },
        "context": {"example.org/key": [1.0, {"a": None}]},
    }


class Step:
    """A step of a pipeline with the chart: what it composes."""

    def __init__(self, *keys: str) -> None:
        self.result = SynthResult(
            resources=tuple(ComposedResource(key=key, manifest=config(name=key), ready=True) for key in keys)
        )

    def run(self, rsp: fnv1.RunFunctionResponse, observed: dict[str, Any], *, version: str) -> None:
        """Add what it composes to a pipeline's response."""
        request = dataclasses.replace(
            synth_request(observed=observed), chart=dataclasses.replace(CHART, version=version)
        )
        rsp.ParseFromString(desired.compose(rsp, request, desired.chart_output(request, self.result)))


def reconcile(observed: dict[str, Any], *steps: Step, version: str = "1.2.3") -> dict[str, Any]:
    """Return what is there after a pipeline of those steps."""
    rsp = fnv1.RunFunctionResponse()
    for step in steps:
        step.run(rsp, observed, version=version)
    return {key: json_format.MessageToDict(each.resource) for key, each in rsp.desired.resources.items()}


def marks(there: dict[str, Any]) -> dict[str, str | None]:
    """Return the number of the step that each object is marked with."""
    return {key: each["metadata"]["labels"].get("cdk8s.fn.crossplane.io/step") for key, each in there.items()}


def test_two_steps_with_one_chart_may_each_gain_and_lose_objects() -> None:
    there = reconcile({}, Step("a"), Step("b"), Step("c"))
    assert marks(there) == {"a": None, "b": "2", "c": "3"}

    there = reconcile(there, Step("a", "more"), Step("b"), Step("c"), version="2.0.0")
    assert marks(there) == {"a": None, "more": None, "b": "2", "c": "3"}

    # A step that composes nothing for a while changes nobody's mark.
    there = reconcile(there, Step(), Step("b"), Step("c", "c2"), version="2.0.0")
    assert marks(there) == {"b": "2", "c": "3", "c2": "3"}
    assert marks(reconcile(there, Step("a"), Step("b"), Step("c"), version="2.0.0")) == {"a": None, "b": "2", "c": "3"}


def test_objects_from_before_steps_were_marked_get_marks() -> None:
    there = reconcile({}, Step("a"), Step("b"))
    del there["b"]["metadata"]["labels"]["cdk8s.fn.crossplane.io/step"]

    assert marks(reconcile(there, Step("a"), Step("b"))) == {"a": None, "b": "2"}


def test_a_rename_in_one_of_two_steps_is_refused() -> None:
    there = reconcile({}, Step("a", "old"), Step("b"))

    with pytest.raises(FatalError, match='would delete "old"'):
        reconcile(there, Step("a", "new"), Step("b"), version="2.0.0")


@pytest.mark.parametrize("shape", [{"metadata": "text"}, {"metadata": {"labels": [1]}}, {"metadata": None}, {}])
def test_what_an_earlier_step_desires_may_have_any_shape(shape: dict[str, Any]) -> None:
    rsp = fnv1.RunFunctionResponse()
    rsp.desired.resources["odd"].resource.update(shape)

    Step("a").run(rsp, {}, version="1.2.3")

    assert json_format.MessageToDict(rsp.desired.resources["odd"].resource) == shape


def test_what_earlier_steps_desire_passes_through() -> None:
    rsp = fnv1.RunFunctionResponse()
    rsp.desired.resources["bucket"].resource.update({"kind": "Bucket"})
    rsp.desired.composite.resource.update({"status": {"earlier": 1, "both": "earlier"}})
    rsp.context.update({"earlier": True})

    result = SynthResult(
        resources=(ComposedResource(key="config", manifest=config()),), status={"both": "ours"}, context={"a": 1}
    )
    got = composed(rsp, synth_request(), result)

    assert got["desired"]["composite"]["resource"]["status"] == {"earlier": 1, "both": "ours"}
    assert sorted(got["desired"]["resources"]) == ["bucket", "config"]
    assert got["desired"]["resources"]["bucket"] == {"resource": {"kind": "Bucket"}}
    assert got["context"] == {"earlier": True, "a": 1}


@pytest.mark.parametrize(
    ("ready", "observed", "want"),
    [
        pytest.param(None, False, "READY_FALSE", id="not there: not ready"),
        pytest.param(None, True, "READY_TRUE", id="there: ready by its kind"),
        pytest.param(False, True, "READY_FALSE", id="there, but the chart says no"),
        pytest.param(True, False, "READY_TRUE", id="not there, but the chart says yes"),
    ],
)
def test_readiness(ready: bool | None, observed: bool, want: str) -> None:
    there = {"config": config(namespace="team-a")} if observed else {}
    result = SynthResult(resources=(ComposedResource(key="config", manifest=config(), ready=ready),))

    got = composed(fnv1.RunFunctionResponse(), synth_request(observed=there), result)

    assert got["desired"]["resources"]["config"]["ready"] == want


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where an object may live under an XR."""

    name: str
    xr_namespace: str | None
    manifest: dict[str, Any]
    namespace: str | None = None
    refusal: str = ""


ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:dns"}}
CUSTOM = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}

PLACES = [
    Place(name="no namespace under a namespaced XR", xr_namespace="team-a", manifest=config()),
    Place(name="the XR's own namespace", xr_namespace="team-a", manifest=config(namespace="team-a")),
    Place(
        name="another namespace than the XR's",
        xr_namespace="team-a",
        manifest=config(namespace="kube-system"),
        refusal='"x": metadata.namespace is "kube-system", but an XR in namespace "team-a" composes only objects '
        "there; leave metadata.namespace out",
    ),
    Place(
        name="a cluster-scoped kind under a namespaced XR",
        xr_namespace="team-a",
        manifest=ROLE,
        refusal='"x" is a ClusterRole, which is cluster-scoped; an XR in a namespace composes only objects in that '
        'namespace (make the XR cluster-scoped: scope="Cluster" in the chart\'s composite_type)',
    ),
    Place(
        name="a namespace under a cluster-scoped XR", xr_namespace=None, manifest=config(namespace="b"), namespace="b"
    ),
    Place(
        name="no namespace under a cluster-scoped XR",
        xr_namespace=None,
        manifest=config(),
        refusal='"x" is a ConfigMap without metadata.namespace; a cluster-scoped XR must give it one '
        "(on the object, or on the chart: super().__init__(scope, id, namespace=…))",
    ),
    Place(name="a cluster-scoped kind under a cluster-scoped XR", xr_namespace=None, manifest=ROLE),
    Place(
        name="a cluster-scoped kind with a namespace",
        xr_namespace=None,
        manifest={**ROLE, "metadata": {"name": "a", "namespace": "b"}},
        refusal='"x" is a ClusterRole, which is cluster-scoped: leave metadata.namespace out',
    ),
    Place(name="a custom kind, whose scope only the cluster knows", xr_namespace=None, manifest=CUSTOM),
]


@pytest.mark.parametrize("case", PLACES, ids=lambda case: case.name)
def test_namespaces(case: Place) -> None:
    rsp = fnv1.RunFunctionResponse()
    result = SynthResult(resources=(ComposedResource(key="x", manifest=case.manifest),))
    if case.refusal:
        with pytest.raises(FatalError) as refusal:
            composed(rsp, synth_request(namespace=case.xr_namespace), result)
        assert str(refusal.value) == case.refusal
        return
    composed(rsp, synth_request(namespace=case.xr_namespace), result)
    metadata = json_format.MessageToDict(rsp)["desired"]["resources"]["x"]["resource"]["metadata"]
    assert metadata.get("namespace") == case.namespace


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refused:
    """Resources Crossplane could not compose."""

    name: str
    resources: tuple[ComposedResource, ...]
    want: str


REFUSED = [
    Refused(
        name="no kind",
        resources=(ComposedResource(key="x", manifest={"apiVersion": "v1", "metadata": {"name": "a"}}),),
        want='"x" has no apiVersion and kind',
    ),
    Refused(
        name="a list",
        resources=(ComposedResource(key="x", manifest={"apiVersion": "v1", "kind": "ConfigMapList", "items": []}),),
        want='"x" is a ConfigMapList, which Crossplane can\'t compose; make an ApiObject of each of its items',
    ),
    Refused(
        name="a name that is none",
        resources=(ComposedResource(key="x", manifest=config(name="Not_A_Name")),),
        want='"x": metadata.name "Not_A_Name" is not a DNS subdomain of at most 253 characters',
    ),
    *(
        Refused(
            name=f"the name {name[:10]}",
            resources=(ComposedResource(key="x", manifest=config(name=name)),),
            want=f'"x": metadata.name "{name}" is not a DNS subdomain of at most 253 characters',
        )
        for name in ("a..b", "a.-b", "a-.b", "system:dns", "n" * 254)
    ),
    Refused(
        name="a name that is a number",
        resources=(ComposedResource(key="x", manifest=config(name=5)),),
        want='"x": metadata.name must be text, not 5',
    ),
    Refused(
        name="a namespace that is a mapping",
        resources=(ComposedResource(key="x", manifest=config(namespace={"a": "b"})),),
        want="\"x\": metadata.namespace must be text, not {'a': 'b'}",
    ),
    Refused(
        name="a label that is a number",
        resources=(ComposedResource(key="x", manifest=config(labels={"port": 80})),),
        want='"x": metadata.labels["port"] must be text, not 80',
    ),
    Refused(
        name="one object twice",
        resources=(ComposedResource(key="x", manifest=config()), ComposedResource(key="y", manifest=config())),
        want='"x" and "y" are the same object, ConfigMap demo; give one of them another metadata.name',
    ),
    Refused(
        name="a key of an earlier step",
        resources=(ComposedResource(key="bucket", manifest=config()),),
        want='an earlier step of the pipeline composes a resource with the composition-resource-name "bucket" too; '
        "rename the construct or that step's resource",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_refusal_leaves_desired_state_as_it_came(case: Refused) -> None:
    rsp = fnv1.RunFunctionResponse()
    rsp.desired.resources["bucket"].resource.update({"kind": "Bucket"})
    before = rsp.SerializeToString(deterministic=True)
    result = SynthResult(
        resources=(ComposedResource(key="good", manifest=config(name="good")), *case.resources), status={"a": 1}
    )

    with pytest.raises(FatalError) as refusal:
        composed(rsp, synth_request(), result)

    assert str(refusal.value) == case.want
    assert rsp.SerializeToString(deterministic=True) == before
