"""The calls of a pipeline's steps in one render: what each step was given last, and what it answered.

The outcome of a reconcile has no more of it than Crossplane prints. Which
objects are ready, and what a step asked for, is in its last answer.
"""

import dataclasses

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function.reconcile.pipeline import RunFunction


@dataclasses.dataclass(frozen=True)
class Call:
    """A call.

    Attributes:
        request: What the step was given.
        response: What it answered.
    """

    request: fnv1.RunFunctionRequest
    response: fnv1.RunFunctionResponse


class Calls:
    """The last call of each step, in the order of the pipeline.

    Args:
        run: Runs one call.
    """

    def __init__(self, run: RunFunction) -> None:
        """Begin with none."""
        self._run = run
        self.by_step: dict[str, Call] = {}

    def run(self, step: str, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Run a call, and keep it as the step's last one."""
        rsp = self._run(step, req)
        self.by_step[step] = Call(req, rsp)
        return rsp

    @property
    def desired(self) -> fnv1.State:
        """What the pipeline desires in the end: nothing if no step was called."""
        last = list(self.by_step.values())[-1:]
        return last[0].response.desired if last else fnv1.State()

    @property
    def observed(self) -> fnv1.State:
        """What the steps were shown of the cluster."""
        last = list(self.by_step.values())[-1:]
        return last[0].request.observed if last else fnv1.State()
