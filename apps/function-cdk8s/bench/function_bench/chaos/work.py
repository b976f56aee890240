"""What is reconciled, each time with a token of its own in the XR's spec, and what is right in the answers."""

import dataclasses
import random
import re
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import differences
from google.protobuf import json_format

from function_bench import calls

TOKEN = re.compile(rb"soak\d{6}")
"""What a token looks like, wherever it shows up in an answer."""

_FIXTURES = "fixtures.example.org/v1"
_IDS = uuid.UUID("00000000-0000-4000-8000-000000000000")
_XRS_EACH = 10
_REPEATED = 0.25
_REPEATED_FROM = 100
_TOKENS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart and how an XR of it looks."""

    name: str
    xr: tuple[str, str]  # The apiVersion and kind of its XRs.
    spec: Callable[[str], dict[str, Any]]  # Makes an XR's spec that holds a token, which is a DNS label.
    weight: int = 5  # How often it is reconciled, compared with the others.


CHARTS = (
    Chart("good", (_FIXTURES, "Good"), lambda token: {"token": token}),
    Chart("plus", (_FIXTURES, "Plus"), lambda token: {"token": token}),
    Chart(
        "web-service",
        ("example.org/v1alpha1", "WebService"),
        lambda token: {"image": f"registry.example.org/web:{token}", "replicas": 2, "host": f"{token}.example.org"},
    ),
    Chart("internal-dns", ("dns.internal/v1alpha1", "InternalDNS"), lambda token: {"domain": f"{token}.example.org"}),
    # A frame of some 250 KiB: more than the workers' sockets hold at once.
    Chart("huge", (_FIXTURES, "Huge"), lambda token: {"token": token, "objects": 100, "bytesEach": 2000}, weight=1),
)
"""Objects of cdk8s's own ApiObject, of cdk8s-plus and of Manifest; a real chart; and a big answer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reconcile:
    """One call of Crossplane."""

    number: int  # Its place in the run.
    chart: str  # The chart's entry point.
    xr: str  # The XR's name, which no XR of another chart has.
    token: str  # The text that tells its answer from all others.
    repeats: int | None  # The number of the reconcile it says again; None if it says something new.
    request: bytes  # The encoded RunFunctionRequest.


def first(*, timeout_seconds: int) -> list[Reconcile]:
    """Return the first reconcile of each XR, when there are no composed resources yet."""
    starts = range(-_XRS_EACH * len(CHARTS), 0, _XRS_EACH)
    places = [(chart, start + place) for chart, start in zip(CHARTS, starts, strict=True) for place in range(_XRS_EACH)]
    return [_new(chart, number, timeout_seconds) for chart, number in places]


def plan(*, count: int, seed: int, timeout_seconds: int, composed: Mapping[str, bytes]) -> list[Reconcile]:
    """Return the reconciles of a run."""
    draw = random.Random(seed)
    planned: list[Reconcile] = []
    for number in range(count):
        earlier = [item for item in planned[-_REPEATED_FROM:] if item.repeats is None]
        if earlier and draw.random() < _REPEATED:
            planned.append(_again(draw.choice(earlier), number))
        else:
            (chart,) = draw.choices(CHARTS, [chart.weight for chart in CHARTS])
            planned.append(observing(_new(chart, number, timeout_seconds), composed))
    return planned


def _new(chart: Chart, number: int, timeout_seconds: int) -> Reconcile:
    token = f"soak{number % _TOKENS:06}"
    name = f"{chart.name}-{number % _XRS_EACH}"
    req = calls.request(chart.name, chart.spec(token), xr=chart.xr, name=name, timeout=f"{timeout_seconds}s")
    req.meta.tag = token
    metadata = cast("Any", req.observed.composite.resource["metadata"])
    metadata.update({"uid": str(uuid.uuid5(_IDS, name)), "resourceVersion": str(number)})
    return Reconcile(
        number=number, chart=chart.name, xr=name, token=token, repeats=None, request=req.SerializeToString()
    )


def observing(reconcile: Reconcile, composed: Mapping[str, bytes]) -> Reconcile:
    """Return a reconcile that finds the resources there which the first one of its XR asked for."""
    req = fnv1.RunFunctionRequest.FromString(reconcile.request)
    answer = fnv1.RunFunctionResponse.FromString(composed[reconcile.xr])
    for key, desired in answer.desired.resources.items():
        manifest: dict[str, Any] = json_format.MessageToDict(desired.resource)
        manifest["metadata"] = {"name": f"{reconcile.xr}-{key}", **manifest.get("metadata", {})}
        req.observed.resources[key].resource.update(manifest)
    return dataclasses.replace(reconcile, request=req.SerializeToString())


def _again(earlier: Reconcile, number: int) -> Reconcile:
    req = fnv1.RunFunctionRequest.FromString(earlier.request)
    cast("Any", req.observed.composite.resource["metadata"])["resourceVersion"] = str(number)
    return dataclasses.replace(earlier, number=number, repeats=earlier.number, request=req.SerializeToString())


def uncached(reconcile: Reconcile) -> Reconcile:
    """Return a reconcile that a worker has to compose, however often it was answered."""
    req = fnv1.RunFunctionRequest.FromString(reconcile.request)
    req.input.update({"cache": False})
    return dataclasses.replace(reconcile, request=req.SerializeToString())


class Answers:
    """The right answers of a run, by reconcile."""

    def __init__(self) -> None:
        self._right: dict[int, bytes] = {}

    def learn(self, reconcile: Reconcile, answer: bytes) -> str:
        """Take an answer of the undisturbed function for right, unless it can not be."""
        if fault := _implausible(reconcile, answer):
            msg = f"the undisturbed function does not compose {reconcile.chart}: {fault}"
            raise ValueError(msg)
        self._right[reconcile.number] = zlib.compress(_canonical(answer), 1)
        return ""

    def fault(self, reconcile: Reconcile, answer: bytes) -> str:
        """Return what is wrong with an answer, on one line; "" if nothing is."""
        right = zlib.decompress(self._right[reconcile.number if reconcile.repeats is None else reconcile.repeats])
        if _canonical(answer) == right:
            return ""
        wrong = f"a wrong answer: it differs at {differences.first(_plain(right), _plain(answer))}"
        return _implausible(reconcile, answer) or wrong


def _implausible(reconcile: Reconcile, answer: bytes) -> str:
    """Return what shows without the right answer that one is wrong, "" if nothing does."""
    if fatal := calls.Reply(calls.OK, encoded=answer).fatal:
        return f"a FATAL result: {fatal}"
    tokens = {token.decode() for token in TOKEN.findall(answer)}
    if others := sorted(tokens - {reconcile.token}):
        return f"an answer of another XR: it holds {', '.join(others)}, and {reconcile.token} was asked for"
    return "" if tokens else f"it does not hold {reconcile.token}"


def _canonical(answer: bytes) -> bytes:
    """Return an answer's one encoding: protobuf leaves the order of a map open."""
    return fnv1.RunFunctionResponse.FromString(answer).SerializeToString(deterministic=True)


def _plain(answer: bytes) -> dict[str, Any]:
    return json_format.MessageToDict(fnv1.RunFunctionResponse.FromString(answer), preserving_proto_field_name=True)
