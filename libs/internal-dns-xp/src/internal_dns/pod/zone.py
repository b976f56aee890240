"""Keep the zone as the InternalDNS declares it: make the zone, and keep its static records.

In PowerDNS each static record has a comment by this program. By it, a static
record that is no longer declared differs from a record of external-dns. The
comment has a digest of the declaration, and an unchanged record is not written
again: each write empties PowerDNS' caches.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from internal_dns.pod import isolation
from internal_dns.pod.isolation import Group, RecordSet, RefusedError, Rejection
from internal_dns.pod.powerdns import Api, Response

ACCOUNT = "internal-dns"
"""Account of the comments on static records."""

Key = tuple[str, str]
"""Name and type of a record set: no two of a zone have the same."""

_NOT_FOUND = 404


class Zone:
    """A zone of one PowerDNS.

    Args:
        api: Its API.
        key: The API key.
        domain: The zone, without trailing dot.
    """

    def __init__(self, api: Api, key: str, domain: str) -> None:
        """Keep what calls need."""
        self._api = api
        self._key = key
        self._name = f"{domain}."
        self._path = f"/zones/{self._name}"

    def ensure(self, declared: Sequence[RecordSet]) -> tuple[list[RecordSet], list[Rejection]]:
        """Make the zone if there is none, and make its static records as declared.

        Args:
            declared: The static records, each with name, type, ttl and records.

        Returns:
            The record sets found before static records were changed, and the
            static ones PowerDNS refuses.

        Raises:
            RefusedError: If PowerDNS refuses for another reason than the content of a change.
            UnreachableError: If PowerDNS does not respond.
        """
        response = self._api.send("GET", self._path, self._key)
        if response.status == _NOT_FOUND:
            response = self._api.send("POST", "/zones", self._key, {"name": self._name, "kind": "Native"})
        if not response.is_good:
            raise RefusedError(response)
        found: list[RecordSet] = json.loads(response.body)["rrsets"]
        return found, isolation.apply(list(changes(found, declared)), self._patch)

    def _patch(self, record_sets: Sequence[RecordSet]) -> Response:
        return self._api.send("PATCH", self._path, self._key, {"rrsets": record_sets})


def changes(found: Sequence[RecordSet], declared: Sequence[RecordSet]) -> Iterator[Group]:
    """Yield the changes that make the static records those declared.

    A static record wins: record sets of others that cannot exist beside it are
    deleted.

    Args:
        found: All record sets of the zone.
        declared: The static ones as they should be.
    """
    existing: dict[Key, RecordSet] = {(record_set["name"], record_set["type"]): record_set for record_set in found}
    wanted = {(record_set["name"], record_set["type"]) for record_set in declared}
    stale = [key for key, record_set in existing.items() if _mark(record_set) and key not in wanted]
    for name, type_ in stale:
        yield [_deletion(name, type_)]
    for record_set in declared:
        name, type_ = record_set["name"], record_set["type"]
        digest = _digest(record_set)
        if (name, type_) in existing and _mark(existing[name, type_]) == digest:
            continue
        yield [
            *(_deletion(*key) for key in _conflicting(name, type_, list(existing)) if key not in stale),
            {
                **record_set,
                "changetype": "REPLACE",
                "comments": [{"account": ACCOUNT, "content": digest}],
            },
        ]


def _conflicting(name: str, type_: str, existing: Sequence[Key]) -> list[Key]:
    """Return which existing record sets cannot stay beside a static record.

    A CNAME and other records exclude each other (RFC 1034, 3.6.2). Ownership
    records have to go as well: with them, external-dns would change the static
    record back.
    """
    types = [type_] if type_ != "CNAME" else [other_type for other, other_type in existing if other == name]
    owners = [isolation.owner_name(name, each) for each in types]
    return [
        (other, other_type)
        for other, other_type in existing
        if (other in owners and other_type == "TXT")
        or (other == name and other_type != type_ and "CNAME" in {type_, other_type})
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
