"""Measure what the sidecar's check of the zone costs, with PowerDNS, for an idle zone of 5,000 hosts.

    bin/nx run internal-dns-xp:zone-check

Two checks take turns, a minute's rounds each. One reads the whole zone in each round. The other is the sidecar's, which
reads it when its serial number has changed, and once a minute. In both the canary changes once for each comparison of
external-dns. CPU time is counted, so that it hardly matters what else the machine does. PowerDNS is that of
`bin/images root powerdns`; nothing needs root.
"""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence

from internal_dns import powerdns
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.pod import canary, database, ownership, sidecar
from internal_dns.pod.ownership import RecordSet
from internal_dns.pod.powerdns import Api, UnreachableError
from internal_dns.pod.zone import REREAD_SECONDS, Zone

WORKSPACE = pathlib.Path(__file__).parents[3]
SPEC = InternalDnsSpec(domain="internal.example.org")
OWNER = "internal-dns.internal-dns.dns"
HOSTS = 5_000
MINUTES = 10
MINUTE_SECONDS = 60.0
START_SECONDS = 60.0
API_PORT, DNS_PORT = 18081, 15353
KEY = powerdns.make_key()


class Clock:
    """A clock that a measurement sets."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def main() -> None:
    """Print the CPU seconds a minute of each check, as JSON."""
    with tempfile.TemporaryDirectory() as folder, running(pathlib.Path(folder)) as server:
        api = Api(host="127.0.0.1", port=API_PORT, key=KEY, timeout_seconds=30)
        wait_for(api)
        whole, kept = Clock(), Clock()
        checks = {
            "whole": (Zone(api, SPEC.domain, OWNER, set, whole), whole),
            "by its serial": (Zone(api, SPEC.domain, OWNER, set, kept), kept),
        }
        fill(checks["whole"][0])
        found: dict[str, list[float]] = {name: [] for name in checks}
        for _ in range(MINUTES):
            for name, (zone, clock) in checks.items():
                # A check that never knows when it has last read the zone reads it in each round.
                step = REREAD_SECONDS if name == "whole" else sidecar.ROUND_SECONDS
                found[name].append(minute(zone, clock, step, server))
    print(json.dumps({name: summary(each) for name, each in found.items()}, indent=2))


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Generator[int]:
    """Run PowerDNS on an empty database with the chart's settings, and yield its process."""
    listed = subprocess.run(
        ["bin/images", "root", "powerdns"], check=True, capture_output=True, text=True, cwd=WORKSPACE
    )
    root = pathlib.Path(listed.stdout.strip())
    [schema] = root.glob("usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
    [backend] = root.glob("usr/lib/*/pdns/libgsqlite3backend.so")
    database.prepare(folder / "pdns.sqlite3", schema.read_text(encoding="utf-8"))
    own = {
        "gsqlite3-database": folder / "pdns.sqlite3",
        "local-address": "127.0.0.1",
        "local-port": DNS_PORT,
        "socket-dir": folder,
        "webserver-port": API_PORT,
        "include-dir": folder / "api",
        "module-dir": backend.parent,
    }
    (folder / "api").mkdir()
    (folder / "api/api.conf").write_text(f"api-key={powerdns.hashed(KEY)}\n", encoding="utf-8")
    # The last setting of a name counts.
    settings = powerdns.settings(SPEC.ttl) + "".join(f"{name}={value}\n" for name, value in own.items())
    (folder / "pdns.conf").write_text(settings, encoding="utf-8")
    # Its own loader and libraries: this machine may have others.
    libraries = ["--library-path", str(backend.parents[1])]
    command = [backend.parents[1] / "ld-linux-x86-64.so.2", *libraries, root / "usr/sbin/pdns_server"]
    with subprocess.Popen([*command, f"--config-dir={folder}"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def wait_for(api: Api) -> None:
    """Wait until PowerDNS answers."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return api.send("GET", "/zones").json()
        except UnreachableError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def fill(zone: Zone) -> None:
    """Give a zone its hosts, as external-dns does: an address and an ownership record each."""
    zone.ensure([])
    owned = f'"heritage=external-dns,external-dns/owner={OWNER},external-dns/resource=ingress/team-a/host"'
    sets: list[RecordSet] = []
    for number in range(HOSTS):
        host = f"host{number}.{SPEC.domain}."
        sets.append(replaced(host, "A", f"198.18.{number // 250}.{number % 250}"))
        sets.append(replaced(f"{ownership.OWNER_PREFIX}a.{host}", "TXT", owned))
    zone.patch(sets).json()


def replaced(name: str, type_: str, content: str) -> RecordSet:
    """Return a change of a record set."""
    return {
        "name": name,
        "type": type_,
        "ttl": SPEC.ttl,
        "changetype": "REPLACE",
        "records": [{"content": content, "disabled": False}],
    }


def minute(zone: Zone, clock: Clock, step: float, server: int) -> float:
    """Return the CPU seconds that this process and PowerDNS take for the rounds of a minute."""
    rounds = round(MINUTE_SECONDS / sidecar.ROUND_SECONDS)
    between = round(SPEC.sync_seconds / sidecar.ROUND_SECONDS)
    began = used(server)
    for number in range(rounds):
        if number % between == 0:
            zone.patch([replaced(f"{canary.LABEL}.{SPEC.domain}.", "TXT", f'"{time.time()}"')]).json()
        clock.now += step
        found, _ = zone.ensure([])
        assert len(found) >= HOSTS * 2
    return used(server) - began


def used(server: int) -> float:
    """Return the CPU seconds of this process and of PowerDNS."""
    fields = pathlib.Path(f"/proc/{server}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def summary(seconds: Sequence[float]) -> str:
    """Return median and range of some measurements."""
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f}) CPU seconds a minute"


if __name__ == "__main__":
    main()
