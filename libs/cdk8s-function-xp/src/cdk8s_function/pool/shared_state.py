"""What the slots of one pool share: how workers are started, and how earlier ones ended."""

import collections
import dataclasses
import threading
import time
from typing import Literal

from cdk8s_function.pool import process
from cdk8s_function.pool.native_trust import NativeTrust
from cdk8s_function.pool.recycling import Recycled, Recycling
from cdk8s_function.pool.scratch_home import ScratchHome
from cdk8s_function.protocol.messages import Environment

Lost = Literal["ended", "memory", "deadline", "start"]
"""Why a worker was lost: it ended by itself, was ended for its memory or at a deadline, or never became ready."""

_START_SECONDS = 15.0
_START_FACTOR = 10.0

SHUTTING_DOWN = "the function is shutting down"
"""Why a request gets no result once the pool closes."""

_HOPELESS_STARTS = 5
_HOPELESS_SECONDS = 120.0


@dataclasses.dataclass(kw_only=True)
class SharedState:
    """What the slots of one pool share.

    Attributes:
        scratch: The folder for the workers' scratch folders.
        start_seconds: How long a worker may take to import the charts and warm jsii, until one has:
            then ten times as long as the slowest did, or 15 s, if that is less.
        recycling: When a worker is replaced.
        limits: What one worker may use.
        verify_share: The share of the native kernel's syntheses that Node.js does again, from 0 to 1.
        native: For which charts the native kernel is asked.
        closing: Set when the pool closes.
        given_up: Set when it closes and its callers have no time left.
        unsafe_imports: Charts, as `dist:name`, whose import ended a worker, by environment.
        started: Workers started so far.
        slowest_start_seconds: The longest that a worker has taken to become ready; 0 before one was.
        recycled: Workers replaced so far, by reason.
        lost: Workers lost so far, by reason.
        failed_starts: Workers that did not start since one last did.
        last_start: When a worker last started, on time.monotonic's clock, in seconds; at first, when the pool was made.
    """

    scratch: ScratchHome
    start_seconds: float
    recycling: Recycling
    limits: process.Limits
    verify_share: float = 0.0
    native: NativeTrust = dataclasses.field(default_factory=NativeTrust)
    closing: threading.Event = dataclasses.field(default_factory=threading.Event)
    given_up: threading.Event = dataclasses.field(default_factory=threading.Event)
    unsafe_imports: collections.defaultdict[Environment, set[str]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(set)
    )
    started: int = 0
    slowest_start_seconds: float = 0.0
    recycled: collections.Counter[Recycled] = dataclasses.field(default_factory=collections.Counter[Recycled])
    lost: collections.Counter[Lost] = dataclasses.field(default_factory=collections.Counter[Lost])
    failed_starts: int = 0
    last_start: float = dataclasses.field(default_factory=time.monotonic)

    def note_start(self) -> None:
        """Note that a worker has started."""
        self.failed_starts, self.last_start = 0, time.monotonic()

    @property
    def starts_nothing(self) -> bool:
        """Whether workers have failed to start for so long that only a new process may help."""
        return self.failed_starts >= _HOPELESS_STARTS and time.monotonic() - self.last_start > _HOPELESS_SECONDS

    @property
    def start_limit_seconds(self) -> float:
        """How long a worker may take to start: one that takes far longer than others did hangs."""
        if not (slowest := self.slowest_start_seconds):
            return self.start_seconds
        return min(self.start_seconds, max(_START_SECONDS, _START_FACTOR * slowest))
