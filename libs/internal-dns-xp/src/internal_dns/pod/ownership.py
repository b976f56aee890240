"""Record sets as PowerDNS' API has them, and the host that each belongs to.

external-dns makes an ownership record beside each record: a TXT record whose name it
makes of the host and the type, `edns-a.www.example.org` for the A records of
`www.example.org`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

RecordSet = Mapping[str, Any]
"""A record set, or a change of one, as in https://doc.powerdns.com/authoritative/http-api/zone.html#rrset."""

Group = Sequence[RecordSet]
"""The record sets of one host and type: its records, and their ownership record."""

Key = tuple[str, str]
"""Host and type: no two groups of a zone have the same."""

OWNER_PREFIX = "edns-"
"""Start of the name of an ownership record."""

OWNER_WILDCARD = "_wild"
"""Label in place of `*` in the name of an ownership record."""

_OWNER = "external-dns/owner="


def grouped(record_sets: Sequence[RecordSet]) -> list[Group]:
    """Return record sets in groups of one host and type, in the order of the first of each group."""
    groups: dict[Key, list[RecordSet]] = {}
    for record_set in record_sets:
        groups.setdefault(_subject(record_set), []).append(record_set)
    return list(groups.values())


def key(group: Group) -> Key:
    """Return the host and type that the record sets of a group belong to."""
    return _subject(group[0])


def host(record_set: RecordSet) -> str:
    """Return the host that a record set belongs to."""
    return _subject(record_set)[0]


def hosts(record_sets: Iterable[RecordSet]) -> set[str]:
    """Return the hosts that record sets belong to."""
    return set(map(host, record_sets))


def is_ownership(record_set: RecordSet) -> bool:
    """Return whether a record set is the ownership record of a host."""
    return record_set["type"] == "TXT" and str(record_set["name"]).startswith(OWNER_PREFIX)


def is_deletion(group: Group) -> bool:
    """Return whether record sets are all to be deleted."""
    return all(record_set.get("changetype") == "DELETE" for record_set in group)


def deletion(name: str, type_: str) -> RecordSet:
    """Return the change that deletes a record set."""
    return {"name": name, "type": type_, "changetype": "DELETE"}


def owner(record_set: RecordSet) -> str:
    """Return the owner that an ownership record names; "" if it names none."""
    contents = (str(record["content"]) for record in record_set["records"])
    return next((content.partition(_OWNER)[2].strip('"').partition(",")[0] for content in contents), "")


def unowned(found: Iterable[RecordSet], owner: str) -> list[RecordSet]:
    """Return what external-dns would never change or delete.

    These are records without their ownership record, ownership records without their
    record, and what another external-dns made in a volume that served it.

    Args:
        found: Record sets of a zone that are not static or the zone's own.
        owner: Owner that external-dns writes into its ownership records.
    """
    return [each for group in grouped(list(found)) if not _is_owned(group, owner) for each in group]


def _is_owned(group: Group, by: str) -> bool:
    owners = [owner(each) for each in group if is_ownership(each)]
    return 0 < len(owners) < len(group) and set(owners) == {by}


def _subject(record_set: RecordSet) -> Key:
    """Return the host and type that a record set belongs to: an ownership record belongs to those of its host."""
    name, type_ = str(record_set["name"]).lower(), str(record_set["type"])
    first, _, rest = name.partition(".")
    if type_ != "TXT" or not first.startswith(OWNER_PREFIX):
        return name, type_
    owned = f"*{rest.removeprefix(OWNER_WILDCARD)}" if rest.startswith(f"{OWNER_WILDCARD}.") else rest
    return owned, first.removeprefix(OWNER_PREFIX).upper()
