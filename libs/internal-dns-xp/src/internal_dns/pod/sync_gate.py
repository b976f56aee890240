"""Keep PowerDNS from denying a name until external-dns has compared all sources with the zone.

A zone on a new volume is empty, and one from an earlier pod can be old. If PowerDNS
said that a name does not exist, clients would remember it, and a Tailscale client
would take it for the answer of all its resolvers. So until the first comparison has
succeeded, PowerDNS serves the records that it has, and answers SERVFAIL to all else.

The gate is in PowerDNS itself, so it needs no other process and is closed by
default. PowerDNS looks for a name, and then for the wildcards that can stand for it,
with one SQL query (doc.powerdns.com/authoritative/backends/generic-sql.html). While
the gate is closed, the query adds LUA records that fail, where there is no other
record. PowerDNS answers SERVFAIL for these.

Each start of PowerDNS has a number. The gate is open if the zone's metadata has that
number, so a restored or remade database does not open it.
"""

import logging
import pathlib
import re
import secrets
import string
import time
from collections.abc import Callable

from internal_dns.pod.powerdns import Api

METADATA = "X-INTERNAL-DNS-SYNCED"
"""Kind of the metadata with the number of the start for which the gate is open."""

STRICT_SECONDS = 30
"""For this long, a name with only an IPv4 address or only an IPv6 address is not denied to have the other.

Not longer: musl does not use the address of a name that has SERVFAIL for the other.
"""

_QUERY = string.Template(
    """
    SELECT content, ttl, prio, type, domain_id, disabled, name, auth $of_name

    -- PowerDNS looks for a wildcard only if a name does not exist. LUA records of the type CNAME stand for all types.
    UNION ALL SELECT 'CNAME $failure
    WHERE :qname LIKE '*.%' AND NOT EXISTS (SELECT 1 $of_name) AND NOT EXISTS ($opened)

    -- Sources make only addresses. A CNAME has those of another name.
    UNION ALL SELECT A.type || ' $failure FROM (SELECT 'A' AS type UNION ALL SELECT 'AAAA') AS A
    WHERE EXISTS (SELECT 1 $of_name) AND NOT EXISTS (SELECT 1 $of_name AND type IN (A.type, 'CNAME'))
    AND (strftime('%s', 'now') + 0 < $strict_until OR NOT EXISTS (SELECT 1 $of_name AND type IN ('A', 'AAAA')))
    AND NOT EXISTS ($opened)
    """
)

_OF_NAME = "FROM records WHERE disabled=0 AND name=:qname AND domain_id=:domain_id"
_OPENED = string.Template(
    "SELECT 1 FROM domainmetadata WHERE domain_id=:domain_id AND kind='$kind' AND content='$start'"
)
_FAILURE = "\"error(''no comparison with the sources has succeeded yet'')\"', 0, 0, 'LUA', :domain_id, 0, :qname, 1"
_COMMENT = re.compile("--.*")

_LOG = logging.getLogger("sync_gate")


def begin(start_file: pathlib.Path) -> list[str]:
    """Write the number of a new start, and return the arguments with which PowerDNS' gate is closed.

    Args:
        start_file: The file for the number. The sidecar reads it.
    """
    start = secrets.token_hex(8)
    new = start_file.with_name(f"{start_file.name}.new")
    new.write_text(start, encoding="utf-8")
    new.rename(start_file)
    return ["--enable-lua-records=yes", f"--gsqlite3-any-id-query={query(start, int(time.time()) + STRICT_SECONDS)}"]


def query(start: str, strict_until: int) -> str:
    """Return the SQL query for all records of a name, with failing ones while the gate is closed.

    Args:
        start: The number of this start of PowerDNS.
        strict_until: Unix time until which a name with one kind of address is not denied to have the other.
    """
    opened = _OPENED.substitute(kind=METADATA, start=start)
    text = _QUERY.substitute(of_name=_OF_NAME, failure=_FAILURE, opened=opened, strict_until=strict_until)
    return " ".join(_COMMENT.sub("", text).split())


class SyncGate:
    """Opens PowerDNS' gate when external-dns has finished a comparison that began after PowerDNS' start.

    Attributes:
        is_open: Whether the gate was open at the last check.

    Args:
        api: PowerDNS' API.
        domain: The zone, without trailing dot.
        start_file: The file with the number of PowerDNS' start.
        finished: Returns the Unix time at which external-dns last finished a comparison without an error.
        clock: Returns the Unix time.
    """

    def __init__(
        self,
        api: Api,
        domain: str,
        start_file: pathlib.Path,
        finished: Callable[[], float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Store the arguments."""
        self.is_open = False
        self._api = api
        self._path = f"/zones/{domain}./metadata/{METADATA}"
        self._flush_path = f"/cache/flush?domain={domain}."
        self._start_file = start_file
        self._finished = finished
        self._clock = clock
        self._start: str = ""
        self._read_at: float | None = None

    def zone_was_read(self) -> None:
        """Note that external-dns has read the zone, as it does at the begin of each comparison."""
        if self._start and self._read_at is None:
            self._read_at = self._clock()

    def check(self) -> None:
        """Open the gate if a comparison has succeeded, and note if PowerDNS has closed it by a new start.

        Raises:
            RefusedError: If PowerDNS refuses a call.
            UnreachableError: If PowerDNS does not respond.
            OSError: If PowerDNS has not started yet.
        """
        start = self._start_file.read_text(encoding="utf-8")
        # Before PowerDNS is asked: a new start is closed, also while its API refuses the key or does not respond.
        self.is_open = self.is_open and start == self._start
        if self._opened_for() == start:
            self.is_open, self._start = True, start
            return
        if self.is_open or start != self._start:
            # What external-dns read before is not the zone of this start.
            self.is_open, self._start, self._read_at = False, start, None
            _LOG.info("closed: names that the zone does not have are SERVFAIL until a comparison has succeeded")
        if self._has_compared():
            self._api.send("PUT", self._path, {"kind": METADATA, "metadata": [start]}).json()
            # PowerDNS may remember failures for some seconds.
            self._api.send("PUT", self._flush_path).json()
            self.is_open = True
            _LOG.info("open: external-dns has compared all sources with the zone")

    def _has_compared(self) -> bool:
        """Return whether external-dns has finished a comparison since it read the zone."""
        if self._read_at is None:
            return False
        now = self._clock()
        # Times that are still to come are from before the clock was set back, and say nothing.
        self._read_at = min(self._read_at, now)
        return self._read_at <= self._finished() <= now

    def _opened_for(self) -> str:
        """Return the number of the start for which the gate was opened last; "" if it was not."""
        metadata: list[str] = self._api.send("GET", self._path).json()["metadata"]
        return metadata[0] if metadata else ""
