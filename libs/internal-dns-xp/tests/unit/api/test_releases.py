"""The default releases: Renovate finds each, and what runs by default is what is tested."""

import dataclasses
import json
import pathlib
import re
import subprocess
from typing import Any

import pytest
from internal_dns import image_references
from internal_dns.api import releases
from internal_dns.api.releases import Release

PROJECT = pathlib.Path(__file__).parents[3]
WORKSPACE = PROJECT.parents[1]
FILE = "libs/internal-dns-xp/src/internal_dns/api/releases.py"
RELEASES = [each for each in vars(releases).values() if isinstance(each, Release)]

FIND = """
const read = (file) => require("fs").readFileSync(file, "utf8");
// JSON5 is a subset of JavaScript (spec.json5.org), and Renovate's patterns are of JavaScript too.
const { customManagers } = eval(`(${read("renovate.json5")})`);
const here = (manager) => manager.managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(FILE));
const found = customManagers.filter(here).flatMap((manager) =>
  manager.matchStrings.flatMap((pattern) =>
    [...read(FILE).matchAll(new RegExp(pattern, "g"))].map((match) => ({
      image: match.groups.depName,
      version: match.groups.currentValue,
      digest: match.groups.currentDigest,
    }))));
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    script = f"const FILE = {json.dumps(FILE)};{FIND}"
    command = [WORKSPACE / "bin/node", "--eval", script]
    done = subprocess.run(command, cwd=WORKSPACE, check=True, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout)


def test_renovate_finds_each_release_with_version_and_digest(found: list[dict[str, Any]]) -> None:
    assert RELEASES == [releases.POWERDNS, releases.EXTERNAL_DNS]
    assert found == [dataclasses.asdict(each) for each in RELEASES]


def test_powerdns_is_in_the_repository_of_its_minor_version() -> None:
    assert releases.POWERDNS.repository == image_references.powerdns_repository(releases.POWERDNS.version)


def test_the_external_dns_that_runs_by_default_is_the_one_that_the_integration_tests_run() -> None:
    modules = (WORKSPACE / "third_party/go/external-dns/go.mod").read_text(encoding="utf-8")
    assert re.findall(r"sigs\.k8s\.io/external-dns (v\S+)", modules) == [releases.EXTERNAL_DNS.version]


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.repository)
def test_its_origin_is_listed(release: Release) -> None:
    listed = (WORKSPACE / "third_party/images/README.md").read_text(encoding="utf-8")
    assert f"| `{release.image}` |" in listed
