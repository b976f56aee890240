"""What the soak of many versions asks for, and what its checker finds wrong."""

# pyright: reportUnknownMemberType=false
# gRPC's generated stubs are untyped.

import collections
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from function_bench import versions
from function_bench.chaos.work import Reconcile
from google.protobuf import json_format

METADATA = 'desired.resources.config.resource.metadata.annotations["cdk8s.fn.crossplane.io/chart-version"]'
SETTINGS = versions.Settings(reconciles=600, versions=8, workers=4, callers=24, seed=1)


def response(token: str, version: str, *, annotated: str = "") -> bytes:
    annotations = {"cdk8s.fn.crossplane.io/chart-version": annotated or version}
    config: dict[str, Any] = {"metadata": {"annotations": annotations}, "data": {"name": token, "version": version}}
    fields = {"desired": {"resources": {"config": {"resource": config}}}}
    return json_format.ParseDict(fields, fnv1.RunFunctionResponse()).SerializeToString()


def reconcile(token: str) -> Reconcile:
    return Reconcile(number=7, chart="greetings 2.0.0", xr="greetings-0", token=token, repeats=None, request=b"")


def test_the_plan_asks_for_each_version_of_each_chart_and_for_one_spec_in_several() -> None:
    planned = versions.plan(SETTINGS)

    assert planned == versions.plan(SETTINGS)
    assert len({item.chart for item in planned}) == 24
    asked: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    for item in planned:
        asked[item.xr, item.token].add(item.chart)
    assert max(map(len, asked.values())) > 1


@pytest.fixture
def right() -> versions.Responses:
    responses = versions.Responses()
    responses.learn(reconcile("soak000001"), response("soak000001", "2.0.0"))
    return responses


def test_a_response_with_its_own_token_is_right(right: versions.Responses) -> None:
    assert right.fault(reconcile("soak000002"), response("soak000002", "2.0.0")) == ""


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            response("soak000002", "1.0.0", annotated="2.0.0"),
            "a wrong answer: it differs at desired.resources.config.resource.data.version",
        ),
        (
            response("soak000002", "2.0.0", annotated="1.0.0"),
            f"a wrong answer: it differs at {METADATA}",
        ),
        (response("soak000001", "2.0.0"), "a wrong answer: it differs at desired.resources.config.resource.data.name"),
        (
            fnv1.RunFunctionResponse(
                results=[fnv1.Result(severity=fnv1.SEVERITY_FATAL, message="no")]
            ).SerializeToString(),
            "a FATAL result: no",
        ),
    ],
    ids=["another version's", "another version's annotation", "another spec's", "a refusal"],
)
def test_the_checker_finds_a_wrong_response(right: versions.Responses, given: bytes, fault: str) -> None:
    assert right.fault(reconcile("soak000002"), given) == fault


def part(mib: float, processes: int) -> versions.Part:
    return versions.Part(reconciles=1, seconds=1, attempts=[], starts=1, processes=processes, pss_mib=mib)


@pytest.mark.parametrize(
    ("last", "violations"),
    [
        (part(124, 9), []),
        (part(126, 9), ["memory grew from 100 MiB to 126 MiB"]),
        (part(100, 10), ["there were 10 processes, for 4 workers"]),
    ],
)
def test_memory_and_processes_that_grow_are_violations(last: versions.Part, violations: list[str]) -> None:
    assert versions.grown(SETTINGS, [part(100, 5), last]) == violations
