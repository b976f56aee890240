"""A request on its way through the pool, and its times."""

import dataclasses
import time
from concurrent.futures import Future

from cdk8s_function.protocol.messages import Environment, Kernel, SynthFailure, SynthRequest, SynthResult

Key = tuple[str, Environment]


@dataclasses.dataclass(kw_only=True, slots=True)
class WorkerVisit:
    """A request's visit to a worker. Times are of time.monotonic's clock, in seconds; 0 until then.

    Attributes:
        trace_id: The trace it belongs to, 32 hexadecimal digits; "" for none.
        queued: When it was put into the queue.
        begun: When a worker took it.
        ended: When that worker had replied, or was lost.
        reply_bytes: Size of its reply, in bytes.
        kernel: The kernel that its outcome is of; None without one.
    """

    trace_id: str = ""
    queued: float = dataclasses.field(default_factory=time.monotonic)
    begun: float = 0.0
    ended: float = 0.0
    reply_bytes: int = 0
    kernel: Kernel | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """A request on its way through the pool.

    Attributes:
        request: The request.
        deadline: When its result is of no more use, on time.monotonic's clock, in seconds.
        timeout: How long its chart may take once a worker has it, in seconds; None leaves it until the deadline.
        future: Gets the result.
        visit: Gets its times.
    """

    request: SynthRequest
    deadline: float
    future: Future[SynthResult | SynthFailure]
    timeout: float | None = None
    visit: WorkerVisit = dataclasses.field(default_factory=WorkerVisit)

    @property
    def chart(self) -> str:
        """The chart, as `dist:name`."""
        return f"{self.request.chart.dist}:{self.request.chart.name}"

    @property
    def environment(self) -> Environment:
        """The environment that its worker has to be of."""
        return self.request.chart.environment

    @property
    def key(self) -> Key:
        """The chart in its environment: another version is another chart to the queue."""
        return self.chart, self.environment
