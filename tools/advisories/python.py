"""Python: pip-audit, and the advisories of OSV for PyPI.

pip-audit's own default asks PyPI for one version of a package and takes "404 Not Found", which an index that does not
have that part of PyPI answers, for a package that it may skip. OSV is queried instead, and nothing may be skipped.
"""

import json
import pathlib
import tempfile
import tomllib
from typing import Any

from advisories.known import ROOT, Advisory, NoAnswerError, reason, run

OSV = "https://api.osv.dev/v1/query"
_VULNERABLE = "jinja2==2.4.1"
"""Known for CVE-2014-0012 and others since 2014."""

_EXPORT = ["bin/uv", "export", "--quiet", "--frozen", "--all-packages", "--all-extras", "--all-groups"]
_PLAIN = ["--no-emit-workspace", "--no-hashes", "--no-header", "--no-annotate"]


def known(osv: str = OSV) -> list[Advisory]:
    """Return what is known of all that Python's locks have.

    Args:
        osv: URL of OSV's API.

    Raises:
        NoAnswerError: If it does not respond for each, or returns nothing for a package known to be vulnerable.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if not _of(_written(folder / "vulnerable.txt", _VULNERABLE), _VULNERABLE, osv):
            msg = f"{osv} knows nothing of {_VULNERABLE}, so it would not know of others"
            raise NoAnswerError(msg)
        locks = {
            "uv.lock": _written(folder / "locked.txt", _locked()),
            "pyproject.toml": _written(folder / "build.txt", "\n".join(_build_constraints())),
        }
        for file in sorted(ROOT.glob("third_party/python/*/*.txt")):
            locks[str(file.relative_to(ROOT))] = file
        return [advisory for lock, file in locks.items() for advisory in _of(file, lock, osv)]


def _written(file: pathlib.Path, text: str) -> pathlib.Path:
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


def _locked() -> str:
    done = run([*_EXPORT, *_PLAIN])
    if done.returncode:
        msg = f"uv.lock is not read: {reason(done)}"
        raise NoAnswerError(msg)
    return done.stdout


def _build_constraints() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["uv"]["build-constraint-dependencies"]


def _of(requirements: pathlib.Path, lock: str, osv: str) -> list[Advisory]:
    service = ["--vulnerability-service", "osv", "--osv-url", osv, "--timeout", "30"]
    reading = ["--strict", "--disable-pip", "--no-deps", "--requirement", requirements]
    done = run(["bin/pip-audit", *reading, *service, "--format", "json", "--progress-spinner", "off"])
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        msg = f"{osv} gave no result for {lock}: {reason(done)}"
        raise NoAnswerError(msg) from None
    return [
        Advisory(
            names=(found["id"], *found["aliases"]),
            package=package["name"],
            version=package["version"],
            remedy=f"fixed in {', '.join(found['fix_versions']) or 'no version'}",
            taken_by=lock,
        )
        for package in packages
        for found in package["vulns"]
    ]
