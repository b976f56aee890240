"""The callers: each sends its next reconcile when its last is answered, and tries again until it is."""

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from function_bench import calls
from function_bench.chaos.work import Reconcile

ANSWERED = "answered"
TRANSIENT = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
"""Statuses that say: try again."""

_BACKOFF_SECONDS = (0.02, 0.5)
Check = Callable[[Reconcile, bytes], str]
"""Returns what is wrong with the answer to a reconcile, "" if nothing is."""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One call."""

    reconcile: Reconcile
    began: float  # When it was sent, on time.monotonic's clock, in seconds.
    ended: float  # When it was answered.
    outcome: str  # ANSWERED, or a gRPC status.
    fault: str  # What is wrong with it, "" if nothing is.

    @property
    def answered(self) -> bool:
        """Whether it was answered, rightly or not."""
        return self.outcome == ANSWERED

    @property
    def right(self) -> bool:
        """Whether it was answered, and rightly."""
        return self.answered and not self.fault


class Callers(calls.Channel):
    """Callers of one server. Use them as a context manager."""

    def __init__(self, port: int, *, count: int, call_seconds: float, patience_seconds: float) -> None:
        super().__init__(port)
        self._count, self._call_seconds, self._patience_seconds = count, call_seconds, patience_seconds
        self.lost = ""  # What was not answered for so long that nothing more is asked.
        self.attempts: list[Attempt] = []  # All so far, in the order of their ends.

    def work(self, reconciles: Iterable[Reconcile], check: Check) -> None:
        """Send all reconciles, each until it is answered, or until one was not for too long."""
        with ThreadPoolExecutor(self._count) as threads:
            list(threads.map(functools.partial(self._send, check), reconciles))

    def answered_since(self, moment: float) -> bool:
        """Return whether a call begun after a moment, on time.monotonic's clock, was answered rightly."""
        recent = itertools.takewhile(lambda attempt: attempt.ended >= moment, reversed(self.attempts))
        return any(attempt.right and attempt.began >= moment for attempt in recent)

    def _send(self, check: Check, reconcile: Reconcile) -> None:
        pause, most = _BACKOFF_SECONDS
        give_up = time.monotonic() + self._patience_seconds
        while not self.lost and not self._try(reconcile, check).answered:
            if time.monotonic() > give_up:
                # A function that does not come back would take this long for every reconcile that is left.
                self.lost = f"reconcile {reconcile.number} was not answered for {self._patience_seconds:g} s"
            time.sleep(pause)
            pause = min(2 * pause, most)

    def _try(self, reconcile: Reconcile, check: Check) -> Attempt:
        began = time.monotonic()
        reply = self.call(reconcile.request, seconds=self._call_seconds)
        ended, outcome = time.monotonic(), ANSWERED if reply.code == calls.OK else reply.code
        wrong = check(reconcile, reply.encoded) if outcome == ANSWERED else f"status {reply.code}: {reply.details}"
        if outcome in TRANSIENT:
            wrong = ""
        fault = wrong and f"reconcile {reconcile.number} of {reconcile.chart}: {wrong}"
        attempt = Attempt(reconcile, began, ended, outcome, fault)
        self.attempts.append(attempt)
        return attempt
