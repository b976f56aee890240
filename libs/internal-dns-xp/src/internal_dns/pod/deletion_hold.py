"""Hold a deletion of most of the zone for a while, in case its hosts come back.

An ingress controller that restarts can clear the status of all its ingresses.
external-dns then deletes their records, as it deletes the record of any ingress
without an address (kubernetes-sigs/external-dns#1289). Neither external-dns nor
this module can tell that from hosts that are gone for good. So the deletion
waits, and no longer than clients may still cache a host that is gone.

Meanwhile external-dns gets the response that its deletion is done. For each
comparison it reads the zone again and finds the records still there. It asks for
their deletion again, or it does not, if the ingresses have addresses again. In the
end, this module deletes only what the last comparison asked for, and nothing if
external-dns no longer compares: the hosts may be back since.
"""

import collections
import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from internal_dns.pod.powerdns import Response

Send = Callable[[], Response]

_FEW_HOSTS = 5
"""Hosts that may be deleted at once from a zone of any size."""

_LARGEST_SHARE = 0.5
"""Share of a zone's hosts that may be deleted at once."""

_COMPARISON_SECONDS = 10.0
"""This long after it read the zone, external-dns has asked for all deletions of that comparison."""

_LOG = logging.getLogger("deletion_hold")


@dataclasses.dataclass
class _Held:
    hosts: int
    send: Send
    since: float
    is_asked: bool = True
    """Whether the last comparison has asked for it."""
    is_overdue: bool = False
    """Whether it was told that external-dns no longer compares."""


class DeletionHold:
    """Holds one deletion: that of the last comparison.

    Attributes:
        owned_hosts: Number of hosts in the zone that external-dns owns.
        started: Number of deletions held so far.

    Args:
        hold_seconds: How long a deletion is held.
        sync_seconds: Longest time between two comparisons.
        clock: Returns the monotonic time in seconds.
    """

    def __init__(self, hold_seconds: float, sync_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without a held deletion."""
        self.owned_hosts = 0
        self.started = 0
        self._hold_seconds = hold_seconds
        self._sync_seconds = sync_seconds
        self._clock = clock
        self._held: _Held | None = None
        self._compared_at = 0.0
        self._recent: collections.deque[tuple[float, int]] = collections.deque()
        # Also held while a deletion is sent: a comparison that begins meanwhile reads the zone after it.
        self._lock = threading.Lock()

    @property
    def held_hosts(self) -> int:
        """Number of hosts that are in the zone only because their deletion is held."""
        return self._held.hosts if self._held else 0

    def comparison_begins(self) -> None:
        """Note that a comparison begins: its deletion replaces that of the comparison before."""
        with self._lock:
            self._drop_unasked()
            self._compared_at = self._clock()
            if self._held:
                self._held.is_asked = False

    def holds(self, hosts: int, send: Send) -> bool:
        """Hold a deletion if it is too large, and return whether it is held.

        Args:
            hosts: Number of hosts it deletes.
            send: Sends it to PowerDNS.
        """
        with self._lock:
            now = self._clock()
            while self._recent and self._recent[0][0] < now - self._hold_seconds:
                self._recent.popleft()
            # Recent deletions count too: a controller clears one status after the other.
            before = sum(count for _, count in self._recent)
            if hosts + before <= max(_FEW_HOSTS, _LARGEST_SHARE * (self.owned_hosts + before)):
                self._recent.append((now, hosts))
                self._end("%d hosts came back, the others are deleted", self.held_hosts - hosts)
                return False
            if self._held:
                self._held = dataclasses.replace(self._held, hosts=hosts, send=send, is_asked=True, is_overdue=False)
                return True
            self._held = _Held(hosts, send, now)
            self.started += 1
            _LOG.warning(
                "%d of %d hosts are to be deleted: held for %d s, in case they come back",
                *(hosts, self.owned_hosts, self._hold_seconds),
            )
            return True

    def release(self) -> None:
        """Send the held deletion if its time is over and the last comparison, no older than one can be, asked for it.

        Raises:
            UnreachableError: If PowerDNS does not respond. The deletion stays held.
        """
        with self._lock:
            age = self._clock() - self._compared_at
            if age > _COMPARISON_SECONDS:
                self._drop_unasked()
            held = self._held
            if not held or not held.is_asked or self._clock() - held.since < self._hold_seconds:
                return
            if age > self._sync_seconds + _COMPARISON_SECONDS:
                if not held.is_overdue:
                    _LOG.warning("external-dns stopped comparing: %d hosts stay until it does again", held.hosts)
                held.is_overdue = True
                return
            response = held.send()
            if response.is_good:
                self._recent.clear()
                self._end("%d hosts did not come back and are deleted", held.hosts)
            else:
                _LOG.warning("%d hosts are not deleted: %s", held.hosts, response.reason)

    def _drop_unasked(self) -> None:
        if self._held and not self._held.is_asked:
            self._end("%d hosts came back, none is deleted", self._held.hosts)

    def _end(self, message: str, hosts: int) -> None:
        if self._held:
            self._held = None
            _LOG.warning(message, hosts)
