"""Remember which record sets PowerDNS refuses, and log each once.

external-dns repeats a refused change at each comparison. So a record set that has
not been refused for some time is no longer wanted, and is forgotten.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from internal_dns.pod.isolation import Rejection

_LOG = logging.getLogger("rejections")


class Rejections:
    """The record sets that PowerDNS refuses at present.

    Args:
        forget_seconds: Time without a refusal after which a record set is forgotten.
        clock: Returns the monotonic time in seconds.
    """

    def __init__(self, forget_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without refused record sets."""
        self._forget_seconds = forget_seconds
        self._clock = clock
        self._seen: dict[Rejection, float] = {}
        self._lock = threading.Lock()

    def add(self, rejections: Sequence[Rejection]) -> None:
        """Remember rejections, and log those that are new."""
        with self._lock:
            self._forget()
            for rejection in rejections:
                if rejection not in self._seen:
                    wanted_by = f" of {rejection.owner}" if rejection.owner else ""
                    _LOG.warning("no %s record %s%s: %s", rejection.type, rejection.name, wanted_by, rejection.reason)
                self._seen[rejection] = self._clock()

    def count(self) -> int:
        """Return the number of record sets that are refused at present."""
        with self._lock:
            self._forget()
            return len(self._seen)

    def _forget(self) -> None:
        oldest = self._clock() - self._forget_seconds
        self._seen = {rejection: seen for rejection, seen in self._seen.items() if seen >= oldest}
