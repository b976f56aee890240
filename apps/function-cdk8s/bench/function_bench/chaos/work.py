"""What is reconciled: XRs of five charts, each reconcile with a token of its own in its spec."""

import dataclasses
import random
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format

TOKEN = re.compile(rb"soak\d{6}")
"""What a token looks like, wherever it shows up in an answer."""

_FIXTURES = "fixtures.example.org/v1"
_IDS = uuid.UUID("00000000-0000-4000-8000-000000000000")
_XRS_EACH = 10
_REPEATED = 0.25
_REPEATED_FROM = 100
_TOKENS = 1_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart and how an XR of it looks."""

    name: str  # Its entry point.
    api_version: str  # Of its XRs.
    kind: str  # Of its XRs.
    spec: Callable[[str], dict[str, Any]]  # Makes an XR's spec that holds a token, which is a DNS label.
    weight: int  # How often it is reconciled, compared with the others.


CHARTS = (
    Chart(
        name="good",
        api_version=_FIXTURES,
        kind="Good",
        spec=lambda token: {"token": token},
        weight=5,
    ),
    Chart(
        name="plus",
        api_version=_FIXTURES,
        kind="Plus",
        spec=lambda token: {"token": token},
        weight=5,
    ),
    Chart(
        name="web-service",
        api_version="example.org/v1alpha1",
        kind="WebService",
        spec=lambda token: {
            "image": f"registry.example.org/web:{token}",
            "replicas": 2,
            "host": f"{token}.example.org",
        },
        weight=5,
    ),
    Chart(
        name="internal-dns",
        api_version="dns.internal/v1alpha1",
        kind="InternalDNS",
        spec=lambda token: {"domain": f"{token}.example.org"},
        weight=5,
    ),
    Chart(
        name="huge",
        api_version=_FIXTURES,
        kind="Huge",
        # A frame of some 250 KiB: more than the workers' sockets hold at once.
        spec=lambda token: {"token": token, "objects": 100, "bytesEach": 2000},
        weight=1,
    ),
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

    @property
    def original(self) -> int:
        """The number of the reconcile whose answer is right for this one too."""
        return self.number if self.repeats is None else self.repeats


def first(*, timeout_seconds: int) -> list[Reconcile]:
    """Return the first reconcile of each XR, when there are no composed resources yet."""
    numbers = range(-_XRS_EACH, 0)
    return [_new(chart, number, timeout_seconds) for chart in CHARTS for number in numbers]


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
            new = _new(chart, number, timeout_seconds)
            planned.append(_observing(new, composed[new.xr]))
    return planned


def _new(chart: Chart, number: int, timeout_seconds: int) -> Reconcile:
    token = f"soak{number % _TOKENS:06}"
    name = f"{chart.name}-{number % _XRS_EACH}"
    metadata = {
        "name": name,
        "namespace": "team-a",
        "uid": str(uuid.uuid5(_IDS, name)),
        "resourceVersion": str(number),
    }
    req = fnv1.RunFunctionRequest(meta=fnv1.RequestMeta(tag=token))
    req.input.update(
        {
            "apiVersion": "cdk8s.fn.crossplane.io/v1alpha1",
            "kind": "ChartInput",
            "chart": chart.name,
            "timeout": f"{timeout_seconds}s",
        }
    )
    req.observed.composite.resource.update(
        {"apiVersion": chart.api_version, "kind": chart.kind, "metadata": metadata, "spec": chart.spec(token)}
    )
    return Reconcile(number=number, chart=chart.name, xr=name, token=token, repeats=None, request=_encoded(req))


def _observing(reconcile: Reconcile, answer: bytes) -> Reconcile:
    """Return a reconcile that finds the resources there which an answer asked for."""
    req = fnv1.RunFunctionRequest.FromString(reconcile.request)
    for key, desired in fnv1.RunFunctionResponse.FromString(answer).desired.resources.items():
        manifest: dict[str, Any] = json_format.MessageToDict(desired.resource)
        manifest["metadata"] = {"name": f"{reconcile.xr}-{key}", **manifest.get("metadata", {})}
        req.observed.resources[key].resource.update(manifest)
    return dataclasses.replace(reconcile, request=_encoded(req))


def _again(earlier: Reconcile, number: int) -> Reconcile:
    req = fnv1.RunFunctionRequest.FromString(earlier.request)
    cast("Any", req.observed.composite.resource["metadata"])["resourceVersion"] = str(number)
    return dataclasses.replace(earlier, number=number, repeats=earlier.number, request=_encoded(req))


def _encoded(req: fnv1.RunFunctionRequest) -> bytes:
    return req.SerializeToString(deterministic=True)
