"""The last request and response of each pipeline step in one render.

The outcome of a reconcile holds only what Crossplane prints. Whether objects are
ready, and which resources a step requires, is in its last response.
"""

import dataclasses

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function.reconcile.pipeline import RunFunction


@dataclasses.dataclass(frozen=True)
class Call:
    """A call of one step.

    Attributes:
        request: The request to the function.
        response: Its response.
    """

    request: fnv1.RunFunctionRequest
    response: fnv1.RunFunctionResponse


class Calls:
    """The last call of each step, in the order of the pipeline.

    Args:
        run: Runs one call.
    """

    def __init__(self, run: RunFunction) -> None:
        """Start without calls."""
        self._run = run
        self.by_step: dict[str, Call] = {}

    def run(self, step: str, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Run a call, and store it as the last call of the step."""
        rsp = self._run(step, req)
        self.by_step[step] = Call(req, rsp)
        return rsp

    @property
    def desired(self) -> fnv1.State:
        """The desired state after the last step; empty if no step was called."""
        last = list(self.by_step.values())[-1:]
        return last[0].response.desired if last else fnv1.State()

    @property
    def observed(self) -> fnv1.State:
        """The observed state that the last step got; empty if no step was called."""
        last = list(self.by_step.values())[-1:]
        return last[0].request.observed if last else fnv1.State()
