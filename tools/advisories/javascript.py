"""JavaScript: npm audit, and the advisories of the npm registry."""

import json
import pathlib
import shutil
import tempfile
from typing import Any

from advisories.known import ROOT, Advisory, NoAnswerError, reason, run

_VULNERABLE = {"name": "minimist", "version": "0.0.8"}
"""Known for CVE-2020-7598 and CVE-2021-44906."""


def known() -> list[Advisory]:
    """Return what is known of all that the workspace's locks have.

    Raises:
        NoAnswerError: If the registry does not respond, or returns nothing for a package known to be vulnerable.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        _write_vulnerable(folder)
        if not _of(folder):
            msg = f"the npm registry knows nothing of {' '.join(_VULNERABLE.values())}, so it would not know of others"
            raise NoAnswerError(msg)
    locks = [ROOT / "package-lock.json", *sorted(ROOT.glob("third_party/javascript/*/package-lock.json"))]
    return [advisory for lock in locks for advisory in _of(lock.parent)]


def _write_vulnerable(folder: pathlib.Path) -> None:
    name, version = _VULNERABLE.values()
    package = {"name": "vulnerable", "version": "1.0.0", "dependencies": {name: version}}
    packages = {"": package, f"node_modules/{name}": {"version": version}}
    lock = {**package, "lockfileVersion": 3, "requires": True, "packages": packages}
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    shutil.copy(ROOT / ".npmrc", folder)


def _of(folder: pathlib.Path) -> list[Advisory]:
    # With NODE_ENV=production npm would leave development dependencies out, which is all there is here.
    done = run(["bin/npm", "--prefix", folder, "audit", "--package-lock-only", "--json"], NODE_ENV="development")
    try:
        response: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        response = {"message": reason(done)}
    if "vulnerabilities" not in response:
        msg = f"the npm registry gave no result: {response.get('message') or reason(done)}"
        raise NoAnswerError(msg)
    lock = folder / "package-lock.json"
    installed: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    causes: list[tuple[dict[str, Any], list[str]]] = [
        (cause, package["nodes"])
        for package in response["vulnerabilities"].values()
        for cause in package["via"]
        if isinstance(cause, dict)  # a package that only has the vulnerable one says its name
    ]
    return [
        Advisory(
            names=(cause["url"].rpartition("/")[2],),
            package=cause["name"],
            version=installed[node]["version"],
            remedy=f"vulnerable are {cause['range']}",
            taken_by=str(lock.relative_to(ROOT)) if lock.is_relative_to(ROOT) else "",
        )
        for cause, nodes in causes
        for node in nodes
    ]
