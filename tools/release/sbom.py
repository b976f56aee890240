"""Writes the bill of materials of a released project: bin/python tools/release/sbom.py PROJECT --out FILE.

The Python packages are what uv.lock has for the project; the Debian packages are those that third_party/debian locks
for the function's image, which each `-runtime` package of a project is. The form is CycloneDX 1.5
(https://cyclonedx.org/docs/1.5/json/), and Debian packages are named as in
https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tomllib
from typing import Any
from urllib.parse import quote

WORKSPACE = pathlib.Path(__file__).parents[2]
_LOCKS = ("function-cdk8s.amd64", "function-cdk8s.arm64")


def main() -> int:
    """Write the bill; returns the exit status."""
    parser = argparse.ArgumentParser(prog="sbom", description=__doc__)
    parser.add_argument("project", help="a released project, like internal-dns-xp")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the file to write")
    options = parser.parse_args()
    export = [WORKSPACE / "bin/uv", "export", "--quiet", "--frozen", "--no-dev", *_extras(options.project)]
    export += ["--format", "cyclonedx1.5", "--package", options.project, "--output-file", options.out.absolute()]
    if status := subprocess.run(export, cwd=WORKSPACE, check=False).returncode:
        return status
    bill: dict[str, Any] = json.loads(options.out.read_text(encoding="utf-8"))
    if _has_an_image(options.project):
        found = {each["purl"]: each for lock in _LOCKS for each in _debian(lock)}
        bill["components"] += [found[purl] for purl in sorted(found)]
    options.out.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    return 0


def _file(project: str) -> pathlib.Path:
    (file,) = (file for file in WORKSPACE.glob("*/*/project.json") if json.loads(file.read_bytes())["name"] == project)
    return file


def _extras(project: str) -> list[str]:
    settings = tomllib.loads(_file(project).with_name("pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Nothing that runs in a cluster has the extra `test`.
    return [f"--extra={name}" for name in settings.get("optional-dependencies", {}) if name != "test"]


def _has_an_image(project: str) -> bool:
    version = json.loads(_file(project).read_bytes()).get("release", {}).get("version", {})
    return any(name.endswith("-runtime") for name in version.get("versionActionsOptions", {}).get("packages", ()))


def _debian(lock: str) -> list[dict[str, Any]]:
    lines = (WORKSPACE / f"third_party/debian/{lock}.txt").read_text(encoding="utf-8").splitlines()
    return [_component(*line.split()[:3], file=line.split()[3]) for line in lines if line and not line.startswith("#")]


def _component(name: str, version: str, sha256: str, *, file: str) -> dict[str, Any]:
    architecture = file.removesuffix(".deb").rpartition("_")[2]
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='.-~')}?arch={architecture}"
    hashes = [{"alg": "SHA-256", "content": sha256}]
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": hashes}


if __name__ == "__main__":
    sys.exit(main())
