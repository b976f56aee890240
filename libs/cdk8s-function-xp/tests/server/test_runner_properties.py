"""For any request the function returns a response, and desired state has all of the chart's objects or is unchanged."""

import asyncio
import math
from collections.abc import Iterator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.server import cache
from cdk8s_function.server.runner import FunctionRunner
from google.protobuf import struct_pb2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.floats(width=32) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), JSON, max_size=4)

FIELDS = st.sampled_from(
    ["apiVersion", "kind", "metadata", "spec", "status", "chart", "props", "ttl", "timeout", "name"]
)
SHAPED = st.dictionaries(FIELDS, JSON | OBJECTS, max_size=5)

INPUT = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "web-service"}
XR = {
    "apiVersion": "example.org/v1alpha1",
    "kind": "WebService",
    "metadata": {"name": "demo", "namespace": "team-a"},
    "spec": {"image": "nginx:1.29"},
}
KEYS = {"earlier", "deployment", "service"}


def input_with(odd: dict[str, Any]) -> dict[str, Any]:
    return {**INPUT, **odd}


def xr_with(odd: dict[str, Any]) -> dict[str, Any]:
    return {**XR, **odd}


class Context:
    """The part of a gRPC call's context the function uses."""

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what the caller sent beside the request: nothing."""
        return ()

    def time_remaining(self) -> float | None:
        """Return the caller's deadline: none."""
        return None

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End the call with a status, as grpc.aio does."""
        raise _AbortError(code, details)


class _AbortError(Exception):
    pass


@pytest.fixture(scope="module")
def runner() -> Iterator[FunctionRunner]:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        yield FunctionRunner(workers, registry.discover(), cache.Options())


def struct(value: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(value)
    return made


def call(runner: FunctionRunner, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
    response = asyncio.run(runner.run(req, Context()))  # pyright: ignore[reportArgumentType]
    return fnv1.RunFunctionResponse.FromString(response)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    step_input=st.just(INPUT) | SHAPED | SHAPED.map(input_with),
    xr=st.just(XR) | SHAPED | SHAPED.map(xr_with),
    observed=st.dictionaries(st.sampled_from(["deployment", "other"]), SHAPED, max_size=2),
    context=OBJECTS,
)
@example(step_input=INPUT, xr=XR, observed={}, context={})
@example(step_input=INPUT, xr={**XR, "spec": {"image": math.nan}}, observed={}, context={})
@example(step_input=INPUT, xr={**XR, "metadata": {"name": "Ünï/code", "namespace": ".."}}, observed={}, context={})
@example(step_input=INPUT, xr=XR, observed={"deployment": {"metadata": {"labels": ["a"]}}}, context={})
def test_any_request_gets_a_response(
    runner: FunctionRunner, step_input: Any, xr: Any, observed: Any, context: Any
) -> None:
    req = fnv1.RunFunctionRequest(input=struct(step_input), context=struct(context))
    req.observed.composite.resource.update(xr)
    for key, resource in observed.items():
        req.observed.resources[key].resource.update(resource)
    req.desired.resources["earlier"].resource.update({"kind": "Bucket"})

    rsp = call(runner, req)

    if any(result.severity == fnv1.SEVERITY_FATAL for result in rsp.results):
        assert rsp.desired.SerializeToString(deterministic=True) == req.desired.SerializeToString(deterministic=True)
        assert rsp.meta.ttl.ToNanoseconds() == 0
        assert "\n" not in rsp.results[0].message
    else:
        assert set(rsp.desired.resources) == KEYS
    again = call(runner, fnv1.RunFunctionRequest.FromString(req.SerializeToString()))
    assert again.SerializeToString(deterministic=True) == rsp.SerializeToString(deterministic=True)
