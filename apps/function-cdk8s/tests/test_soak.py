"""What the checker of the chaos soak finds wrong."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# gRPC's generated stubs are untyped.

import concurrent.futures
import dataclasses
from collections.abc import Callable
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1
from function_bench.chaos import work
from function_bench.chaos.callers import Callers
from function_bench.chaos.work import Answers, Reconcile
from google.protobuf import json_format

ONE = "soak000001"
OTHER = "soak000002"


def test_one_seed_makes_one_plan() -> None:
    composed = {item.xr: fnv1.RunFunctionResponse().SerializeToString() for item in work.first(timeout_seconds=5)}

    def plan(seed: int) -> list[Reconcile]:
        return work.plan(count=300, seed=seed, timeout_seconds=5, composed=composed)

    planned = plan(1)
    assert planned == plan(1) != plan(2)
    assert {item.chart for item in planned} == {chart.name for chart in work.CHARTS}
    new = [item for item in planned if item.repeats is None]
    assert len({item.token for item in new}) == len(new) < len(planned)


def test_no_two_xrs_say_the_same_at_first() -> None:
    firsts = work.first(timeout_seconds=5)

    assert len({item.xr for item in firsts}) == len(firsts) == len({item.token for item in firsts})


def test_a_reconcile_without_the_cache_differs_only_in_its_input() -> None:
    reconcile = work.first(timeout_seconds=5)[0]
    asked, plain = (fnv1.RunFunctionRequest.FromString(item.request) for item in (work.uncached(reconcile), reconcile))

    assert asked.input["cache"] is False
    del asked.input["cache"]
    assert asked == plain


def answer(token: str, **resources: Any) -> fnv1.RunFunctionResponse:
    """Return an answer of two ConfigMaps that hold a token."""
    manifests = {
        name: {"resource": {"kind": "ConfigMap", "data": {"token": token, "place": [1, 2]}}} for name in ("one", "two")
    }
    fields = {"meta": {"tag": token}, "desired": {"resources": {**manifests, **resources}}}
    return json_format.ParseDict(fields, fnv1.RunFunctionResponse())


def config_map(token: str, place: list[int]) -> dict[str, Any]:
    return {"resource": {"kind": "ConfigMap", "data": {"token": token, "place": place}}}


def fatal(message: str) -> fnv1.RunFunctionResponse:
    result = fnv1.Result(severity=fnv1.SEVERITY_FATAL, message=message)
    return fnv1.RunFunctionResponse(meta=fnv1.ResponseMeta(tag=ONE), results=[result])


FIRST = Reconcile(number=1, chart="good", xr="good-1", token=ONE, repeats=None, request=b"")
WRONG = [
    pytest.param(
        answer(OTHER),
        f"an answer of another XR: it holds {OTHER}, and {ONE} was asked for",
        id="another XR's",
    ),
    pytest.param(
        answer(ONE, two=config_map(OTHER, [1, 2])),
        f"an answer of another XR: it holds {OTHER}, and {ONE} was asked for",
        id="one object of another XR's",
    ),
    pytest.param(
        answer(ONE, two=config_map(ONE, [1, 3])),
        "a wrong answer: it differs at desired.resources.two.resource.data.place[1]",
        id="one value",
    ),
    pytest.param(
        answer(ONE, three=config_map(ONE, [])),
        "a wrong answer: it differs at desired.resources.three",
        id="an object too many",
    ),
    pytest.param(
        fnv1.RunFunctionResponse(meta=fnv1.ResponseMeta(tag=ONE), desired=fnv1.State()),
        "a wrong answer: it differs at desired.resources",
        id="nothing desired",
    ),
    pytest.param(fnv1.RunFunctionResponse(), f"it does not hold {ONE}", id="nothing at all"),
    pytest.param(fatal("no"), "a FATAL result: no", id="a refusal"),
]


@pytest.fixture
def right() -> Answers:
    answers = Answers()
    answers.learn(FIRST, answer(ONE).SerializeToString())
    return answers


@pytest.mark.parametrize(("given", "fault"), WRONG)
def test_the_checker_finds_a_wrong_answer(right: Answers, given: fnv1.RunFunctionResponse, fault: str) -> None:
    assert right.fault(FIRST, given.SerializeToString()) == fault


def test_the_checker_takes_an_answer_whose_keys_come_in_another_order(right: Answers) -> None:
    ordered = answer(ONE)
    turned = fnv1.RunFunctionResponse(meta=ordered.meta)
    for name in ("two", "one"):
        turned.desired.resources[name].CopyFrom(ordered.desired.resources[name])

    assert right.fault(FIRST, turned.SerializeToString()) == ""
    assert right.fault(dataclasses.replace(FIRST, number=9, repeats=1), turned.SerializeToString()) == ""


@pytest.mark.parametrize("given", [answer(OTHER), fatal("no")])
def test_an_undisturbed_response_that_is_wrong_is_not_a_reference(given: fnv1.RunFunctionResponse) -> None:
    with pytest.raises(ValueError, match=r"^the undisturbed function does not compose good: "):
        Answers().learn(FIRST, given.SerializeToString())


Behave = Callable[[grpc.ServicerContext], fnv1.RunFunctionResponse]


class Lying(grpcv1.FunctionRunnerServiceServicer):
    """A function that answers as it is told, one behaviour a call."""

    def __init__(self, *behaviours: Behave) -> None:
        self._behaviours = iter(behaviours)

    def RunFunction(  # noqa: N802  # The name gRPC calls.
        self,
        request: fnv1.RunFunctionRequest,  # noqa: ARG002  # It lies whatever it is asked.
        context: grpc.ServicerContext,
    ) -> fnv1.RunFunctionResponse:
        return next(self._behaviours)(context)


def fails(code: grpc.StatusCode) -> Behave:
    return lambda context: context.abort(code, "why")


def says(response: fnv1.RunFunctionResponse) -> Behave:
    return lambda _: response


@pytest.mark.parametrize(
    ("behaviours", "outcomes"),
    [
        ([says(answer(ONE))], [("answered", "")]),
        (
            [fails(grpc.StatusCode.UNAVAILABLE), fails(grpc.StatusCode.DEADLINE_EXCEEDED), says(answer(ONE))],
            [("UNAVAILABLE", ""), ("DEADLINE_EXCEEDED", ""), ("answered", "")],
        ),
        (
            [fails(grpc.StatusCode.INTERNAL), says(answer(ONE))],
            [("INTERNAL", "reconcile 1 of good: status INTERNAL: why"), ("answered", "")],
        ),
        (
            [says(answer(OTHER))],
            [
                (
                    "answered",
                    f"reconcile 1 of good: an answer of another XR: it holds {OTHER}, and {ONE} was asked for",
                )
            ],
        ),
    ],
)
def test_callers_report_their_responses(
    right: Answers, behaviours: list[Behave], outcomes: list[tuple[str, str]]
) -> None:
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    grpcv1.add_FunctionRunnerServiceServicer_to_server(Lying(*behaviours), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with Callers(port, count=1, call_seconds=60, patience_seconds=60) as callers:
            callers.work(iter([FIRST]), right.fault)
    finally:
        server.stop(None).wait()

    assert [(attempt.outcome, attempt.fault) for attempt in callers.attempts] == outcomes
    assert [attempt.right for attempt in callers.attempts] == [outcome == ("answered", "") for outcome in outcomes]
