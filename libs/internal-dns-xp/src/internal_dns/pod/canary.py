"""Measure how long a change takes from external-dns to a client, with a name of the server's own.

Each time external-dns reads the zone, it is shown one more record that it owns and
that no source has, `_canary.<domain>`. A comparison that reads all sources has to ask
for its deletion, after all that it creates and updates. The relay hears that and
does not pass it on. Instead the sidecar writes a time as a new value of the name, and asks
PowerDNS for it by UDP and by TCP until the answer has it.

So each comparison shows that external-dns reads the zone, compares, and sends
changes, that PowerDNS and its volume accept one, and that clients see it.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from internal_dns.pod import ownership
from internal_dns.pod.lookup import PROTOCOLS, Protocol
from internal_dns.pod.ownership import RecordSet
from internal_dns.pod.powerdns import Response, UnreachableError

LABEL = "_canary"
"""First label of the canary's name."""

OBJECTIVE_SECONDS = 10.0
"""A change that takes longer is late."""

_TTL = 1
_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 0.02

_LOG = logging.getLogger("canary")


def name(domain: str) -> str:
    """Return the name of a zone's canary.

    Args:
        domain: The zone, without trailing dot.
    """
    return f"{LABEL}.{domain}."


class Canary:
    """The canary of one zone.

    Attributes:
        name: Its name.
        latencies: Seconds from the zone's reading to the last answer with the new value, by protocol.
        rounds: Number of comparisons that reached it.
        late_rounds: Number of those whose change took more than `OBJECTIVE_SECONDS`, or never became visible.

    Args:
        domain: The zone, without trailing dot.
        owner: Owner that external-dns writes into its ownership records.
        stale_seconds: Age from which the zone is no longer fresh.
        write: Writes record sets into the zone.
        sees: Returns whether an answer for a name has a value.
        clock: Returns the monotonic time in seconds.
    """

    def __init__(
        self,
        domain: str,
        owner: str,
        *,
        stale_seconds: float,
        write: Callable[[Sequence[RecordSet]], Response],
        sees: Callable[[str, str, Protocol], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Store the arguments."""
        self.name = name(domain)
        self.latencies: Mapping[Protocol, float] = dict.fromkeys(PROTOCOLS, 0.0)
        self.rounds = 0
        self.late_rounds = 0
        self._owner = owner
        self._stale_seconds = stale_seconds
        self._write = write
        self._sees = sees
        self._clock = clock
        self._began = self._reached = clock()
        self._has_reached = False
        self._is_told = False
        self._asked = threading.Event()

    @property
    def age(self) -> float:
        """Seconds since a change last reached clients; since the start, if none has."""
        return self._clock() - self._reached

    @property
    def is_fresh(self) -> bool:
        """Whether a change has reached clients recently."""
        return self._has_reached and self.age < self._stale_seconds

    def shown(self) -> list[RecordSet]:
        """Return what external-dns is shown beside the zone, at the begin of a comparison."""
        self._began = self._clock()
        owner = f'"heritage=external-dns,external-dns/owner={self._owner}"'
        return [
            _record_set(self.name, "A", "192.0.2.1"),
            _record_set(f"{ownership.OWNER_PREFIX}a.{self.name}", "TXT", owner),
        ]

    def without(self, record_sets: Sequence[RecordSet]) -> list[RecordSet]:
        """Return a change without the canary's record sets, and note that external-dns asked for their deletion."""
        rest = [each for each in record_sets if ownership.host(each) != self.name]
        if len(rest) < len(record_sets):
            self._asked.set()
        return rest

    def run(self, stopped: threading.Event) -> None:
        """Write and look for a new value after each comparison, until an event is set."""
        while not stopped.is_set():
            if self._asked.wait(1):
                self._asked.clear()
                self.fly()

    def fly(self) -> None:
        """Write a new value, and wait until clients see it."""
        began, value = self._began, f"{self._clock():.3f}"
        self.rounds += 1
        try:
            fault = self._fly(began, value)
        except UnreachableError as error:
            fault = str(error)
        if fault:
            _LOG.warning("the canary does not reach clients: %s", fault)
        else:
            self._reached, self._has_reached = self._clock(), True
        self.late_rounds += bool(fault) or max(self.latencies.values()) > OBJECTIVE_SECONDS

    def _fly(self, began: float, value: str) -> str:
        """Return why a value does not reach clients; "" if it does."""
        response = self._write([{**_record_set(self.name, "TXT", f'"{value}"'), "changetype": "REPLACE"}])
        if not response.is_good:
            return response.reason
        seen: dict[Protocol, float] = {}
        deadline = time.monotonic() + _LOOK_SECONDS
        for protocol in PROTOCOLS:
            while not self._sees(self.name, value, protocol):
                if time.monotonic() > deadline:
                    return f"no answer by {protocol.upper()} has its new value"
                time.sleep(_PAUSE_SECONDS)
            seen[protocol] = self._clock() - began
        self.latencies = seen
        return ""

    def tell(self) -> None:
        """Log, once, that no change reaches clients any more, or that they do again."""
        is_stale = self.age >= self._stale_seconds
        if is_stale and not self._is_told:
            _LOG.warning("no change has reached clients for %d s: records stay as they are", self.age)
        elif self._is_told and not is_stale:
            _LOG.info("changes reach clients again")
        self._is_told = is_stale


def _record_set(name: str, type_: str, content: str) -> RecordSet:
    return {"name": name, "type": type_, "ttl": _TTL, "records": [{"content": content, "disabled": False}]}
