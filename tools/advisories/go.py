"""Go: govulncheck, and the Go vulnerability database, for the programs of bin/ as they are built.

They are built without symbols, so what is known of any code of a module that is linked into one counts for it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from advisories.known import ROOT, Advisory, NoAnswerError, reason, run

DATABASE = "https://vuln.go.dev"
_NEVER = "0001-01-01"
"""Go's zero time: when a database that is no database was modified."""


def known(database: str = DATABASE, only: Sequence[str] = ()) -> list[Advisory]:
    """Return what is known of code that is in the pinned Go programs.

    Args:
        database: URL of a Go vulnerability database; file:// for a folder of one.
        only: Tools of bin/; all that are written in Go if empty. Those that lack are built.

    Raises:
        NoAnswerError: If the database does not respond, or a program can't be built.
    """
    return [advisory for program in only or programs() for advisory in _of(program, database)]


def programs() -> list[str]:
    """Return the tools of bin/ that are written in Go."""
    lines = (ROOT / "tools/provision/tools.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.split()[1:2] == ["go"]]


def _of(program: str, database: str) -> list[Advisory]:
    built = run(["bin/provision", program])
    if built.returncode:
        msg = f"{program} is not built: {reason(built)}"
        raise NoAnswerError(msg)
    done = run(["bin/govulncheck", "-db", database, "-mode", "binary", "-json", built.stdout.strip()])
    if done.returncode:
        msg = f"{database} gave no result for {program}: {reason(done)}"
        raise NoAnswerError(msg)
    messages = list(_messages(done.stdout))
    (config,) = _each("config", messages)
    if config["db_last_modified"].startswith(_NEVER):
        msg = f"{database} has nothing in it"
        raise NoAnswerError(msg)
    names = {osv["id"]: (osv["id"], *osv.get("aliases", [])) for osv in _each("osv", messages)}
    return [
        Advisory(
            names=names[finding["osv"]],
            package=finding["trace"][0]["module"],
            version=finding["trace"][0]["version"],
            remedy=f"fixed in {finding.get('fixed_version', 'no version')}",
            taken_by=f"bin/{program}",
        )
        for finding in _each("finding", messages)
    ]


def _each(kind: str, messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message[kind] for message in messages if kind in message]


def _messages(output: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    rest = output.lstrip()
    while rest:
        message, end = decoder.raw_decode(rest)
        yield message
        rest = rest[end:].lstrip()
