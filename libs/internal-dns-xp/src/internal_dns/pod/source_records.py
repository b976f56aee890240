"""What the zone has of the sources: as external-dns last read it, and as it was changed since.

external-dns repeats some changes at each comparison, though they change nothing
(for the annotation `record-type`, or for one address in two spellings). Each
write empties PowerDNS' caches. And if a change is refused, the record that it was
to replace is outdated: nothing else would delete it.
"""

from collections.abc import Iterable, Sequence

from internal_dns.pod import addresses, ownership, spelling
from internal_dns.pod.ownership import Group, Key, RecordSet

_Content = frozenset[tuple[str, str, int, frozenset[str]]]


class SourceRecords:
    """The record sets that external-dns owns, by host and type."""

    def __init__(self) -> None:
        """Start without any."""
        self._known: dict[Key, _Content] = {}

    def read(self, found: Sequence[RecordSet]) -> None:
        """Note the record sets of the zone.

        Args:
            found: All of them.
        """
        groups = [group for group in ownership.grouped(found) if any(map(ownership.is_ownership, group))]
        self._known = {ownership.key(group): _content(group) for group in groups}

    def unlike(self, groups: Sequence[Group]) -> list[Group]:
        """Return the changes that would change something."""
        return [group for group in groups if _content(group) != self._known.get(ownership.key(group))]

    def made(self, groups: Iterable[Group]) -> None:
        """Note that PowerDNS made changes."""
        for group in groups:
            key = ownership.key(group)
            if ownership.is_deletion(group):
                self._known.pop(key, None)
            else:
                self._known[key] = _content(group)

    def outdated(self, refused: Iterable[Key]) -> list[Group]:
        """Return the deletions of what refused changes were to replace, by their hosts and types."""
        keys = {(spelling.usual(host), type_) for host, type_ in refused}
        return [
            [ownership.deletion(name, type_) for name, type_, *_ in sorted(self._known[key])]
            for key in sorted(self._known.keys() & keys)
        ]


def _content(group: Group) -> _Content:
    """Return names, types, TTLs and values of record sets; empty for a deletion."""
    if ownership.is_deletion(group):
        return frozenset()
    return frozenset((each["name"], each["type"], each.get("ttl", 0), _values(each)) for each in group)


def _values(record_set: RecordSet) -> frozenset[str]:
    type_ = str(record_set["type"])
    values = (str(record["content"]) for record in record_set.get("records") or ())
    if type_ in addresses.TYPES:
        values = (addresses.canonical(type_, value) or value for value in values)
    return frozenset(values)
