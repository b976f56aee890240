"""The callers: each sends its next reconcile when its last is answered, and tries again until it is."""

import concurrent.futures
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import grpc

from function_bench.caller import METHOD
from function_bench.chaos.work import Reconcile

ANSWERED = "answered"
TRANSIENT = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
"""Statuses that say: try again."""

_CHANNEL = [
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 100),
    ("grpc.enable_retries", 0),
]
_BACKOFF_SECONDS = (0.02, 0.5)
_PATIENCE_SECONDS = 120.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """One call."""

    chart: str  # The chart of its reconcile.
    repeated: bool  # Whether the reconcile said nothing new.
    began: float  # When it was sent, on time.monotonic's clock, in seconds.
    ended: float  # When it was answered.
    outcome: str  # ANSWERED, or a gRPC status.
    fault: str  # What is wrong with it, "" if nothing is.

    @property
    def right(self) -> bool:
        """Whether it was answered, and rightly."""
        return self.outcome == ANSWERED and not self.fault


class Callers:
    """Callers of one server. Use them as a context manager."""

    def __init__(self, port: int, *, count: int, call_seconds: float) -> None:
        self._count = count
        self._call_seconds = call_seconds
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL)
        self._call: Callable[..., bytes] = self._channel.unary_unary(
            METHOD, request_serializer=None, response_deserializer=None
        )
        self._lock = threading.Lock()
        self._lost = False
        self.attempts: list[Attempt] = []
        """All so far, in the order of their ends."""

    def __enter__(self) -> Self:
        grpc.channel_ready_future(self._channel).result(_PATIENCE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def work(self, reconciles: Iterator[Reconcile], fault: Callable[[Reconcile, bytes], str]) -> None:
        """Work until there are no more reconciles, or one was not answered for two minutes."""
        with concurrent.futures.ThreadPoolExecutor(self._count) as threads:
            for loop in [threads.submit(self._loop, reconciles, fault) for _ in range(self._count)]:
                loop.result()

    def answered_since(self, moment: float) -> bool:
        """Return whether a call begun after a moment, on time.monotonic's clock, was answered rightly."""
        for attempt in reversed(self.attempts):
            if attempt.ended < moment:
                break
            if attempt.right and attempt.began >= moment:
                return True
        return False

    def _loop(self, reconciles: Iterator[Reconcile], fault: Callable[[Reconcile, bytes], str]) -> None:
        while (reconcile := self._next(reconciles)) is not None:
            pause, most = _BACKOFF_SECONDS
            give_up = time.monotonic() + _PATIENCE_SECONDS
            while not self._try(reconcile, fault, give_up):
                time.sleep(pause)
                pause = min(2 * pause, most)

    def _next(self, reconciles: Iterator[Reconcile]) -> Reconcile | None:
        with self._lock:
            return None if self._lost else next(reconciles, None)

    def _try(self, reconcile: Reconcile, fault: Callable[[Reconcile, bytes], str], give_up: float) -> bool:
        """Make one attempt, and return whether it was the last: it was answered, or time is up."""
        began = time.monotonic()
        try:
            answer = self._call(reconcile.request, timeout=self._call_seconds)
        except grpc.RpcError as error:
            ended = time.monotonic()
            outcome, details = error.code().name, error.details()
            last = ended > give_up
            wrong = "" if outcome in TRANSIENT else f"status {outcome}: {details}"
            if last:
                # A function that does not come back would take this long for every reconcile that is left.
                self._lost = True
                wrong = wrong or f"not answered for {_PATIENCE_SECONDS:g} s, at last {outcome}: {details}"
        else:
            ended = time.monotonic()
            outcome, last, wrong = ANSWERED, True, fault(reconcile, answer)
        self.attempts.append(
            Attempt(
                chart=reconcile.chart,
                repeated=reconcile.repeats is not None,
                began=began,
                ended=ended,
                outcome=outcome,
                fault=wrong and f"reconcile {reconcile.number} of {reconcile.chart}: {wrong}",
            )
        )
        return last
