"""When a worker is replaced.

What charts leave behind in a worker grows, so each worker is replaced: after a
number of requests, by age, or when its memory has grown.
"""

import dataclasses
import random
import time
from typing import Literal

from cdk8s_function.pool import process
from cdk8s_function.sizes import MIB

Recycled = Literal["requests", "age", "memory", "spoiled"]
"""Why a worker was replaced: what `Recycling` says, or a chart left something behind in it."""

_JITTER = 0.1
_WEIGHING_SECONDS = 0.1
"""The least time between two looks at a worker's memory: one takes 0.2 ms, and a request may take under 2 ms."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recycling:
    """When a worker is replaced.

    Attributes:
        requests: After this many requests (each worker draws a number within
            10 %, so that not all are replaced at once).
        age_seconds: When it is this old, in seconds.
        growth_mib: When its memory has grown by this much since it was ready, in MiB.
    """

    requests: int = 10_000
    age_seconds: float = 6 * 3600
    growth_mib: int = 64


class Lifetime:
    """How long the worker of one slot serves.

    Args:
        recycling: When a worker is replaced.
    """

    def __init__(self, recycling: Recycling) -> None:
        """Start without a worker."""
        self._recycling = recycling
        self._requests_due = 0
        self._weigh_at = 0.0

    def renew(self) -> None:
        """Begin the lifetime of a new worker."""
        requests = self._recycling.requests
        self._requests_due = max(1, round(requests * random.uniform(1 - _JITTER, 1 + _JITTER)))  # noqa: S311  # No secret.

    def over(self, worker: process.WorkerProcess) -> Recycled | None:
        """Return why the worker is to be replaced, None while it may go on serving."""
        if worker.served >= self._requests_due:
            return "requests"
        if time.monotonic() - worker.started > self._recycling.age_seconds:
            return "age"
        if (now := time.monotonic()) < self._weigh_at:
            return None
        self._weigh_at = now + _WEIGHING_SECONDS
        growth = worker.resident_bytes() - worker.baseline_bytes
        return "memory" if growth > self._recycling.growth_mib * MIB else None
