"""The real govulncheck, asking a database in a folder, of the program that the workflows are checked with.

The database has the form of https://go.dev/doc/security/vuln/database.
"""

import json
import pathlib
import re
from collections.abc import Callable

import pytest
from advisories import go
from advisories.known import ROOT, Advisory, NoAnswerError

PROGRAM = "actionlint"
MODULE = "github.com/rhysd/actionlint"
TIME = "2026-01-01T00:00:00Z"

Database = Callable[[str], str]


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Database:
    """Return a function that writes a database with one vulnerability of a module, and returns its URL."""

    def database(module: str) -> str:
        ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "99.0.0"}]}]
        affected = {
            "package": {"name": module, "ecosystem": "Go"},
            "ranges": ranges,
            "ecosystem_specific": {"imports": [{"path": module, "symbols": ["Run"]}]},
        }
        entry = {
            "schema_version": "1.3.1",
            "id": "GO-2026-1",
            "modified": TIME,
            "published": TIME,
            "affected": [affected],
        }
        vulnerability = {"id": "GO-2026-1", "modified": TIME}
        files = {
            "index/db.json": {"modified": TIME},
            "index/modules.json": [{"path": module, "vulns": [{**vulnerability, "fixed": "99.0.0"}]}],
            "index/vulns.json": [{**vulnerability, "aliases": ["CVE-2026-1"]}],
            "ID/GO-2026-1.json": {**entry, "aliases": ["CVE-2026-1"], "summary": "a summary", "details": "details"},
        }
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
        return tmp_path.as_uri()

    return database


def required() -> str:
    module = (ROOT / "third_party/go" / PROGRAM / "go.mod").read_text(encoding="utf-8")
    (version,) = re.findall(rf"{re.escape(MODULE)} (v\S+)", module)
    return version


def test_vulnerable_code_in_a_program_is_found(database: Database) -> None:
    found = go.known(database(MODULE), [PROGRAM])

    assert set(found) == {
        Advisory(
            names=("GO-2026-1", "CVE-2026-1"),
            package=MODULE,
            version=required(),
            remedy="fixed in v99.0.0",
            taken_by=f"bin/{PROGRAM}",
        )
    }


def test_code_that_a_program_lacks_is_no_vulnerability_of_it(database: Database) -> None:
    assert go.known(database("example.org/another"), [PROGRAM]) == []


def test_no_answer_is_not_taken_for_one(tmp_path: pathlib.Path) -> None:
    with pytest.raises(NoAnswerError, match=f"^{tmp_path.as_uri()} has nothing in it$"):
        go.known(tmp_path.as_uri(), [PROGRAM])
    with pytest.raises(NoAnswerError, match=f"^{tmp_path.as_uri()}/none gave no result for {PROGRAM}: "):
        go.known(f"{tmp_path.as_uri()}/none", [PROGRAM])


def test_every_go_program_of_bin_is_asked_for() -> None:
    programs = go.programs()

    assert {"crossplane", "govulncheck", "kubelet"} <= set(programs)
    assert [program for program in programs if not (ROOT / "bin" / program).is_file()] == []
