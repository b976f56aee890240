"""bin/nx audit advisories: known vulnerabilities of the locked packages and the pinned programs.

The exit status is 0 if every database responded and knows no advisory that accepted.toml lacks, 1 if one does, and 2
if a database gave no result and the others know nothing. OSV_URL and GOVULNDB name databases other than the public
ones; npm's settings name the registry.
"""

import functools
import os
import pathlib
import sys
import tomllib
from collections.abc import Callable, Mapping

from advisories import go, javascript, python
from advisories.known import Advisory, NoAnswerError

Audit = Callable[[], list[Advisory]]

_ACCEPTED = pathlib.Path(__file__).with_name("accepted.toml")

_AUDITS: Mapping[str, Audit] = {
    "Python (pip-audit)": functools.partial(python.known, os.environ.get("OSV_URL", python.OSV)),
    "JavaScript (npm audit)": javascript.known,
    "Go (govulncheck)": functools.partial(go.known, os.environ.get("GOVULNDB", go.DATABASE)),
}


def main(audits: Mapping[str, Audit], accepted: Mapping[str, str]) -> int:
    """Print what is known; return the exit status.

    Args:
        audits: What returns the advisories of each database, by the name to print.
        accepted: Names of advisories that are none here, each with the reason.
    """
    found, refused = False, False
    for name, audit in audits.items():
        try:
            advisories = audit()
        except NoAnswerError as error:
            refused = True
            print(f"{name}: NOT CHECKED: {error}")
            continue
        print(f"{name}: {'known are' if advisories else 'nothing is known'}")
        for advisory in sorted(set(advisories), key=str):
            reason = next((accepted[each] for each in advisory.names if each in accepted), None)
            print(f"  {advisory}" if reason is None else f"  {advisory}; accepted: {reason}")
            found = found or reason is None
    return 1 if found else 2 if refused else 0


if __name__ == "__main__":
    sys.exit(main(_AUDITS, tomllib.loads(_ACCEPTED.read_text(encoding="utf-8"))))
