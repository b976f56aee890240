"""Create the zone, and keep its static records as the InternalDNS declares them.

This program adds a comment to each static record in PowerDNS. The comment tells a
static record that is no longer declared from a record of external-dns. An unchanged
record is not written again: each write empties PowerDNS' caches.

Reading a whole zone is most of the work of a round. Each change by the
API gives the zone another serial number, so a zone with the same number is read
again only from time to time: for a change of the database that went past the API.
"""

import hashlib
import ipaddress
import json
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from internal_dns.pod import canary, isolation, ownership
from internal_dns.pod.isolation import Rejection
from internal_dns.pod.ownership import Group, Key, RecordSet
from internal_dns.pod.powerdns import Api, Response

_LOG = logging.getLogger("zone")

ACCOUNT = "internal-dns"
"""Account of the comments on static records."""

REREAD_SECONDS = 60.0
"""Longest time between two reads of the whole zone."""

_OF_THE_ZONE = ("SOA", "NS")
"""Types of the zone itself, which it has beside static records at its own name."""


class Zone:
    """A zone of one PowerDNS.

    Args:
        api: Its API.
        domain: The zone, without trailing dot.
        owner: Owner that external-dns writes into its ownership records.
        compared: Returns name and type of the static records that may go once they are no longer declared (`leaving`).
        clock: Returns the monotonic time in seconds.
    """

    def __init__(
        self,
        api: Api,
        domain: str,
        owner: str,
        compared: Callable[[], Collection[Key]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Store the arguments."""
        self._owner = owner
        self._compared = compared
        self._clock = clock
        self._read_at = 0.0
        self._read_for: tuple[int, Sequence[RecordSet]] | None = None
        self._last: tuple[list[RecordSet], list[Rejection]] = ([], [])
        self._api = api
        self._name = f"{domain}."
        self._canary_name = canary.name(domain)
        self._path = f"/zones/{self._name}"

    def ensure(self, declared: Sequence[RecordSet]) -> tuple[list[RecordSet], list[Rejection]]:
        """Create the zone if it does not exist, and make its static records as declared.

        Args:
            declared: The static records, each with name, type, ttl and records.

        Returns:
            The record sets found before static records were changed, and the
            static ones PowerDNS refuses; those of the last read, if nothing has
            changed since.

        Raises:
            RefusedError: If PowerDNS refuses for another reason than the content of a change.
            UnreachableError: If PowerDNS does not respond.
        """
        began = self._clock()
        serial = self._serial()
        if serial is not None and self._read_for == (serial, declared) and began - self._read_at < REREAD_SECONDS:
            return self._last
        if self._read_for is None:
            self._delete_others()
        if serial is None:
            found = self._api.send("POST", "/zones", {"name": self._name, "kind": "Native"}).json()["rrsets"]
        else:
            found = self._api.send("GET", self._path).json()["rrsets"]
        others = [each for each in found if each["name"] != self._canary_name]
        groups = list(changes(others, declared, self._owner, self._compared()))
        for change in (change for group in groups for change in group if change["changetype"] == "DELETE"):
            _LOG.info("%s record %s is deleted", change["type"], change["name"])
        self._last = found, isolation.apply(groups, self.patch)
        # A change since the serial was read, this one's too, has made another: the next round reads the zone again.
        # So it does while a record is to go.
        if serial is None or leaving(found, static_names(declared)):
            serial = -1
        self._read_for, self._read_at = (serial, declared), began
        return self._last

    def _serial(self) -> int | None:
        """Return the zone's serial number; None if there is no zone."""
        response = self._api.send("GET", f"{self._path}?rrsets=false")
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        return int(response.json()["edited_serial"])

    def _delete_others(self) -> None:
        """Delete other zones: a volume that served another domain would still answer for it."""
        for name in (str(each["name"]) for each in self._api.send("GET", "/zones").json()):
            if name != self._name:
                _LOG.warning("zone %s of another domain is deleted", name)
                self._api.send("DELETE", f"/zones/{name}").json()

    def patch(self, record_sets: Sequence[RecordSet]) -> Response:
        """Change record sets, and return PowerDNS' response.

        Raises:
            UnreachableError: If PowerDNS does not respond.
        """
        return self._api.send("PATCH", self._path, {"rrsets": record_sets})


def static_names(declared: Sequence[RecordSet]) -> frozenset[str]:
    """Return the names that only static records may have, for `Relay.static_names`.

    An NS record reserves the name of its nameserver, but not the domain itself.

    Args:
        declared: The static record sets.
    """
    nameservers = {value["content"] for each in declared if each["type"] == "NS" for value in each["records"]}
    return frozenset(nameservers | {each["name"] for each in declared if each["type"] != "NS"})


def leaving(found: Sequence[RecordSet], static_names: Collection[str]) -> list[Key]:
    """Return name and type of the static records whose names are no longer declared.

    Args:
        found: All record sets of the zone.
        static_names: Names that only static records have.
    """
    keys = [(str(each["name"]), str(each["type"])) for each in found if _mark(each)]
    return [(name, type_) for name, type_ in keys if name not in static_names and type_ not in _OF_THE_ZONE]


def changes(
    found: Sequence[RecordSet], declared: Sequence[RecordSet], owner: str, may_go: Collection[Key]
) -> Iterator[Group]:
    """Yield the changes that make the static records as declared.

    No other record can have the name of a static record: record sets of external-dns
    with that name are deleted. So are their ownership records, with which external-dns
    would change the name back. What external-dns would never delete is deleted too
    (`ownership.unowned`).

    Args:
        found: All record sets of the zone but the canary's.
        declared: The declared static record sets.
        owner: Owner that external-dns writes into its ownership records.
        may_go: Name and type of the static records that are deleted if their names are no longer declared.
    """
    existing: dict[tuple[str, str], RecordSet] = {
        (record_set["name"], record_set["type"]): record_set for record_set in found
    }
    wanted = {(record_set["name"], record_set["type"]) for record_set in declared}
    names = static_names(declared)
    intruders: dict[str, list[tuple[str, str]]] = {}
    of_sources: list[RecordSet] = []
    for (name, type_), record_set in existing.items():
        if (name, type_) in wanted or type_ in _OF_THE_ZONE:
            continue
        if _mark(record_set):
            if name in names or (name, type_) in may_go:
                yield [ownership.deletion(name, type_)]
        elif (host := ownership.host(record_set)) in names:
            intruders.setdefault(host, []).append((name, type_))
        else:
            of_sources.append(record_set)
    for orphan in ownership.unowned(of_sources, owner):
        yield [ownership.deletion(orphan["name"], orphan["type"])]
    for record_set in declared:
        name, type_ = record_set["name"], record_set["type"]
        group = [ownership.deletion(*intruder) for intruder in intruders.pop(name, ())]
        if not _is_as_declared(existing.get((name, type_)), record_set):
            comment = {"account": ACCOUNT, "content": _digest(record_set)}
            group.append({**record_set, "changetype": "REPLACE", "comments": [comment]})
        if group:
            yield group


def _is_as_declared(found: RecordSet | None, declared: RecordSet) -> bool:
    """Return whether a record set exists as declared.

    The comment is not enough: PowerDNS keeps it when another program replaces the values.
    """
    if found is None or _mark(found) != _digest(declared) or found["ttl"] != declared["ttl"]:
        return False
    return _values(found) == _values(declared)


def _values(record_set: RecordSet) -> list[str]:
    values = [str(record["content"]) for record in record_set["records"]]
    if record_set["type"] == "AAAA":
        # PowerDNS shows some addresses in another form, like ::ffff:10.0.0.1.
        values = [ipaddress.IPv6Address(value).exploded for value in values]
    return sorted(values)


def _mark(record_set: RecordSet) -> str:
    """Return the digest in this program's comment on a record set; "" if it has no comment."""
    comments: Sequence[Mapping[str, Any]] = record_set.get("comments") or ()
    return next((str(each["content"]) for each in comments if each.get("account") == ACCOUNT), "")


def _digest(record_set: RecordSet) -> str:
    declared = json.dumps([record_set["ttl"], record_set["records"]], sort_keys=True)
    return hashlib.sha256(declared.encode()).hexdigest()[:16]
