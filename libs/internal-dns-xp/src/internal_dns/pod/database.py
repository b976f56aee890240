"""Prepare PowerDNS' database file, then become PowerDNS.

The content of the file can be restored: ingress hosts come from the cluster,
static records from the sidecar. So a damaged or incomplete file is renamed, and an
empty database replaces it. It is written under another name and then renamed: if
the process is killed at any point, the file is complete or missing.

This runs at each start of the container. An init container would run only once
for a pod. If the file is damaged later, PowerDNS fails its liveness probe, and the
restart repairs the file.

    python3 -m internal_dns.pod.database FILE START_FILE PROGRAM ARGUMENT…
"""

import contextlib
import logging
import os
import pathlib
import socket
import sqlite3
import sys

from internal_dns.pod import sync_gate

_SCHEMAS = (
    "/usr/local/share/doc/pdns/schema.sqlite3.sql",
    "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
)
"""Files with PowerDNS' schema: in PowerDNS' image (Dockerfile-auth), and in images made of Debian's packages."""

_TABLES = frozenset({"comments", "cryptokeys", "domainmetadata", "domains", "records", "supermasters", "tsigkeys"})

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_LOG = logging.getLogger("database")


def prepare(file: pathlib.Path, schema: str) -> None:
    """Make sure that a file is a complete database of PowerDNS, and keep its records.

    Args:
        file: The database file.
        schema: SQL that creates PowerDNS' tables.

    Raises:
        OSError: If the volume cannot be written.
        sqlite3.Error: If the file is not damaged and still cannot be read.
    """
    new = file.with_name(f"{file.name}.new")
    for left_over in file.parent.glob(f"{new.name}*"):
        left_over.unlink()
    if file.exists() and (fault := _fault(file)):
        _LOG.warning("%s: %s; starting with an empty one, kept as %s.damaged", file, fault, file.name)
        _put_aside(file)
    if not file.exists():
        _make(new, schema)
        new.rename(file)
        _sync(file.parent)
        _LOG.info("%s: made", file)


def is_readable(file: pathlib.Path) -> bool:
    """Return whether the database file that PowerDNS has open exists and can be read, by one short query."""
    if not file.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            database.execute("SELECT id FROM domains LIMIT 1").fetchone()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF not in _DAMAGED
    return True


def _fault(file: pathlib.Path) -> str:
    """Return the fault of a database; "" if it has none."""
    try:
        with contextlib.closing(sqlite3.connect(file)) as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                return f"damaged: {verdict}"
            found = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        # The low byte is the kind of error, the other bytes are details (sqlite.org/rescode.html).
        if error.sqlite_errorcode & 0xFF in _DAMAGED:
            return f"damaged: {error}"
        raise
    missing = sorted(_TABLES - found)
    return f"incomplete: no table {missing[0]}" if missing else ""


def _put_aside(file: pathlib.Path) -> None:
    # The log is removed first: SQLite would replay it into the new file.
    for log in (f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(log).unlink(missing_ok=True)
    file.rename(file.with_name(f"{file.name}.damaged"))


def _make(file: pathlib.Path, schema: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript(schema)
    _sync(file)


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _schema() -> str:
    for path in map(pathlib.Path, _SCHEMAS):
        if path.exists():
            return path.read_text(encoding="utf-8")
    msg = f"the image has no PowerDNS schema at {' or '.join(_SCHEMAS)}"
    raise FileNotFoundError(msg)


def _without_ipv6() -> list[str]:
    """Return what PowerDNS has to be told where the kernel has no IPv6: it ends at the first TCP socket otherwise."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return ["--local-address=0.0.0.0"]
    return []


def main(arguments: list[str]) -> None:
    """Prepare the file that is the first argument, then run the program after the second, its gate closed."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    file, start_file, *program = arguments
    try:
        prepare(pathlib.Path(file), _schema())
    except sqlite3.OperationalError as error:
        # A file in WAL mode cannot even be read without room for its index (sqlite.org/wal.html).
        sys.exit(f"database: {file}: {error}: is its volume full, or read-only?")
    program += [*_without_ipv6(), *sync_gate.begin(pathlib.Path(start_file))]
    os.execvp(program[0], program)  # The container's own command.


if __name__ == "__main__":
    main(sys.argv[1:])
