"""Remember which record sets PowerDNS refuses, and tell of each once.

external-dns tries what was refused again at each comparison, so one refused now
is either tried again soon or is no longer wanted: what was not refused for some
time is forgotten.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from internal_dns.pod.isolation import Rejection

_LOG = logging.getLogger("rejections")


class Rejections:
    """What is refused at present.

    Args:
        forget_seconds: After how long without refusal one is forgotten.
        clock: Tells the time in seconds, monotonic.
    """

    def __init__(self, forget_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing refused."""
        self._forget_seconds = forget_seconds
        self._clock = clock
        self._seen: dict[Rejection, float] = {}
        self._lock = threading.Lock()

    def add(self, rejections: Sequence[Rejection]) -> None:
        """Remember rejections, and tell of those that are new."""
        with self._lock:
            self._forget()
            for rejection in rejections:
                if rejection not in self._seen:
                    wanted_by = f" of {rejection.owner}" if rejection.owner else ""
                    _LOG.warning("no %s record %s%s: %s", rejection.type, rejection.name, wanted_by, rejection.reason)
                self._seen[rejection] = self._clock()

    def count(self) -> int:
        """Return how many record sets are refused at present."""
        with self._lock:
            self._forget()
            return len(self._seen)

    def _forget(self) -> None:
        oldest = self._clock() - self._forget_seconds
        self._seen = {rejection: seen for rejection, seen in self._seen.items() if seen >= oldest}
