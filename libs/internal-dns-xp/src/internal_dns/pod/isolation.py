"""Keep one bad record set from taking all others of its batch with it.

external-dns sends all it creates as one change, and PowerDNS makes it or refuses
it as a whole. One ingress can spoil it: a host so long that its ownership record
does not fit, an IPv6 target with a zone (`fe80::1%eth0`), a host that a static
CNAME holds, one host twice in a batch. external-dns then deletes nothing either, as
it does so after creating, and tries the same again for ever.

A batch that is refused is cut in half and each half tried, down to the record
sets of one host and type, which stand or fall together: a record without its
ownership record would never be deleted.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from internal_dns.pod.powerdns import UNPROCESSABLE, Answer

RecordSet = Mapping[str, Any]
Group = Sequence[RecordSet]
Send = Callable[[Sequence[RecordSet]], Answer]

OWNER_PREFIX = "edns-"
"""Start of the name of an ownership record: `edns-a.www.example.org` for the A records of `www.example.org`."""

OWNER_WILDCARD = "_wild"
"""What stands for `*` in the name of an ownership record."""


class RefusedError(Exception):
    """PowerDNS refuses even to look at what is in the change.

    Args:
        answer: Its answer.
    """

    def __init__(self, answer: Answer) -> None:
        """Keep the answer."""
        super().__init__(answer.reason)
        self.answer = answer


@dataclasses.dataclass(frozen=True)
class Rejection:
    """Record sets of one host and type that PowerDNS refuses.

    Attributes:
        name: The host.
        type: The type.
        reason: PowerDNS' own words.
        owner: What external-dns made them for, as `ingress/team-a/web`; "" if it does not say.
    """

    name: str
    type: str
    reason: str
    owner: str


def apply(groups: Sequence[Group], send: Send) -> list[Rejection]:
    """Make all the changes that can be made.

    Args:
        groups: The changes; those of a group belong together.
        send: Makes a change.

    Returns:
        The groups that cannot be made.

    Raises:
        RefusedError: If PowerDNS has another reason than what is in a change.
        UnreachableError: If PowerDNS does not answer.
    """
    if not groups:
        return []
    answer = send([record_set for group in groups for record_set in group])
    if answer.is_good:
        return []
    if answer.status != UNPROCESSABLE:
        raise RefusedError(answer)
    if len(groups) == 1:
        name, type_ = _subject(groups[0][0])
        return [Rejection(name, type_, answer.reason, _owner(groups[0]))]
    middle = len(groups) // 2
    return apply(groups[:middle], send) + apply(groups[middle:], send)


def grouped(record_sets: Sequence[RecordSet]) -> list[Group]:
    """Return record sets with those of one host and type together, in the order of their first."""
    groups: dict[tuple[str, str], list[RecordSet]] = {}
    for record_set in record_sets:
        groups.setdefault(_subject(record_set), []).append(record_set)
    return list(groups.values())


def owner_name(name: str, type_: str) -> str:
    """Return the name of the ownership record of a host's records of a type."""
    return f"{OWNER_PREFIX}{type_.lower()}." + (OWNER_WILDCARD + name[1:] if name.startswith("*.") else name)


def hosts(record_sets: Iterable[RecordSet]) -> set[str]:
    """Return the hosts that record sets are for."""
    return {_subject(record_set)[0] for record_set in record_sets}


def is_ownership(record_set: RecordSet) -> bool:
    """Return whether a record set tells the owner of a host's records."""
    return record_set["type"] == "TXT" and str(record_set["name"]).startswith(OWNER_PREFIX)


def _subject(record_set: RecordSet) -> tuple[str, str]:
    """Return the host and type a record set is for: for an ownership record those it tells the owner of."""
    name, type_ = str(record_set["name"]).lower(), str(record_set["type"])
    first, _, rest = name.partition(".")
    if type_ != "TXT" or not first.startswith(OWNER_PREFIX):
        return name, type_
    host = f"*{rest.removeprefix(OWNER_WILDCARD)}" if rest.startswith(f"{OWNER_WILDCARD}.") else rest
    return host, first.removeprefix(OWNER_PREFIX).upper()


def _owner(group: Group) -> str:
    for record_set in group:
        for record in record_set.get("records") or ():
            _, _, resource = str(record.get("content", "")).partition("external-dns/resource=")
            if resource:
                return resource.strip('"').partition(",")[0]
    return ""
