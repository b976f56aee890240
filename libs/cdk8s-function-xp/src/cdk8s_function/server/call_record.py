"""The record of one call, of which metrics, spans and log entries are made.

The pool and the runner only write times and names here; they know nothing of
who reads them.
"""

import dataclasses
import time
from typing import Literal

from cdk8s_function.pool.job import WorkerVisit
from cdk8s_function.protocol.messages import ChartRef, Kernel

Outcome = Literal["composed", "fatal", "unavailable", "deadline_exceeded", "internal", "cancelled"]
"""How a call ended: `fatal` is a FATAL result, `cancelled` means that the caller left, others are gRPC statuses."""

CacheUse = Literal["hit", "miss", "check", "off"]
"""What the cache did for a call: `check` compared a cached output with a fresh one, `off` did not use the cache."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """The trace a call belongs to.

    Attributes:
        trace_id: 32 hexadecimal digits; "" for none.
        span: The call's span, for the tracer; None if there are no spans.
    """

    trace_id: str = ""
    span: object = None


@dataclasses.dataclass(kw_only=True, slots=True)
class CallRecord:
    """One call. Times are of time.monotonic's clock, in seconds; 0 until then.

    Attributes:
        trace: The trace it belongs to.
        started: When it came.
        ended: When it ended.
        outcome: How it ended.
        reason: Why it failed, "" if it did not.
        xr: The XR's full name, "" while unknown.
        chart: Its chart, None while unknown.
        cache: What the cache did for it; None if it did not get that far.
        visit: Its visit to a worker; None if there was none.
        converting: When the conversion of the chart's output to the response began.
    """

    trace: Trace = dataclasses.field(default_factory=Trace)
    started: float = dataclasses.field(default_factory=time.monotonic)
    ended: float = 0.0
    outcome: Outcome = "cancelled"
    reason: str = ""
    xr: str = ""
    chart: ChartRef | None = None
    cache: CacheUse | None = None
    visit: WorkerVisit | None = None
    converting: float = 0.0

    @property
    def kernel(self) -> Kernel | None:
        """The kernel that synthesised its chart; None if none did, or none came to its end."""
        return self.visit.kernel if self.visit else None

    @property
    def milliseconds(self) -> float:
        """How long it has taken so far."""
        return round((time.monotonic() - self.started) * 1000, 1)

    def fail(self, outcome: Outcome, error: Exception) -> None:
        """Set why it failed."""
        self.outcome, self.reason = outcome, str(error)

    def about(self) -> dict[str, str]:
        """Return its fields in the log, beside those of the call."""
        found: dict[str, str] = {"version": self.chart.version} if self.chart else {}
        if self.chart and self.chart.digest:
            found["digest"] = self.chart.digest
        if self.kernel:
            found["kernel"] = self.kernel
        return found | ({"trace_id": self.trace.trace_id} if self.trace.trace_id else {})
