"""A cached output is the output that the chart would make now: real workers, and the function as gRPC calls it.

`CountedWorkers` counts the requests that reach the workers: a response that came without
one was in the cache.
"""

import asyncio
import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.pool.job import WorkerVisit
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult
from cdk8s_function.server import cache, runner
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

CHARTS = registry.discover()
GROUP = "fixtures.example.org"


class CountedWorkers:
    """Workers, and how often they were called."""

    def __init__(self, workers: pool.WorkerPool) -> None:
        self._workers = workers
        self.shared = workers.shared
        self.times = 0
        self.trouble = ""

    def submit(
        self, request: SynthRequest, *, deadline: float, timeout: float, visit: WorkerVisit
    ) -> Future[SynthResult | SynthFailure]:
        """Pass a request on, unless there is trouble."""
        self.times += 1
        if self.trouble:
            raise UnavailableError(self.trouble)
        return self._workers.submit(request, deadline=deadline, timeout=timeout, visit=visit)


class Context:
    """The part of a gRPC call's context the function uses."""

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what the caller sent beside the request: nothing."""
        return ()

    def time_remaining(self) -> float | None:
        """Return the caller's deadline: none."""
        return None


class Function:
    """The function, and how often its workers are called.

    Args:
        workers: Its workers.
        options: How it caches outputs.
    """

    def __init__(self, workers: pool.WorkerPool, options: cache.Options) -> None:
        self.workers = CountedWorkers(workers)
        self._runner = runner.FunctionRunner(self.workers, CHARTS, options)  # pyright: ignore[reportArgumentType]

    def call(self, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Return the response to a call, which leaves the request as it is."""
        sent = fnv1.RunFunctionRequest.FromString(req.SerializeToString())
        rsp = asyncio.run(self._runner.run(sent, Context()))  # pyright: ignore[reportArgumentType]
        assert sent == req
        return fnv1.RunFunctionResponse.FromString(rsp)

    def is_asked(self, req: fnv1.RunFunctionRequest) -> bool:
        """Return whether a call reaches the workers."""
        before = self.workers.times
        self.call(req)
        return self.workers.times > before


@pytest.fixture(scope="module")
def workers() -> Iterator[pool.WorkerPool]:
    with pool.WorkerPool(pool.Options(workers=1)) as made:
        yield made


@pytest.fixture
def function(workers: pool.WorkerPool) -> Function:
    """A function that checks none of its cached outputs."""
    return Function(workers, cache.Options(checked=0))


def call(chart: str = "reading", *, step_input: dict[str, Any] | None = None, **world: Any) -> fnv1.RunFunctionRequest:
    """Return a request of one XR. Fields of `world` lie over the usual ones."""
    req = fnv1.RunFunctionRequest()
    req.input.update(
        {
            "apiVersion": "cdk8s.fn.crossplane.io/v1alpha1",
            "kind": "ChartInput",
            "chart": chart,
            **(step_input or {}),
        }
    )
    xr = {
        "apiVersion": f"{GROUP}/v1",
        "kind": chart.capitalize(),
        "metadata": {"name": "demo", "namespace": "team-a"},
        "spec": world.pop("spec", {}),
    }
    req.observed.composite.resource.update(world.pop("xr", xr))
    for key, manifest in world.pop("observed", {}).items():
        req.observed.resources[key].resource.update(manifest)
    for name, items in world.pop("required", {}).items():
        req.required_resources[name].SetInParent()
        for item in items:
            req.required_resources[name].items.add().resource.update(item)
    req.context.update(world.pop("context", {}))
    assert not world
    return req


def config(name: str = "demo-seen", **fields: Any) -> dict[str, Any]:
    """Return a ConfigMap as it is observed."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "resourceVersion": "1"}, **fields}


READS = [
    ["field", "seen", "status", "phase"],
    ["condition", "seen", "Ready"],
    ["secret", "seen", "token"],
    ["keys"],
    ["required", "nodes"],
    ["status", "phase"],
    ["context", "zone"],
    ["credential", "cloud", "key"],
    ["connection", "user"],
    ["metadata", "labels"],
]


def busy() -> fnv1.RunFunctionRequest:
    """Return a request whose chart reads a little of everything."""
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "8:00"}]
    req = call(
        xr={
            "apiVersion": f"{GROUP}/v1",
            "kind": "Reading",
            "metadata": {"name": "demo", "namespace": "team-a", "labels": {"a": "b"}, "resourceVersion": "1"},
            "spec": {"reads": READS, "token": "mine", "crossplane": {"resourceRefs": [{"name": "a"}]}},
            "status": {"phase": "Up", "conditions": conditions},
        },
        observed={"seen": config(status={"phase": "Up", "conditions": conditions})},
        required={"nodes": [{"metadata": {"name": "n1", "resourceVersion": "1"}, "status": {"beat": "8:00"}}]},
        context={"zone": "eu", "other": 1},
    )
    req.observed.resources["seen"].connection_details["token"] = b"one"
    req.observed.composite.connection_details["user"] = b"me"
    req.credentials["cloud"].credential_data.data["key"] = b"open"
    req.meta.tag = "first"
    return req


Change = Callable[[fnv1.RunFunctionRequest], object]


def seen(req: fnv1.RunFunctionRequest) -> Any:
    return req.observed.resources["seen"].resource


def xr(req: fnv1.RunFunctionRequest) -> Any:
    return req.observed.composite.resource


def node(req: fnv1.RunFunctionRequest) -> Any:
    return req.required_resources["nodes"].items[0].resource


NOISE: dict[str, Change] = {
    "the request's tag": lambda r: setattr(r.meta, "tag", "second"),
    "resourceVersion of the XR": lambda r: xr(r)["metadata"].update({"resourceVersion": "2"}),
    "generation of the XR": lambda r: xr(r)["metadata"].update({"generation": 2}),
    "managedFields of the XR": lambda r: xr(r)["metadata"].update({"managedFields": [{"time": "9:00"}]}),
    "the XR's references": lambda r: xr(r)["spec"]["crossplane"].update({"resourceRefs": []}),
    "another field of its status": lambda r: xr(r)["status"].update({"observed": 2}),
    "its conditions": lambda r: xr(r)["status"].update({"conditions": []}),
    "resourceVersion of a resource": lambda r: seen(r)["metadata"].update({"resourceVersion": "2"}),
    "managedFields of a resource": lambda r: seen(r)["metadata"].update({"managedFields": [{"time": "9:00"}]}),
    "another field of a resource's status": lambda r: seen(r)["status"].update({"replicas": 2}),
    "the time of a condition": lambda r: seen(r)["status"]["conditions"][0].update({"lastTransitionTime": "9:00"}),
    "the heartbeat of a required resource": lambda r: node(r)["status"].update({"beat": "9:00"}),
    "another value of the context": lambda r: r.context.update({"other": 2}),
    "another connection detail": lambda r: r.observed.composite.connection_details.update({"other": b"x"}),
    "another credential": lambda r: r.credentials["cloud"].credential_data.data.update({"other": b"x"}),
    "what earlier steps desire": lambda r: r.desired.resources["earlier"].resource.update({"kind": "Bucket"}),
}

CHANGES: dict[str, Change] = {
    "the spec": lambda r: xr(r)["spec"].update({"token": "other"}),
    "a field of the spec that is gone": lambda r: xr(r)["spec"].fields.pop("token"),
    "the XR's labels": lambda r: xr(r)["metadata"]["labels"].update({"a": "c"}),
    "its status": lambda r: xr(r)["status"].update({"phase": "Down"}),
    "its status that is gone": lambda r: xr(r).fields.pop("status"),
    "a field of a resource": lambda r: seen(r)["status"].update({"phase": "Down"}),
    "a condition": lambda r: seen(r)["status"]["conditions"][0].update({"status": "False"}),
    "the resources there are": lambda r: r.observed.resources["new"].resource.update(config("new")),
    "a required resource": lambda r: node(r)["metadata"].update({"name": "n2"}),
    "one required resource more": lambda r: r.required_resources["nodes"].items.add().resource.update(config("n2")),
    "no required resources": lambda r: r.required_resources.pop("nodes"),
    "the context": lambda r: r.context.update({"zone": "us"}),
    "a connection detail": lambda r: r.observed.composite.connection_details.update({"user": b"you"}),
    "a resource's connection detail": lambda r: r.observed.resources["seen"].connection_details.update({"token": b""}),
    "a credential": lambda r: r.credentials["cloud"].credential_data.data.update({"key": b"shut"}),
    "the function input": lambda r: r.input.update({"props": {"mode": "x"}}),
    "the XR's uid": lambda r: xr(r)["metadata"].update({"uid": "2"}),
    "the XR's name": lambda r: xr(r)["metadata"].update({"name": "other"}),
    "the XR's namespace": lambda r: xr(r)["metadata"].update({"namespace": "team-b"}),
    "the XR's version": lambda r: xr(r).update({"apiVersion": f"{GROUP}/v2"}),
}


def composed(function: Function, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
    """Return the response to a call, which must be the chart's objects."""
    rsp = function.call(req)
    assert {"config", "heard"} <= set(rsp.desired.resources), rsp.results
    return rsp


def fresh(workers: pool.WorkerPool, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
    """Return the response of a function that caches nothing."""
    return Function(workers, cache.Options(size_mib=0)).call(req)


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in NOISE.items()])
def test_a_change_that_the_chart_did_not_read_does_not_run_it(
    function: Function, workers: pool.WorkerPool, change: Change
) -> None:
    req = busy()
    composed(function, req)

    change(req)

    assert composed(function, req) == fresh(workers, req)
    assert function.workers.times == 1


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in CHANGES.items()])
def test_a_change_that_the_chart_read_runs_it(function: Function, workers: pool.WorkerPool, change: Change) -> None:
    req = busy()
    former = composed(function, req)

    changed = copy.deepcopy(req)
    change(changed)

    assert composed(function, changed) == fresh(workers, changed)
    assert function.workers.times == 2
    assert function.call(req) == former
    assert function.workers.times == 2, "the former output is still there"


def test_what_the_function_makes_of_observed_state_is_made_each_time(function: Function) -> None:
    req = call(spec={"reads": []})
    for key, resource in function.call(req).desired.resources.items():
        assert resource.ready == fnv1.READY_FALSE
        req.observed.resources[key].resource.CopyFrom(resource.resource)
    observed: Any = req.observed.resources["heard"].resource

    assert {resource.ready for resource in function.call(req).desired.resources.values()} == {fnv1.READY_TRUE}

    observed["metadata"].update({"deletionTimestamp": "9:00"})
    assert function.call(req).desired.resources["heard"].ready == fnv1.READY_FALSE

    req.desired.resources["heard"].resource.update({"kind": "Bucket"})
    assert "an earlier step of the pipeline composes" in function.call(req).results[0].message
    del req.desired.resources["heard"]

    observed.update({"kind": "Secret"})
    assert "is a Secret in the cluster and cannot become a ConfigMap" in function.call(req).results[0].message
    assert function.workers.times == 1


def test_a_reconcile_of_two_turns_asks_the_chart_twice_in_all(function: Function) -> None:
    before = call(spec={"reads": [["required", "nodes"]]})
    after = call(spec={"reads": [["required", "nodes"]]}, required={"nodes": [config("n1")]})

    for _ in range(3):
        function.call(before)
        function.call(after)

    assert function.workers.times == 2


@pytest.mark.parametrize(
    ("req", "why"),
    [
        pytest.param(call(step_input={"cache": False}), "the input says so", id="input"),
        pytest.param(call("uncached"), "the chart says so", id="chart"),
        pytest.param(call("secret"), "a value made once is not there yet", id="generate_once"),
        pytest.param(call("invalid", spec={"mode": "spec"}), "it failed", id="failure"),
    ],
)
def test_some_outputs_are_not_used_again(function: Function, req: fnv1.RunFunctionRequest, why: str) -> None:
    assert function.is_asked(req)
    assert function.is_asked(req), why


def test_a_value_made_once_is_cached_from_when_it_is_observed(function: Function) -> None:
    req = call("secret")
    made = function.call(req).desired.resources["password"].resource
    req.observed.resources["password"].resource.CopyFrom(made)

    assert function.is_asked(req)
    assert not function.is_asked(req)
    assert function.call(req).desired.resources["password"].resource["data"] == made["data"]

    cast_data: Any = req.observed.resources["password"].resource["data"]
    cast_data.update({"value": "bmV3"})
    assert function.is_asked(req)


def test_a_chart_that_is_not_deterministic_is_found_and_cached_no_more(workers: pool.WorkerPool) -> None:
    function = Function(workers, cache.Options(checked=1))
    with capture_logs() as logs:
        responses = [function.call(call("random")).SerializeToString(deterministic=True) for _ in range(4)]

    assert len(set(responses)) == 4, "a check returns the fresh output"
    assert [(log["chart"], log["xr"], log["path"]) for log in logs if log["log_level"] == "warning"] == [
        ("fixture-charts:random", "team-a/demo", "resources.random.manifest.data.value")
    ]


def test_a_check_of_a_deterministic_chart_finds_nothing(workers: pool.WorkerPool) -> None:
    function = Function(workers, cache.Options(checked=1))
    with capture_logs() as logs:
        first, second = function.call(busy()), function.call(busy())

    assert first == second
    assert function.workers.times == 2
    assert [log for log in logs if log["log_level"] == "warning"] == []


def test_a_check_that_can_not_be_made_is_no_failure(workers: pool.WorkerPool) -> None:
    function = Function(workers, cache.Options(checked=1))
    first = function.call(busy())
    function.workers.trouble = "every worker is busy"

    assert function.call(busy()) == first
    assert function.workers.times == 2


def test_a_chart_may_hand_what_it_sees_to_a_construct(function: Function) -> None:
    item = config("n1", data={"a": "b"}, status={"phase": "Up"})
    item["metadata"]["labels"] = {"team": "a"}
    rsp = function.call(call(required={"copied": [item]}))

    copied = json_format.MessageToDict(rsp.desired.resources["copy-0"].resource)
    assert (copied["data"], copied["metadata"]["labels"]["team"]) == ({"a": "b"}, "a")


# --- Any sequence of requests.

NAMES = st.sampled_from(["one", "two"])
VALUES = st.sampled_from(["", "a", "b"])
MANIFESTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "apiVersion": st.just("v1"),
        "kind": st.just("ConfigMap"),
        "metadata": st.fixed_dictionaries(
            {"name": st.just("demo-seen"), "resourceVersion": VALUES},
            optional={"labels": st.dictionaries(NAMES, VALUES, max_size=1)},
        ),
    },
    optional={
        "status": st.dictionaries(NAMES, VALUES, max_size=2),
        "data": st.dictionaries(NAMES, VALUES, max_size=1),
    },
)
WAYS = st.one_of(
    st.tuples(st.just("field"), NAMES, st.sampled_from(["status", "data"]), NAMES),
    st.tuples(st.just("manifest"), NAMES, st.just("metadata"), st.sampled_from(["labels", "resourceVersion"])),
    st.tuples(st.just("whole"), NAMES),
    st.tuples(st.just("keys")),
    st.tuples(st.just("required"), NAMES),
    st.tuples(st.just("context"), NAMES),
    st.tuples(st.just("status"), NAMES),
    st.tuples(st.just("connection"), NAMES),
    st.tuples(st.just("metadata"), st.sampled_from(["generation", "labels", "annotations"])),
)


@dataclasses.dataclass(frozen=True)
class World:
    """What is so at the time of one call."""

    name: str
    namespace: str
    generation: int
    status: dict[str, str]
    observed: dict[str, dict[str, Any]]
    required: dict[str, list[dict[str, Any]]]
    context: dict[str, str]
    connection: dict[str, bytes]

    def request(self, ways: list[tuple[str, ...]]) -> fnv1.RunFunctionRequest:
        """Return the call."""
        metadata = {"name": self.name, "namespace": self.namespace, "generation": self.generation}
        xr = {"apiVersion": f"{GROUP}/v1", "kind": "Reading", "metadata": metadata, "status": self.status}
        req = call(
            xr={**xr, "spec": {"reads": [list(way) for way in ways], "token": f"{self.namespace}/{self.name}"}},
            observed=self.observed,
            required=self.required,
            context=self.context,
        )
        for key, value in self.connection.items():
            req.observed.composite.connection_details[key] = value
        return req


WORLDS = st.builds(
    World,
    name=NAMES,
    namespace=st.sampled_from(["a", "b"]),
    generation=st.integers(1, 2),
    status=st.dictionaries(NAMES, VALUES, max_size=1),
    observed=st.dictionaries(NAMES, MANIFESTS, max_size=2),
    required=st.dictionaries(NAMES, st.lists(MANIFESTS, max_size=2), max_size=1),
    context=st.dictionaries(NAMES, VALUES, max_size=1),
    connection=st.dictionaries(NAMES, st.binary(max_size=1), max_size=1),
)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[list[tuple[str, ...]], list[World]]:
    """What the chart reads, and worlds of which each is like one before in most fields."""
    worlds = [draw(WORLDS)]
    for _ in range(draw(st.integers(3, 7))):
        former, other = draw(st.sampled_from(worlds)), draw(WORLDS)
        field = draw(st.sampled_from([field.name for field in dataclasses.fields(World)]))
        worlds.append(dataclasses.replace(former, **{field: getattr(other, field)}))
    return draw(st.lists(WAYS, max_size=3)), worlds


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=sequences())
def test_a_cached_output_is_always_the_fresh_one(
    workers: pool.WorkerPool, sequence: tuple[list[tuple[str, ...]], list[World]]
) -> None:
    ways, worlds = sequence
    caching = Function(workers, cache.Options(checked=0))
    keeping_none = Function(workers, cache.Options(size_mib=0))
    for world in worlds:
        req = world.request(ways)
        rsp = caching.call(req)

        assert rsp == keeping_none.call(req)
        token: Any = rsp.desired.resources["config"].resource["data"]
        assert token["token"] == f"{world.namespace}/{world.name}"
    assert keeping_none.workers.times == len(worlds)


# --- The order of fields, which a Struct has not.


def labelled(labels: Mapping[str, str]) -> tuple[fnv1.RunFunctionRequest, list[str]]:
    """Return a request, and the order in which protobuf has its XR's labels."""
    req = call(spec={"reads": [["metadata", "labels"]]}, step_input={"cache": False})
    metadata: Any = xr(req)["metadata"]
    made = metadata.get_or_create_struct("labels")
    made.update(labels)
    return req, list(made.fields)


def test_equal_requests_have_one_order_of_fields(function: Function) -> None:
    # Keys that fall into one place of a map's table are in the order they came in: of 300 some do, whatever the hash.
    names = [f"label-{number}" for number in range(300)]
    first, order = labelled(dict.fromkeys(names, "here"))
    second, other = labelled(dict.fromkeys(reversed(names), "here"))
    assert order != other, "nothing to prove where protobuf has one order"

    responses = [function.call(req) for req in (first, second)]

    assert first == second
    assert responses[0] == responses[1]
    assert not responses[0].results
