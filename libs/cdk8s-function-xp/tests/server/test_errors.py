"""docs/reference/errors.md lists every error, and each of its rows is what a user really sees.

Every row is shown here by a case, every line a case comes to is of exactly one
row, and so is every message in the source.
"""

import ast
import asyncio
import dataclasses
import itertools
import json
import pathlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Self

import cdk8s_function
import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pydantic
import pytest
import structlog
from cdk8s_function import ApiModel
from cdk8s_function.chart import spec_validation
from cdk8s_function.errors import FatalError, UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.installed.environments import Environments
from cdk8s_function.pool import pool
from cdk8s_function.pool.job import Job
from cdk8s_function.pool.job_queue import JobQueue
from cdk8s_function.protocol import deep
from cdk8s_function.protocol.messages import ChartRef, ComposedResource, SynthRequest, SynthResult
from cdk8s_function.server import cache, call, desired, pipeline_steps, replacement_guard
from cdk8s_function.server.edge import Edge
from cdk8s_function.server.runner import FunctionRunner
from crossplane.function import logging
from fixture_charts import versions

ERRORS = pathlib.Path(__file__).parents[4] / "docs" / "reference" / "errors.md"
SOURCE = pathlib.Path(cdk8s_function.__file__).parent
ROWS = [
    row
    for row in re.findall(
        r"^\| (?:`[A-Z_]+` \| )?`(.+?)` \|",
        # A call does not report what follows: test_recorder.py and the app's test_replay.py show it.
        ERRORS.read_text(encoding="utf-8").split("## FATAL", 1)[1].split("## Replaying", 1)[0],
        re.MULTILINE,
    )
    # gRPC's own words follow these: the app's test_serve.py shows one, and the other depends on the moment.
    if row not in {"RESOURCE_EXHAUSTED", "CANCELLED"}
]


def pattern(row: str) -> re.Pattern[str]:
    """Return a row as a pattern: `<…>` stands for any text."""
    return re.compile(".+?".join(re.escape(part) for part in re.split(r"<[^<>]+>", row)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """A call of the function for one XR."""

    chart: str
    kind: str
    spec: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    step_input: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    group: str = "fixtures.example.org"
    namespace: str = "team-a"
    observed: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict[str, dict[str, Any]])
    earlier: list[str] = dataclasses.field(default_factory=list[str])
    remaining: float | None = None

    def request(self) -> fnv1.RunFunctionRequest:
        """Return the request Crossplane would send."""
        req = fnv1.RunFunctionRequest()
        head = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": self.chart}
        req.input.update({**head, **self.step_input})
        metadata = {"name": "demo"} | ({"namespace": self.namespace} if self.namespace else {})
        xr = {"apiVersion": f"{self.group}/v1", "kind": self.kind, "metadata": metadata, "spec": self.spec}
        req.observed.composite.resource.update(xr)
        for key, manifest in self.observed.items():
            req.observed.resources[key].resource.update(manifest)
        for key in self.earlier:
            req.desired.resources[key].resource.update({"kind": "Bucket"})
        return req


class Context:
    """The part of a gRPC call's context the function uses."""

    def __init__(self, remaining: float | None) -> None:
        self._remaining = remaining

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what the caller sent beside the request: nothing."""
        return ()

    def time_remaining(self) -> float | None:
        """Return the caller's deadline."""
        return self._remaining

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End the call with a status, as grpc.aio does."""
        raise AbortError(code, details)


class AbortError(Exception):
    """A call ended with a gRPC status."""


@pytest.fixture(scope="module")
def workers() -> Iterator[pool.WorkerPool]:
    with pool.WorkerPool(pool.Options(workers=1)) as made:
        yield made


@pytest.fixture
def warm(wait_warm: Callable[[pool.WorkerPool], None], workers: pool.WorkerPool) -> None:
    """Let no call wait for a worker."""
    wait_warm(workers)


@pytest.fixture(scope="module")
def runner(workers: pool.WorkerPool) -> FunctionRunner:
    return FunctionRunner(workers, registry.discover(), cache.Options())


def outcome_of(runner: FunctionRunner, call: Call) -> tuple[str, str]:
    """Return the kind of result and its line."""
    req = call.request()
    try:
        response = asyncio.run(runner.run(req, Context(call.remaining)))  # pyright: ignore[reportArgumentType]
    except AbortError as abort:
        code, details = abort.args
        return code.name, details
    rsp = fnv1.RunFunctionResponse.FromString(response)
    assert rsp == fnv1.RunFunctionResponse(
        meta=fnv1.ResponseMeta(ttl={}),
        desired=req.desired,
        context=req.context,
        results=[fnv1.Result(severity=fnv1.SEVERITY_FATAL, message=rsp.results[0].message)],
    )
    return "FATAL", rsp.results[0].message


THERE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {
        "name": "old",
        "namespace": "team-a",
        "labels": {pipeline_steps.CHART_LABEL: "good"},
        "annotations": {replacement_guard.VERSION_ANNOTATION: "0.0.1"},
    },
}
LATER = {
    **THERE,
    "metadata": {**THERE["metadata"], "annotations": {replacement_guard.VERSION_ANNOTATION: "99.0.0"}},
}

CALLS = [
    pytest.param(
        Call(chart="good", kind="Good", step_input={"tll": "1m"}),
        "FATAL",
        'input.tll: unknown field (did you mean "ttl"?)',
        id="a field of the input that is none",
    ),
    pytest.param(
        Call(chart="good", kind="Slow"),
        "FATAL",
        "the chart composes Good.fixtures.example.org, not Slow.fixtures.example.org; "
        "correct compositeTypeRef or input.chart in the Composition",
        id="an XR of another kind",
    ),
    pytest.param(
        Call(chart="good", kind="Good", spec={"tokens": 1}),
        "FATAL",
        'spec.tokens: unknown field (did you mean "token"?)',
        id="a field of the spec that is none",
    ),
    pytest.param(
        Call(chart="good", kind="Good", observed={"gone": LATER}),
        "FATAL",
        'version 0.1.0 would delete "gone" (ConfigMap old), which version 99.0.0 composed, and make "config-0" in its '
        "place; name version 99.0.0 or a later one in the Composition; to let it be deleted, annotate the XR with "
        "cdk8s.fn.crossplane.io/allow-replace: gone",
        id="a version before a construct was renamed",
    ),
    pytest.param(
        Call(chart="good", kind="Good", observed={"gone": THERE}),
        "FATAL",
        'version 0.1.0 would delete "gone" (ConfigMap old) and make "config-0" in its place; if its construct was '
        'renamed, call composite.moved(construct, from_key="gone") in the chart; to let it be deleted, annotate the XR '
        "with cdk8s.fn.crossplane.io/allow-replace: gone; if it is a later step's, add this step before the chart's "
        "new version",
        id="a renamed construct",
    ),
    pytest.param(
        Call(chart="good", kind="Good", observed={"config-0": THERE}),
        "FATAL",
        '"config-0" is named "old" in the cluster and cannot be renamed to "<name>"; set its metadata.name to '
        'composite.observed_name("config-0"), or give its construct another id',
        id="another name",
    ),
    pytest.param(
        Call(chart="good", kind="Good", observed={"config-0": {**THERE, "kind": "Secret"}}),
        "FATAL",
        '"config-0" is a Secret in the cluster and cannot become a ConfigMap; '
        "give the new object's construct another id",
        id="another kind of object",
    ),
    pytest.param(
        Call(chart="fixed", kind="Fixed"),
        "FATAL",
        "fixture_charts.contract:FIXED of fixture-charts 0.1.0 is not a class",
        id="an entry point that is no class",
    ),
    pytest.param(
        Call(chart="undeclared", kind="Undeclared"),
        "FATAL",
        "Undeclared declares no composite_type (a cdk8s_function.CompositeType)",
        id="a chart without a composite_type",
    ),
    pytest.param(
        Call(chart="not-a-chart", kind="NotAChart"),
        "FATAL",
        "fixture_charts.contract:not_a_chart made Construct, not a cdk8s.Chart",
        id="an entry point that makes no chart",
    ),
    pytest.param(
        Call(chart="raising", kind="Raising", spec={"mode": "key-error"}),
        "FATAL",
        "KeyError: 'absent' (faults.py:<line>)",
        id="an exception",
    ),
    pytest.param(
        Call(chart="raising", kind="Raising", spec={"mode": "unmade construct"}),
        "FATAL",
        (
            "fixture_charts.faults._Unmade is neither a construct nor a JSON value; "
            "a construct calls super().__init__(scope, id) first (faults.py:<line>)"
        ),
        id="a construct without its base's constructor",
    ),
    pytest.param(
        Call(chart="raising", kind="Raising", spec={"mode": "exit"}),
        "FATAL",
        "the chart called sys.exit(3) (faults.py:<line>)",
        id="sys.exit",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "validation"}),
        "FATAL",
        "Validation failed with the following errors: [demo/database/settings] size must be positive; "
        "[demo/database/settings] name is taken",
        id="a construct that is not valid",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "same-id"}),
        "FATAL",
        "There is already a Construct with name 'twice' in Chart [demo]",
        id="one construct id twice",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "cycle"}),
        "FATAL",
        "Dependency cycle detected: demo/first => demo/second => demo/first",
        id="a cycle of dependencies",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "ready of two"}),
        "FATAL",
        'construct "demo" holds 3 objects; name one ApiObject',
        id="one readiness for several objects",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "ready word"}),
        "FATAL",
        'construct "settings": annotation cdk8s.fn.crossplane.io/ready must be "True" or "False", not \'yes\'',
        id="a readiness that is no word for it",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "ready list"}),
        "FATAL",
        'construct "settings": annotation cdk8s.fn.crossplane.io/ready must be "True" or "False", not [\'True\']',
        id="a readiness that is no text",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "key number"}),
        "FATAL",
        'construct "settings": annotation cdk8s.fn.crossplane.io/composition-resource-name must be text, not 5',
        id="a key that is no text",
    ),
    pytest.param(
        Call(chart="invalid", kind="Invalid", spec={"mode": "name number"}),
        "FATAL",
        '"settings": metadata.name must be text, not 5',
        id="a name that is no text",
    ),
    pytest.param(
        Call(chart="unserialisable", kind="Unserialisable", spec={"mode": "condition object"}),
        "FATAL",
        "TypeError: condition[Custom].reason: input should be a valid string (faults.py:<line>)",
        id="a statement of another type",
    ),
    pytest.param(
        Call(chart="unserialisable", kind="Unserialisable", spec={"mode": "object bytes"}),
        "FATAL",
        "bytes is neither a construct nor a JSON value (chart.py:<line>)",
        id="a value of a patch that is no JSON",
    ),
    pytest.param(
        Call(chart="unserialisable", kind="Unserialisable", spec={"mode": "object surrogate"}),
        "FATAL",
        "the chart's output has no JSON form: 'utf-8' codec can't encode character '\\udcff' in position 0: "
        "surrogates not allowed",
        id="an output that is no JSON",
    ),
    pytest.param(
        Call(chart="duplicate", kind="Duplicate"),
        "FATAL",
        'constructs "Default/config" and "config" share the composition-resource-name "config"; rename one of them',
        id="one key twice",
    ),
    pytest.param(
        Call(chart="nested", kind="Nested"),
        "FATAL",
        '"inner/config": metadata.namespace is "inner", but an XR in namespace "team-a" composes only objects there; '
        "leave metadata.namespace out",
        id="an object in another namespace",
    ),
    pytest.param(
        Call(chart="good", kind="Good", namespace=""),
        "FATAL",
        '"config-0" is a ConfigMap without metadata.namespace; a cluster-scoped XR must give it one '
        "(on the object, or on the chart: super().__init__(scope, id, namespace=…))",
        id="an object without a namespace",
    ),
    pytest.param(
        Call(chart="good", kind="Good", earlier=["config-0"]),
        "FATAL",
        'an earlier step of the pipeline composes a resource with the composition-resource-name "config-0" too; '
        "rename the construct or that step's resource",
        id="a key of an earlier step",
    ),
    pytest.param(
        Call(chart="deep", kind="Deep", spec={"mode": "patch", "levels": 240}),
        "FATAL",
        '"deep": spec.<path> nests deeper than 128 levels of mappings and lists; make it flatter',
        id="an object that nests too deep",
    ),
    pytest.param(
        Call(chart="huge", kind="Huge", spec={"objects": 2, "bytesEach": 9 << 20}),
        "FATAL",
        "the chart's output is larger than 8 MiB; split the XR",
        id="an output that is too large",
    ),
    pytest.param(
        Call(chart="huge", kind="Huge", spec={"objects": 1, "values": 100_000}),
        "FATAL",
        "the chart's status holds more than 100000 values; make it smaller",
        id="a status of too many values",
    ),
    pytest.param(
        Call(chart="crashing", kind="Crashing", spec={"mode": "exit"}),
        "UNAVAILABLE",
        "its worker was lost: it exited with status <status>",
        id="a worker that crashed",
    ),
    pytest.param(
        Call(chart="slow", kind="Slow", spec={"seconds": 60}, step_input={"timeout": "300ms"}),
        "DEADLINE_EXCEEDED",
        "its chart did not finish in time; its worker was ended",
        id="a chart that takes too long",
    ),
    pytest.param(
        Call(chart="slow", kind="Slow", spec={"seconds": 2}, remaining=0.75),
        "DEADLINE_EXCEEDED",
        "its caller's deadline passed before its chart was done",
        id="a chart that takes longer than its caller waits",
    ),
    pytest.param(
        Call(chart="good", kind="Good", spec={"token": "new"}, remaining=0.1),
        "DEADLINE_EXCEEDED",
        "its time ran out before it began",
        id="a caller that is in a hurry",
    ),
]

SEEN: set[str] = set()


def see(line: str) -> None:
    """Note the one row a line matches; of a row and one that says it more closely, the latter."""
    found = [row for row in ROWS if pattern(row).fullmatch(line)]
    rows = [row for row in found if not any(pattern(row).fullmatch(other) for other in found if other != row)]
    assert len(rows) == 1, f"{line!r} matches {rows}"
    SEEN.add(rows[0])


@pytest.mark.parametrize(("call", "kind", "want"), CALLS)
@pytest.mark.usefixtures("warm")
def test_a_call(runner: FunctionRunner, call: Call, kind: str, want: str) -> None:
    got = outcome_of(runner, call)

    name = f"{call.namespace}/demo" if call.namespace else "demo"
    subject, _, line = got[1].partition(": ")
    chart = "" if line.startswith("input.") and ' chart "' not in line else f' with chart "{call.chart}"'
    assert got[0] == kind
    assert subject == f'cannot compose {call.kind} "{name}"{chart}'
    assert pattern(want).fullmatch(line), line
    see(line)


CHART = ChartRef(name="a", dist="b", version="1", target="c:D")
TWO = registry.Registry((CHART, dataclasses.replace(CHART, dist="c")))
ONE = registry.Registry((CHART,))
UNUSABLE = registry.Unusable(dist="b", version="2", reason="/charts/b/2/b.py is missing")
XR = {"apiVersion": "example.org/v1", "kind": "X", "metadata": {"name": "demo", "namespace": "team-a"}}


def _compose(*manifests: dict[str, Any], moved_from: tuple[str, ...] = ()) -> None:
    resources = tuple(
        ComposedResource(key=str(index), manifest=manifest, moved_from=moved_from)
        for index, manifest in enumerate(manifests)
    )
    observed = {"data": THERE} if moved_from else {}
    request = SynthRequest(chart=CHART, composite=XR, observed=observed)
    desired.compose(
        fnv1.RunFunctionResponse(), request, desired.chart_output(request, SynthResult(resources=resources))
    )


def _config(**metadata: object) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", **metadata}}


def _role() -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}


def _cluster_scoped_with_namespace() -> None:
    role = _role()
    role["metadata"]["namespace"] = "a"
    request = SynthRequest(chart=CHART, composite={**XR, "metadata": {"name": "demo"}})
    desired.chart_output(request, SynthResult(resources=(ComposedResource(key="x", manifest=role),)))


def _begun(charts: registry.Registry, chart: str, **asked: str) -> None:
    call.Call(Call(chart=chart, kind="X", step_input=asked).request()).begin(charts)


PLAIN: list[Callable[[], object]] = [
    lambda: _begun(TWO, "nothing"),
    lambda: _begun(registry.Registry((dataclasses.replace(CHART, name="web-service"),)), "web-servise"),
    lambda: _begun(TWO, "a"),
    lambda: _begun(ONE, "a", version="2"),
    lambda: _begun(ONE, "a", digest=f"sha256:{64 * '0'}"),
    lambda: _begun(registry.Registry(ONE.charts, (UNUSABLE,)), "a", version="2"),
    lambda: _compose({"kind": "ConfigMap"}),
    lambda: _compose({"apiVersion": "v1", "kind": "ConfigMapList", "items": []}),
    lambda: _compose(_config(name="No")),
    lambda: _compose(_config(labels={"a": 1})),
    lambda: _compose(_role()),
    _cluster_scoped_with_namespace,
    lambda: _compose(_config(), _config()),
    lambda: _compose(_config(), _config(name="new"), moved_from=("data",)),
]


@pytest.mark.parametrize("fail", PLAIN, ids=range(len(PLAIN)))
def test_a_refusal(fail: Callable[[], object]) -> None:
    with pytest.raises(FatalError) as refusal:
        fail()

    see(str(refusal.value))


def refusal_of(runner: FunctionRunner, req: fnv1.RunFunctionRequest) -> str:
    """Return the line of a FATAL result, without its subject."""
    response = asyncio.run(runner.run(req, Context(None)))  # pyright: ignore[reportArgumentType]
    (result,) = fnv1.RunFunctionResponse.FromString(response).results
    assert result.severity == fnv1.SEVERITY_FATAL
    return result.message.split(": ", 1)[1]


def _no_input(req: fnv1.RunFunctionRequest) -> None:
    req.ClearField("input")


def _no_xr(req: fnv1.RunFunctionRequest) -> None:
    req.ClearField("observed")


def _spec_that_is_text(req: fnv1.RunFunctionRequest) -> None:
    req.observed.composite.resource.update({"spec": "text"})


def _observed_name_that_is_a_number(req: fnv1.RunFunctionRequest) -> None:
    req.observed.resources["a"].resource.update({"metadata": {"name": 1}})


def _required_label_that_is_a_number(req: fnv1.RunFunctionRequest) -> None:
    req.required_resources["a"].items.add().resource.update({"metadata": {"labels": {"a": 1}}})


def _too_many_observed(req: fnv1.RunFunctionRequest) -> None:
    for number in range(200_000):
        req.observed.resources[str(number)].SetInParent()


def _too_many_required(req: fnv1.RunFunctionRequest) -> None:
    for name in "ab":
        for _ in range(5_001):
            req.required_resources[name].items.add()


def _too_many_requirements(req: fnv1.RunFunctionRequest) -> None:
    for number in range(10_001):
        req.extra_resources[f"r{number}"].SetInParent()


def _too_many_schemas(req: fnv1.RunFunctionRequest) -> None:
    for number in range(10_001):
        req.required_schemas[f"r{number}"].SetInParent()


def _too_large_an_input(req: fnv1.RunFunctionRequest) -> None:
    props = req.input.fields["props"].struct_value.fields
    for number in range(100_000):
        props[str(number)].number_value = number


@pytest.mark.parametrize(
    ("spoil", "want"),
    [
        (_too_many_observed, "the request holds 200000 resources, and 10000 is the most that is taken; split the XR"),
        (_too_many_required, "the request holds 10002 resources, and 10000 is the most that is taken; split the XR"),
        (
            _too_many_requirements,
            "the request holds 10001 resources, and 10000 is the most that is taken; split the XR",
        ),
        (_too_many_schemas, "the request holds 10001 resources, and 10000 is the most that is taken; split the XR"),
        (
            _too_large_an_input,
            ("input has 1988997 bytes, and 1048576 is the most that is taken; read large values from a ConfigMap"),
        ),
        (
            _no_input,
            (
                "input is missing; give an input of kind ChartInput, apiVersion cdk8s.fn.crossplane.io/v1alpha1, "
                "that names a chart"
            ),
        ),
        (
            _no_xr,
            "observed.composite.resource.apiVersion is missing; the request holds no composite resource",
        ),
        (_spec_that_is_text, "observed.composite.resource.spec is not an object"),
        (_observed_name_that_is_a_number, 'observed.resources["a"].metadata.name is not text'),
        (_required_label_that_is_a_number, 'required_resources["a"][0].metadata.labels is not a map of strings'),
    ],
)
def test_an_invalid_request(
    runner: FunctionRunner, spoil: Callable[[fnv1.RunFunctionRequest], None], want: str
) -> None:
    req = Call(chart="good", kind="Good").request()
    spoil(req)

    assert refusal_of(runner, req) == want
    see(want)


def test_a_request_that_nests_too_deep(runner: FunctionRunner) -> None:
    req = Call(chart="good", kind="Good").request()
    fields = req.context.fields
    for _ in range(300):
        fields = fields["a"].struct_value.fields
    fields["a"].bool_value = True
    edge = Edge(runner.run, runner.note_refusal)

    response = asyncio.run(edge.run_function(req.SerializeToString(), Context(None)))  # pyright: ignore[reportArgumentType]

    (result,) = deep.parse(fnv1.RunFunctionResponse, response).results
    line = result.message.split(": ", 1)[1]
    want = f"the request's context{'.a' * 24}.… nests deeper than 128 levels of mappings and lists; make it flatter"
    assert (result.severity, line) == (fnv1.SEVERITY_FATAL, want)
    see(line)


def test_an_object_in_a_request_that_holds_too_many_values(runner: FunctionRunner) -> None:
    req = Call(chart="good", kind="Good").request()
    req.context["items"] = [None] * 100_000
    edge = Edge(runner.run, runner.note_refusal)

    response = asyncio.run(edge.run_function(req.SerializeToString(), Context(None)))  # pyright: ignore[reportArgumentType]

    (result,) = fnv1.RunFunctionResponse.FromString(response).results
    line = result.message.split(": ", 1)[1]
    assert line == "the request's context holds more than 100000 values; make it smaller"
    see(line)


def test_an_output_that_takes_more_than_is_sent(workers: pool.WorkerPool) -> None:
    runner = FunctionRunner(workers, registry.discover(), cache.Options(), max_send_bytes=1 << 20)
    req = Call(chart="huge", kind="Huge", spec={"objects": 2, "bytesEach": 1 << 20}).request()

    lines = [refusal_of(runner, req) for _ in range(2)]

    line = "the chart's output takes <n> bytes of the response, and 1048576 is the most that is sent; split the XR"
    assert [re.sub(r"takes \d+", "takes <n>", each) for each in lines] == [line, line]
    see(lines[0])


def test_bytes_that_are_no_request(runner: FunctionRunner) -> None:
    edge = Edge(runner.run, runner.note_refusal)

    with pytest.raises(AbortError) as abort:
        asyncio.run(edge.run_function(b"\xff", Context(None)))  # pyright: ignore[reportArgumentType]

    code, line = abort.value.args
    assert (code, line) == (grpc.StatusCode.INVALID_ARGUMENT, "the request is no RunFunctionRequest")
    see(line)


class _Range(ApiModel):
    lowest: int
    highest: int

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            msg = "lowest must not be above highest"
            raise ValueError(msg)
        return self


def test_fields_that_do_not_go_together() -> None:
    with pytest.raises(FatalError) as refusal:
        spec_validation.load(_Range, spec={"lowest": 2, "highest": 1}, props={})

    assert str(refusal.value) == "spec: lowest must not be above highest"
    see(str(refusal.value))


def test_a_chart_that_can_not_be_imported(workers: pool.WorkerPool) -> None:
    broken = ChartRef(name="good", dist="a", version="1", target="not_installed:Chart")
    runner = FunctionRunner(workers, registry.Registry((broken,)), cache.Options())

    line = refusal_of(runner, Call(chart="good", kind="Good").request())

    assert line == "cannot import not_installed:Chart of a 1: ModuleNotFoundError: No module named 'not_installed'"
    see(line)


def test_a_request_that_no_worker_takes_in_its_time() -> None:
    idle = pool.WorkerPool(pool.Options())
    runner = FunctionRunner(idle, registry.discover(), cache.Options())

    code, line = outcome_of(runner, Call(chart="good", kind="Good", remaining=0.3))
    idle.close()

    line = line.split(": ", 1)[1]
    assert (code, line) == ("DEADLINE_EXCEEDED", "its time ran out while it waited for a worker")
    see(line)


def test_a_bug(runner: FunctionRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        msg = "not again"
        raise LookupError(msg)

    monkeypatch.setattr(desired, "compose", broken)

    code, line = outcome_of(runner, Call(chart="good", kind="Good"))

    line = line.split(": ", 1)[1]
    assert (code, line) == ("INTERNAL", "a bug in function-cdk8s: LookupError('not again')")
    see(line)


def test_files_that_were_replaced(workers: pool.WorkerPool) -> None:
    found = registry.discover().require("good")
    assert found.record_digest
    charts = registry.Registry((dataclasses.replace(found, record_digest="of other files"),))
    calls: list[str] = []
    runner = FunctionRunner(workers, charts, cache.Options(), on_replaced=lambda: calls.append("once"))

    outcomes = {outcome_of(runner, Call(chart="good", kind="Good")) for _ in range(2)}

    ((code, line),) = outcomes
    assert (code, calls) == ("UNAVAILABLE", ["once"])
    see(line.split(": ", 1)[1])


def test_files_that_were_replaced_in_a_folder(workers: pool.WorkerPool, tmp_path: pathlib.Path) -> None:
    versions.install_greetings(tmp_path / "charts", "1.0.0", pins="1.0")
    found = Environments(tmp_path / "charts").look()
    calls: list[pathlib.Path] = []
    runner = FunctionRunner(workers, found, cache.Options(), on_folder_replaced=calls.append)
    call = Call(chart="greeting", kind="Greeting", group="greetings.example.org")
    code, gone = outcome_of(runner, call)
    (tmp_path / "charts/greetings/1.0.0/greetings/late.py").unlink()

    outcomes = {outcome_of(runner, call) for _ in range(2)}
    runner.use(found)
    again = outcome_of(runner, call)

    # The pool was told of no such folder.
    assert (code, again) == ("UNAVAILABLE", (code, gone))
    see(gone.split(": ", 1)[1])
    ((code, line),) = outcomes
    assert (code, calls) == ("UNAVAILABLE", [tmp_path / "charts/greetings/1.0.0"])
    see(line.split(": ", 1)[1])


def test_a_bug_is_logged_without_the_request(
    workers: pool.WorkerPool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(desired, "compose", broken)
    req = Call(chart="good", kind="Good").request()
    req.credentials["api"].credential_data.data["token"] = b"token of the api"
    logging.configure(level=logging.Level.INFO)
    try:
        served = FunctionRunner(workers, registry.discover(), cache.Options())
        with pytest.raises(AbortError):
            asyncio.run(served.run(req, Context(None)))  # pyright: ignore[reportArgumentType]
    finally:
        structlog.reset_defaults()

    (entry,) = [entry for entry in map(json.loads, capsys.readouterr().out.splitlines()) if entry["msg"] == "broke"]
    assert entry["traceback"].startswith("Traceback (most recent call last):")
    assert "token of the api" not in json.dumps(entry)
    assert "dG9rZW4gb2YgdGhlIGFwaQ" not in json.dumps(entry)


def test_a_pool_that_has_no_room_or_is_closed() -> None:
    request = SynthRequest(chart=CHART, composite=XR)
    full = pool.WorkerPool(pool.Options(queue=1))
    full.submit(request, deadline=0)
    with pytest.raises(UnavailableError) as refusal:
        full.submit(request, deadline=0)
    see(str(refusal.value))

    full.close()
    with pytest.raises(UnavailableError) as refusal:
        full.submit(request, deadline=0)
    see(str(refusal.value))


def test_a_request_that_would_wait_too_long() -> None:
    queue = JobQueue(workers=1, limit=2)
    job = Job(request=SynthRequest(chart=CHART, composite=XR), deadline=10.0, future=Future())
    queue.put(job, now=0)
    assert queue.take(now=0)
    queue.end(job, guilty=False, now=20.0)
    queue.put(job, now=0)
    assert queue.take(now=0)
    with pytest.raises(UnavailableError) as refusal:
        queue.put(job, now=0)

    see(str(refusal.value))


def test_a_pool_whose_workers_all_fail_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK8S_FUNCTION_KERNEL", "node")
    monkeypatch.setenv("JSII_NODE", "/bin/false")
    broken = pool.WorkerPool(pool.Options())
    waiting = broken.submit(SynthRequest(chart=CHART, composite=XR), deadline=0)

    with broken, pytest.raises(UnavailableError) as refusal:
        waiting.result(120)

    see(str(refusal.value))


def test_every_row_was_seen() -> None:
    assert set(ROWS) == SEEN


REFUSALS = {"DeadlineError", "FatalError", "LoadError", "NotHereError", "OverloadedError", "UnavailableError"}


def messages(module: pathlib.Path) -> Iterator[str]:
    """Return the text of each refusal a module raises, with `<…>` for what varies."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        blocks: list[Any] = [block for block in vars(node).values() if isinstance(block, list)]
        for block in blocks:
            for first, second in itertools.pairwise(block):
                match first, second:
                    case (
                        ast.Assign(value=ast.JoinedStr() | ast.Constant() as text),
                        ast.Raise(exc=ast.Call(func=ast.Name(id=name))),
                    ) if name in REFUSALS:
                        parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                        # A call names the field before what the registry says.
                        field = "input.<x>: " if name == "NotHereError" else ""
                        said = (str(part.value) if isinstance(part, ast.Constant) else "<x>" for part in parts)
                        yield field + "".join(said)
                    case _:
                        pass


@pytest.mark.parametrize("module", sorted(SOURCE.rglob("*.py")), ids=lambda module: str(module.relative_to(SOURCE)))
def test_every_message_of_the_source_is_in_a_row(module: pathlib.Path) -> None:
    for message in messages(module):
        # What varies in one may be spelled out in the other.
        assert any(pattern(row).fullmatch(message) or pattern(message).fullmatch(row) for row in ROWS), message
