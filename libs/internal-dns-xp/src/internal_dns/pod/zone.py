"""Keep the zone as the InternalDNS declares it: that it is there, and its static records.

Static records carry a comment of this program's in PowerDNS, so that one no
longer declared is known from one of external-dns'. The comment holds a digest of
what was declared: an unchanged record is not written again, as each write
empties PowerDNS' caches.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from internal_dns.pod import isolation
from internal_dns.pod.isolation import Group, RecordSet, RefusedError, Rejection
from internal_dns.pod.powerdns import Answer, Api

ACCOUNT = "internal-dns"
"""Who the comments on static records are by."""

Place = tuple[str, str]
"""Name and type of a record set."""

_NOT_FOUND = 404


class Zone:
    """A zone of one PowerDNS.

    Args:
        api: Its API.
        key: The API key.
        domain: The zone, without trailing dot.
    """

    def __init__(self, api: Api, key: str, domain: str) -> None:
        """Hold what is needed to call."""
        self._api = api
        self._key = key
        self._name = f"{domain}."
        self._path = f"/zones/{self._name}"

    def ensure(self, declared: Sequence[RecordSet]) -> tuple[list[RecordSet], list[Rejection]]:
        """Make the zone if there is none, and its static records as declared.

        Args:
            declared: The static records, each with name, type, ttl and records.

        Returns:
            The record sets found before static records were changed, and the
            static ones PowerDNS refuses.

        Raises:
            RefusedError: If PowerDNS refuses for another reason.
            UnreachableError: If PowerDNS does not answer.
        """
        answer = self._api.send("GET", self._path, self._key)
        if answer.status == _NOT_FOUND:
            answer = self._api.send("POST", "/zones", self._key, {"name": self._name, "kind": "Native"})
        if not answer.is_good:
            raise RefusedError(answer)
        found: list[RecordSet] = json.loads(answer.body)["rrsets"]
        return found, isolation.apply(list(changes(found, declared)), self._patch)

    def _patch(self, record_sets: Sequence[RecordSet]) -> Answer:
        return self._api.send("PATCH", self._path, self._key, {"rrsets": record_sets})


def changes(found: Sequence[RecordSet], declared: Sequence[RecordSet]) -> Iterator[Group]:
    """Yield what to change so that the static records are those declared.

    A static record wins: what another has at its name, and cannot stay there, goes.

    Args:
        found: All record sets of the zone.
        declared: The static ones as they should be.
    """
    there: dict[Place, RecordSet] = {(record_set["name"], record_set["type"]): record_set for record_set in found}
    wanted = {(record_set["name"], record_set["type"]) for record_set in declared}
    stale = [place for place, record_set in there.items() if _mark(record_set) and place not in wanted]
    for name, type_ in stale:
        yield [_deletion(name, type_)]
    for record_set in declared:
        name, type_ = record_set["name"], record_set["type"]
        digest = _digest(record_set)
        if (name, type_) in there and _mark(there[name, type_]) == digest:
            continue
        yield [
            *(_deletion(*place) for place in _in_the_way(name, type_, list(there)) if place not in stale),
            {
                **record_set,
                "changetype": "REPLACE",
                "comments": [{"account": ACCOUNT, "content": digest}],
            },
        ]


def _in_the_way(name: str, type_: str, there: Sequence[Place]) -> list[Place]:
    """Return what of the places that are taken cannot stay beside a static record.

    A CNAME and other records exclude each other (RFC 1034, 3.6.2). And what
    external-dns owns it would change back: without ownership records it does not.
    """
    types = [type_] if type_ != "CNAME" else [other for place, other in there if place == name]
    owners = [isolation.owner_name(name, each) for each in types]
    return [
        (place, other)
        for place, other in there
        if (place in owners and other == "TXT") or (place == name and other != type_ and "CNAME" in {type_, other})
    ]


def _mark(record_set: RecordSet) -> str:
    """Return the digest in this program's comment on a record set, "" if it has none."""
    comments: Sequence[Mapping[str, Any]] = record_set.get("comments") or ()
    return next((str(each["content"]) for each in comments if each.get("account") == ACCOUNT), "")


def _digest(record_set: RecordSet) -> str:
    declared = json.dumps([record_set["ttl"], record_set["records"]], sort_keys=True)
    return hashlib.sha256(declared.encode()).hexdigest()[:16]


def _deletion(name: str, type_: str) -> RecordSet:
    return {"name": name, "type": type_, "changetype": "DELETE"}
