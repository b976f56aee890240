"""One setting names the registry and the owner of this project's packages, and one command moves the project."""

import json
import pathlib
import re
import sys

import pytest
from release.published import REGISTRY
from scratch import Clone


@pytest.fixture
def clone(tmp_path: pathlib.Path) -> Clone:
    return Clone(tmp_path / "clone")


def test_nothing_names_the_old_address_after_a_move(clone: Clone) -> None:
    clone.run(sys.executable, "tools/release/registry.py", "registry.example.net/team/acme")

    found = clone.run("git", "grep", "--fixed-strings", "-I", "-n", f"{REGISTRY}/", check=False).stdout
    assert not [line for line in found.splitlines() if not re.search(r"tests?/|tools/images/README", line)], found
    assert json.loads(clone.read("package.json"))["config"]["registry"] == "registry.example.net/team/acme"
    assert "  package: registry.example.net/team/acme/internal-dns:v" in clone.read(
        "stacks/internal-dns/base/configuration.yaml"
    )
    assert "        name: team-acme-function-internal-dns\n" in clone.read(
        "libs/internal-dns-xp/package/apis/internaldns/composition.yaml"
    )
    assert not clone.run("git", "grep", "-n", "-w", "function-cdk8s-function-internal-dns", check=False).stdout
    local = clone.read("stacks/internal-dns/local/registry.yaml")
    assert "prefix: registry.example.net/team/acme/" in local
    assert "prefix: registry.localhost:5000/team/acme/" in local


def test_an_address_without_an_owner_is_refused(clone: Clone) -> None:
    done = clone.run(sys.executable, "tools/release/registry.py", "ghcr.io", check=False)

    assert (done.returncode, done.stderr) == (1, "'ghcr.io' is not a registry with an owner, like ghcr.io/OWNER\n")
    assert clone.git("status", "--porcelain") == ""
