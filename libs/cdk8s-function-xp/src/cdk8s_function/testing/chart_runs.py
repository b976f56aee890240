"""Run charts for the function: here, in the process of the test, or in processes of their own (chart_processes).

reconcile -> Function.run (all of a call that the server does) -> Anywhere -> Here | Elsewhere -> the chart
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function.errors import FatalError

# Imports cdk8s: the kernels come first.
# isort: split
from cdk8s_function.installed.registry import Registry
from cdk8s_function.pool.process import Limits
from cdk8s_function.protocol import deep, frames, structs
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.server.call import Call, chart_output
from cdk8s_function.worker import loader, reply_frames, synth


class Synthesis(Protocol):
    """Synthesises a chart for one XR."""

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:  # noqa: D102
        ...


@dataclasses.dataclass(frozen=True)
class Ran:
    """One call of the function.

    Attributes:
        step: The pipeline's step.
        request: What it was called with.
        result: What the chart said; None if it failed.
        reason: Why the call failed, in the chart's own line; "" if it did not.
        traceback: Where the chart failed, "" if that is not known.
    """

    step: str
    request: fnv1.RunFunctionRequest
    result: SynthResult | None = None
    reason: str = ""
    traceback: str = ""


class Function:
    """The function, as a pipeline's steps call it.

    Attributes:
        calls: Its calls since they were last cleared.

    Args:
        charts: The charts it knows.
        synthesis: Runs one of them.
    """

    def __init__(self, charts: Registry, synthesis: Synthesis) -> None:
        """Begin with no calls."""
        self._charts = charts
        self._synthesis = synthesis
        self.calls: list[Ran] = []

    def run(self, step: str, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Return the response to one call.

        Args:
            step: The pipeline's step.
            req: The request.
        """
        call = Call(req)
        kept = fnv1.RunFunctionRequest()
        kept.CopyFrom(req)
        try:
            plan = call.begin(self._charts)
            outcome = self._synthesis(plan.synthesis)
            if isinstance(outcome, SynthFailure):
                self.calls.append(Ran(step, kept, reason=outcome.message, traceback=outcome.traceback))
                return _response(call.refuse(FatalError(outcome.message)))
            rsp = _response(call.finish(plan, chart_output(plan, outcome)))
        except FatalError as fault:
            self.calls.append(Ran(step, kept, reason=str(fault)))
            return _response(call.refuse(fault))
        self.calls.append(Ran(step, kept, outcome))
        return rsp


def _response(wire: bytes) -> fnv1.RunFunctionResponse:
    return deep.parse(fnv1.RunFunctionResponse, wire)


class Here:
    """Runs charts in this process, so that a debugger, coverage and patches reach them.

    Args:
        classes: Classes of charts to take instead of what their entry points name.
    """

    def __init__(self, classes: Mapping[ChartRef, Any]) -> None:
        """Load nothing yet."""
        self._classes: dict[ChartRef, Any] = dict(classes)

    def __call__(self, request: SynthRequest) -> SynthResult | SynthFailure:
        """Synthesise as a worker does, on a copy of the request that went through its wire form."""
        try:
            factory = self.load(request.chart)
        except loader.LoadError as error:
            return SynthFailure(message=str(error), traceback=error.traceback)
        copied = frames.decode_request(frames.encode_request(request), unpack=structs.unpack)
        outcome = synth.synth(cast("synth.Factory", factory), copied)
        synth.release()
        return reply_frames.as_sent(outcome, most_mib=Limits().output_mib)

    def load(self, chart: ChartRef) -> Any:  # noqa: ANN401  # Whatever an entry point names.
        """Return a chart's class.

        Args:
            chart: The chart.

        Raises:
            LoadError: If it can't be imported.
        """
        if chart not in self._classes:
            with synth.importing(chart):
                self._classes[chart] = loader.load(chart)
        return self._classes[chart]
