"""One RunFunction call, all of it but the synthesis.

    RunFunctionRequest -> begin: input -> registry -> request -> Plan
          SynthResult  -> chart_output -> ChartOutput
          ChartOutput  -> finish: desired -> bytes (a RunFunctionResponse)

The server synthesises in a worker process and waits without blocking; `render`
synthesises in its own process. What both do before and after that is here.
Nothing here imports gRPC or jsii.
"""

import dataclasses
import datetime
import functools
from collections.abc import Mapping

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from crossplane.function import response
from google.protobuf import struct_pb2

from cdk8s_function import objects, printable
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.objects import Json
from cdk8s_function.protocol import deep, structs
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult
from cdk8s_function.server import chart_input, desired, request
from cdk8s_function.server.chart_output import ChartOutput

_LINE_CHARACTERS = 4_000
_NAME_CHARACTERS = 253
"""How much is shown of a line, and in it of a name: no name in Kubernetes is longer."""

_SHORT_BYTES = 16_384
"""Up to this size a function input is parsed once: all XRs of a Composition send the same."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What a call asks for.

    Attributes:
        synthesis: The request to the chart.
        timeout_seconds: How long the chart may take.
        ttl_seconds: The response's TTL, unless the chart sets another.
        input_bytes: The function input, as bytes that are the same for the same input.
        cache: Whether the function input allows a cached output.
    """

    synthesis: SynthRequest
    timeout_seconds: float
    ttl_seconds: float
    input_bytes: bytes
    cache: bool


class Call:
    """One call, and what is known of it so far.

    Args:
        req: What Crossplane sent.
    """

    def __init__(self, req: fnv1.RunFunctionRequest) -> None:
        """Start with nothing known."""
        self._req = req
        self._xr: Mapping[str, Json] = {}
        self._chart = ""

    def begin(self, charts: registry.Registry) -> Plan:
        """Return what is to be synthesised.

        Args:
            charts: Which charts there are.

        Raises:
            FatalError: If the request or its input is invalid, or its chart unknown.
        """
        self.recognise()
        request.check_size(self._req)
        input_bytes = self._req.input.SerializeToString(deterministic=True)
        function_input = _parsed(input_bytes) if len(input_bytes) <= _SHORT_BYTES else _parse(input_bytes)
        self._chart = function_input.chart
        try:
            chart = charts.require(function_input.chart, version=function_input.version, digest=function_input.digest)
        except registry.NotHereError as error:
            msg = f"input.{error.field}: {error}"
            raise FatalError(msg) from error
        return Plan(
            synthesis=request.to_synth(
                self._req, chart=chart, props=function_input.props, validate=function_input.object_checks, xr=self._xr
            ),
            timeout_seconds=function_input.timeout_seconds,
            ttl_seconds=function_input.ttl_seconds,
            input_bytes=input_bytes,
            cache=function_input.cache,
        )

    def holds_more_than(self, resources: int) -> bool:
        """Return whether the request holds more observed and required resources than that."""
        return len(self._req.observed.resources) + request.count_required(self._req) > resources

    def recognise(self) -> None:
        """Note which XR the call is for.

        Raises:
            FatalError: If it holds none.
        """
        self._xr = request.composite(self._req)

    def finish(self, plan: Plan, chart_output: ChartOutput) -> bytes:
        """Return the response that holds all the chart wants, in its wire form.

        Args:
            plan: What `begin` returned.
            chart_output: Its chart's output, fresh or cached.

        Raises:
            FatalError: If that would lose an object, or an earlier step has one of the same key.
        """
        ttl = plan.ttl_seconds if chart_output.ttl_seconds is None else chart_output.ttl_seconds
        return desired.compose(self._response(ttl_seconds=ttl), plan.synthesis, chart_output)

    def refuse(self, fault: FatalError) -> bytes:
        """Return a FATAL response with the reason, which leaves desired state unchanged, in its wire form."""
        # Crossplane caches any response with a TTL, FATAL ones too (internal/xfn/cached).
        rsp = self._response(ttl_seconds=0)
        response.fatal(rsp, self.explain(fault))
        return rsp.SerializeToString()

    def explain(self, fault: object) -> str:
        """Return the one line a user sees."""
        kind = self._xr.get("kind", "")
        subject = f'{_name(kind)} "{self.xr}"' if kind else "the request"
        chart = f' with chart "{_name(self._chart)}"' if self._chart else ""
        return printable.line(f"cannot compose {subject}{chart}: {fault}", limit=_LINE_CHARACTERS)

    @property
    def xr(self) -> str:
        """The XR's name, with its namespace."""
        return _name(objects.full_name(self._xr))

    def about(self) -> dict[str, str]:
        """Return the call's fields in the log."""
        tag = {"tag": _name(self._req.meta.tag)}
        return {**tag, "chart": _name(self._chart), "xr": self.xr} if self._xr else tag

    def _response(self, *, ttl_seconds: float) -> fnv1.RunFunctionResponse:
        """Return what the SDK's `response.to` does, which can't copy what nests deep."""
        rsp = fnv1.RunFunctionResponse()
        rsp.meta.tag = self._req.meta.tag
        rsp.meta.ttl.FromTimedelta(datetime.timedelta(seconds=ttl_seconds))
        deep.copy(rsp.desired, self._req.desired)
        deep.copy(rsp.context, self._req.context)
        return rsp


def chart_output(plan: Plan, outcome: SynthResult | SynthFailure) -> ChartOutput:
    """Return the chart's output, encoded as a response needs it.

    Args:
        plan: What `Call.begin` returned.
        outcome: The outcome of its synthesis.

    Raises:
        FatalError: If the chart failed, or wants what Crossplane could not compose.
    """
    if isinstance(outcome, SynthFailure):
        raise FatalError(outcome.message)
    return desired.chart_output(plan.synthesis, outcome)


def _name(text: str) -> str:
    return printable.line(text, limit=_NAME_CHARACTERS)


def _parse(input_bytes: bytes) -> chart_input.ChartInput:
    return chart_input.parse(structs.to_dict(deep.parse(struct_pb2.Struct, input_bytes)))


_parsed = functools.lru_cache(maxsize=64)(_parse)
