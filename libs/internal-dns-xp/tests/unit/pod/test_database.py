"""The database file, before PowerDNS starts: whole, made, or put aside and made again."""

import errno
import os
import pathlib
import socket
import sqlite3

import pytest
from internal_dns.pod import database

TABLES = ("comments", "cryptokeys", "domainmetadata", "domains", "records", "supermasters", "tsigkeys")
SCHEMA = "".join(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT);" for name in TABLES)


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    made = tmp_path / "pdns.sqlite3"
    database.prepare(made, SCHEMA)
    with sqlite3.connect(made) as connection:
        connection.executemany("INSERT INTO domains (name) VALUES (?)", [("kept",)] * 5000)
    connection.close()
    return made


def domains(file: pathlib.Path) -> int:
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT count(*) FROM domains").fetchone()[0]
    finally:
        connection.close()


def test_a_complete_database_is_not_changed(file: pathlib.Path) -> None:
    before = file.read_bytes()
    database.prepare(file, SCHEMA)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 5000, 40960])
def test_one_cut_short_is_made_again_and_kept_aside(file: pathlib.Path, size: int) -> None:
    cut = file.read_bytes()[:size]
    file.write_bytes(cut)
    database.prepare(file, SCHEMA)
    assert domains(file) == 0
    assert file.with_name("pdns.sqlite3.damaged").read_bytes() == cut


@pytest.mark.parametrize("start", [0, 16, 4096])
def test_one_overwritten_is_made_again(file: pathlib.Path, start: int) -> None:
    content = bytearray(file.read_bytes())
    content[start : start + 8192] = b"\xff" * 8192
    file.write_bytes(content)
    database.prepare(file, SCHEMA)
    assert domains(file) == 0


def test_one_that_lacks_a_table_is_made_again(file: pathlib.Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("DROP TABLE comments")
    connection.close()
    database.prepare(file, SCHEMA)
    assert domains(file) == 0


def test_the_log_of_a_damaged_one_is_not_replayed_into_the_new(file: pathlib.Path) -> None:
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).write_bytes(b"stale")
    file.write_bytes(b"garbage" * 1000)
    database.prepare(file, SCHEMA)
    assert not list(file.parent.glob("*-wal"))
    assert domains(file) == 0


def test_files_that_a_killed_process_left_incomplete_do_no_harm(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "pdns.sqlite3"
    file.with_name("pdns.sqlite3.new").write_bytes(b"half")
    file.with_name("pdns.sqlite3.new-journal").write_bytes(b"of it")
    database.prepare(file, SCHEMA)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_schema_that_fails_leaves_no_file_of_that_name(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "pdns.sqlite3"
    with pytest.raises(sqlite3.Error):
        database.prepare(file, SCHEMA + "CREATE NONSENSE;")
    assert not file.exists()


@pytest.mark.parametrize("content", [b"x" * 100, b"\xff" * 40960])
def test_one_that_breaks_while_it_is_open_is_not_readable(file: pathlib.Path, content: bytes) -> None:
    assert database.is_readable(file)
    file.write_bytes(content)
    assert not database.is_readable(file)


def test_one_that_is_gone_is_not_readable(file: pathlib.Path) -> None:
    file.unlink()
    assert not database.is_readable(file)


def test_one_that_another_writes_to_is_readable(file: pathlib.Path) -> None:
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert database.is_readable(file)
    finally:
        writer.close()


def test_a_file_that_cannot_be_read_is_no_damage(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "pdns.sqlite3"
    file.mkdir()
    with pytest.raises(sqlite3.OperationalError):
        database.prepare(file, SCHEMA)
    assert file.is_dir()


@pytest.mark.parametrize(("has_ipv6", "told"), [(True, []), (False, ["--local-address=0.0.0.0"])])
def test_powerdns_is_told_of_a_kernel_without_ipv6(
    has_ipv6: bool, told: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    started: list[list[str]] = []

    class Socket(socket.socket):
        """What a kernel booted with ipv6.disable=1 does; no such kernel runs here."""

        def __init__(self, family: int, kind: int) -> None:
            opened.append(family)
            if family == socket.AF_INET6 and not has_ipv6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(socket.AF_INET, kind)

    def execvp(_: str, arguments: list[str]) -> None:
        started.append(arguments)

    monkeypatch.setattr(socket, "socket", Socket)
    monkeypatch.setattr(database, "_schema", lambda: SCHEMA)
    monkeypatch.setattr(os, "execvp", execvp)

    database.main([str(tmp_path / "pdns.sqlite3"), str(tmp_path / "start"), "pdns_server", "--guardian=no"])

    ((program, option, *more),) = started
    assert opened == [socket.AF_INET6]
    assert (program, option, [each for each in more if each.startswith("--local-address")]) == (
        "pdns_server",
        "--guardian=no",
        told,
    )


def test_a_volume_without_room_is_told_on_one_line(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pdns.sqlite3"
    file.mkdir()
    monkeypatch.setattr(database, "_schema", lambda: SCHEMA)
    with pytest.raises(SystemExit, match=r"unable to open database file: is its volume full, or read-only\?$"):
        database.main([str(file), str(tmp_path / "start"), "pdns_server"])
