"""Hold a deletion of most of the zone for a while, in case its hosts come back.

An ingress controller that restarts can clear the status of all its ingresses, and
external-dns deletes the record of an ingress without address
(kubernetes-sigs/external-dns#1289). It cannot tell that from an end for good, and
neither can this: what it can do is wait for as long as a client may be told of a
host that is gone.

external-dns is answered that its deletion is done. It reads the zone anew for
each comparison, finds the records, and asks for their deletion again; or it does
not, as their ingresses have addresses again. So what is done in the end is what
the last comparison asked for.
"""

import collections
import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from internal_dns.pod.powerdns import Answer

Send = Callable[[], Answer]

_FEW_HOSTS = 5
"""So many may go at once from a zone of any size."""

_LARGEST_SHARE = 0.5
"""Of a zone's hosts, what may go at once."""

_COMPARISON_SECONDS = 10.0
"""Within this of reading the zone, external-dns has asked for what it wants deleted."""

_LOG = logging.getLogger("brake")


@dataclasses.dataclass
class _Held:
    hosts: int
    send: Send
    since: float
    is_asked: bool = True
    """Whether the last comparison asked for it, so far."""


class Brake:
    """Holds one deletion, that of the last comparison.

    Attributes:
        owned_hosts: Hosts that external-dns has in the zone.
        begun: How many deletions were held, ever.

    Args:
        hold_seconds: How long one is held.
        clock: Tells the time in seconds, monotonic.
    """

    def __init__(self, hold_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing held."""
        self.owned_hosts = 0
        self.begun = 0
        self._hold_seconds = hold_seconds
        self._clock = clock
        self._held: _Held | None = None
        self._compared = 0.0
        self._passed: collections.deque[tuple[float, int]] = collections.deque()
        # Held while a deletion is sent: a comparison that begins then reads the zone after it.
        self._lock = threading.Lock()

    @property
    def held_hosts(self) -> int:
        """How many hosts are in the zone only because their deletion is held."""
        return self._held.hosts if self._held else 0

    def compare(self) -> None:
        """Take note that a comparison begins: from now on it counts, and not the one before."""
        with self._lock:
            self._drop_unasked()
            self._compared = self._clock()
            if self._held:
                self._held.is_asked = False

    def holds(self, hosts: int, send: Send) -> bool:
        """Return whether a deletion is held.

        Args:
            hosts: How many hosts it deletes.
            send: Makes it.
        """
        with self._lock:
            now = self._clock()
            while self._passed and self._passed[0][0] < now - self._hold_seconds:
                self._passed.popleft()
            # What went just before counts: a controller clears one status after the other.
            before = sum(count for _, count in self._passed)
            if hosts + before <= max(_FEW_HOSTS, _LARGEST_SHARE * (self.owned_hosts + before)):
                self._passed.append((now, hosts))
                self._end("%d hosts came back, the others are deleted", self.held_hosts - hosts)
                return False
            if self._held:
                self._held = dataclasses.replace(self._held, hosts=hosts, send=send, is_asked=True)
                return True
            self._held = _Held(hosts, send, now)
            self.begun += 1
            _LOG.warning(
                "%d of %d hosts are to be deleted: held for %d s, in case they come back",
                *(hosts, self.owned_hosts, self._hold_seconds),
            )
            return True

    def release(self) -> None:
        """Make the deletion that is held, if its time is over and the last comparison asked for it.

        Raises:
            UnreachableError: If PowerDNS does not answer. It stays held.
        """
        with self._lock:
            if self._clock() - self._compared > _COMPARISON_SECONDS:
                self._drop_unasked()
            held = self._held
            if not held or not held.is_asked or self._clock() - held.since < self._hold_seconds:
                return
            answer = held.send()
            if answer.is_good:
                self._passed.clear()
                self._end("%d hosts did not come back and are deleted", held.hosts)
            else:
                _LOG.warning("%d hosts are not deleted: %s", held.hosts, answer.reason)

    def _drop_unasked(self) -> None:
        if self._held and not self._held.is_asked:
            self._end("%d hosts came back, none is deleted", self._held.hosts)

    def _end(self, message: str, hosts: int) -> None:
        if self._held:
            self._held = None
            _LOG.warning(message, hosts)
