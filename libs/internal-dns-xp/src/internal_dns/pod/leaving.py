"""Serve a static record that is no longer declared until external-dns has compared the zone without it.

A source can have the same name. If the static record went first, the name would not
exist until external-dns compares again, and clients would remember that. So the relay
hides such a record from external-dns, which then makes the records of the source. The
change that makes them deletes it. If no source has the name, it goes after the comparison.
"""

import time
from collections.abc import Callable, Collection, Sequence

from internal_dns.pod import ownership
from internal_dns.pod.ownership import Key, RecordSet
from internal_dns.pod.zone import leaving


class Leaving:
    """The static records that are no longer declared, as external-dns last read the zone.

    Args:
        finished: Returns the Unix time at which external-dns last finished a comparison without an error.
        clock: Returns the Unix time.
    """

    def __init__(self, finished: Callable[[], float], clock: Callable[[], float] = time.time) -> None:
        """Start without any."""
        self._finished = finished
        self._clock = clock
        self._hidden_at: dict[Key, float] = {}

    def hide(self, found: Sequence[RecordSet], static_names: Collection[str]) -> list[RecordSet]:
        """Return the zone as external-dns is to see it, at the begin of a comparison.

        Args:
            found: All record sets of the zone.
            static_names: Names that only static records have, in lower case and with a trailing dot.
        """
        now = self._clock()
        self._hidden_at = {key: self._hidden_at.get(key, now) for key in leaving(found, static_names)}
        return [each for each in found if _key(each) not in self._hidden_at]

    def replaced(self, changes: Sequence[RecordSet]) -> list[RecordSet]:
        """Return changes with the deletions of what they take the place of.

        Args:
            changes: Record sets to change, as PowerDNS' API takes them.
        """
        hidden = self._hidden_at
        made = [each for each in changes if each.get("changetype") != "DELETE"]
        hosts, kept = ownership.hosts(made), set(map(_key, made))
        # Before what is made: PowerDNS takes no address beside a CNAME.
        deletions = [ownership.deletion(*key) for key in hidden if key[0] in hosts and key not in kept]
        # PowerDNS keeps the comment of a record set that is replaced without one.
        return [*deletions, *({**each, "comments": []} if _key(each) in hidden else each for each in changes)]

    def made(self, changes: Sequence[RecordSet]) -> None:
        """Note that PowerDNS made changes."""
        gone = set(map(_key, changes))
        self._hidden_at = {key: at for key, at in self._hidden_at.items() if key not in gone}

    def compared(self) -> set[Key]:
        """Return name and type of the records without which external-dns has compared the zone: they may go."""
        if not self._hidden_at:
            return set()
        now, finished = self._clock(), self._finished()
        # Times that are still to come are from before the clock was set back, and say nothing.
        self._hidden_at = {key: min(at, now) for key, at in self._hidden_at.items()}
        return {key for key, at in self._hidden_at.items() if at <= finished <= now}


def _key(record_set: RecordSet) -> Key:
    return record_set["name"], record_set["type"]
