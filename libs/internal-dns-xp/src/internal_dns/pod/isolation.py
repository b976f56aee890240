"""Make a change without its bad record sets.

external-dns sends all new records as one change, and PowerDNS makes or refuses the
whole change. One bad ingress is enough for a refusal: a host that is so long that
its ownership record does not fit, an IPv6 target with a zone (`fe80::1%eth0`), a
host that has a static CNAME, or one host twice in the change. external-dns deletes
records only after it has created new ones, so after a refusal it deletes nothing,
and repeats the same change forever.

So a refused change is divided into halves, which are tried separately, down to the
record sets of one host and type. These stay together: a record without its
ownership record would never be deleted.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Sequence

from internal_dns.pod import addresses, ownership, spelling
from internal_dns.pod.ownership import Group, Key, RecordSet
from internal_dns.pod.powerdns import UNPROCESSABLE, RefusedError, Response

Send = Callable[[Sequence[RecordSet]], Response]

_PLAIN = re.compile(r"(\*\.)?[a-z0-9_.-]+")
_SPELLING = "a name has lower-case letters, digits, '-' and '_', and '*' as its first label"
_PUNYCODE = "a label begins with xn-- only if it has letters that need it"
_STATIC = "a static record has this name"
_TYPE = "only A and AAAA records are made"
_UNOWNED = "it has no ownership record of its type, without which it would never change"
_BARE = "it is an ownership record alone"
_WILDCARD = f"a first label {ownership.OWNER_WILDCARD} stands for * in names of ownership records"


@dataclasses.dataclass(frozen=True)
class Rejection:
    """Record sets of one host and type that PowerDNS does not get or refuses.

    Attributes:
        name: The host.
        type: The type.
        reason: Why, in PowerDNS' own words where it refuses them.
        owner: The object that external-dns made them for, like `ingress/team-a/web`; "" if unknown.
    """

    name: str
    type: str
    reason: str
    owner: str

    @property
    def key(self) -> Key:
        """The host and type."""
        return self.name, self.type


def admit(groups: Sequence[Group], static_names: Collection[str]) -> tuple[list[Group], list[Rejection]]:
    r"""Return the changes that may be made, and what is to be told of the others.

    PowerDNS reads escapes in a name (RFC 1035, 5.1), and external-dns does not: `vi\ctim`
    is a new host for one and the host `victim`, which another Ingress may have, for the other.
    What is not in its usual spelling is another spelling of a host for both (`spelling`).

    Args:
        groups: Record sets to change, by host and type.
        static_names: Names that only static records have, in lower case and with a trailing dot.
    """
    admitted: list[Group] = []
    rejections: list[Rejection] = []
    for group in groups:
        name, type_ = ownership.key(group)
        reason = _STATIC if name in static_names else _refusal(group, type_)
        if reason:
            if not ownership.is_deletion(group):
                rejections.append(Rejection(name, type_, reason, _owner(group)))
            continue
        cleaned, faults = _without_faults(group)
        rejections += [Rejection(name, type_, fault, _owner(group)) for fault in faults]
        if cleaned:
            admitted.append(cleaned)
    return admitted, rejections


def _refusal(group: Group, type_: str) -> str:
    names = [str(record_set["name"]) for record_set in group]
    if not all(map(_PLAIN.fullmatch, names)):
        return _SPELLING
    if ownership.is_deletion(group):
        return ""
    if not all(spelling.usual(name) == name for name in names):
        return _PUNYCODE
    if any(name.startswith(f"{ownership.OWNER_WILDCARD}.") for name in names):
        return _WILDCARD
    # The annotation `alias` makes an A record with the ownership record of a CNAME (external-dns v0.21, registry/txt).
    if type_ not in addresses.TYPES:
        return _TYPE
    if not any(map(ownership.is_ownership, group)):
        return _UNOWNED
    return _BARE if all(map(ownership.is_ownership, group)) else ""


def _without_faults(group: Group) -> tuple[Group, list[str]]:
    """Return record sets with their addresses alone, none if they have none, and what is wrong with other values."""
    cleaned: list[RecordSet] = []
    faults: list[str] = []
    # Another host can have the same ownership record, like `_wild.apps` that of `*.apps`: PowerDNS takes none twice.
    for record_set in {(each["name"], each["type"]): each for each in group}.values():
        type_, records = str(record_set["type"]), record_set.get("records")
        if type_ not in addresses.TYPES or not records:
            cleaned.append(record_set)
            continue
        good, bad = addresses.clean(type_, [str(record["content"]) for record in records])
        faults += [addresses.fault(type_, value) for value in bad]
        if not good:
            return [], faults
        cleaned.append({**record_set, "records": [{**records[0], "content": value} for value in good]})
    return cleaned, faults


def apply(groups: Sequence[Group], send: Send) -> list[Rejection]:
    """Make all the changes that PowerDNS accepts.

    Args:
        groups: Record sets to change. A group is changed as a whole or not at all.
        send: Sends a change to PowerDNS.

    Returns:
        The groups that PowerDNS refuses.

    Raises:
        RefusedError: If PowerDNS refuses for another reason than the content of a change.
        UnreachableError: If PowerDNS does not respond.
    """
    if not groups:
        return []
    response = send([record_set for group in groups for record_set in group])
    if response.is_good:
        return []
    if response.status != UNPROCESSABLE:
        raise RefusedError(response)
    if len(groups) == 1:
        name, type_ = ownership.key(groups[0])
        return [Rejection(name, type_, response.reason, _owner(groups[0]))]
    middle = len(groups) // 2
    return apply(groups[:middle], send) + apply(groups[middle:], send)


def _owner(group: Group) -> str:
    for record_set in group:
        for record in record_set.get("records") or ():
            _, _, resource = str(record.get("content", "")).partition("external-dns/resource=")
            if resource:
                return resource.strip('"').partition(",")[0]
    return ""
