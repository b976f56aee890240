"""What GitHub's workflows run is there, and works as they call it; actionlint has the rest."""

import json
import os
import pathlib
import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml

WORKSPACE = pathlib.Path(__file__).parents[3]
WORKFLOWS = {path.stem: path for path in sorted((WORKSPACE / ".github/workflows").glob("*.yaml"))}
BUILD = re.compile(r"bin/images build [^)]+")
BIN_TEST = (WORKSPACE / "bin/test").read_text(encoding="utf-8")
COMMAND = re.compile(r"(?<!bin/python )(?<![\w./$~-])((?:bin|tools|\.ci)/[\w./-]+)")


def scripts(workflow: str) -> list[str]:
    jobs: dict[str, Any] = yaml.safe_load(WORKFLOWS[workflow].read_text(encoding="utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_command_of_the_workspace_is_there(workflow: str) -> None:
    commands = {command for script in scripts(workflow) for command in COMMAND.findall(script)}

    assert commands
    assert {command for command in commands if not os.access(WORKSPACE / command, os.X_OK)} == set()


def test_ci_runs_what_a_developer_runs() -> None:
    newcomer, everything, affected, built, arm64, compared, e2e = scripts("ci")
    targets = re.findall(
        r"^ *targets=(?:\$targets,)?([\w,]+)|--all\) targets=\$targets,([\w,]+)", BIN_TEST, re.MULTILINE
    )

    assert newcomer == ".ci/newcomer"
    assert everything == "bin/test --all"
    assert f"--targets {','.join(''.join(each) for each in targets)} " in affected
    assert "bin/pytest tools/images/tests" in arm64
    assert BUILD.findall(built) == BUILD.findall(compared) == ["bin/images build --architecture all function-cdk8s"]
    assert e2e == "bin/e2e --cluster kind"


def test_an_audit_follows_each_change_of_what_is_pinned() -> None:
    triggers = yaml.safe_load(WORKFLOWS["audit"].read_text(encoding="utf-8"))[True]  # YAML 1.1 reads "on" so

    assert scripts("audit") == ["bin/nx audit advisories"]
    assert triggers["schedule"]
    assert {"package-lock.json", "pyproject.toml", "third_party/**", "uv.lock"} <= set(
        triggers["pull_request"]["paths"]
    )


def test_what_is_published_without_a_change_here_is_tested_each_week() -> None:
    workflow = yaml.safe_load(WORKFLOWS["ranges"].read_text(encoding="utf-8"))
    library = json.loads((WORKSPACE / "libs/cdk8s-function-xp/project.json").read_text(encoding="utf-8"))
    (target,) = re.findall(r"bin/nx run cdk8s-function-xp:(\w+)", "".join(scripts("ranges")))

    assert workflow[True]["schedule"]
    assert workflow["jobs"]["ranges"]["steps"][-1]["env"] == {"RANGES_TODAY": "1"}
    assert not library["targets"][target]["cache"]


def test_the_site_that_is_deployed_is_the_one_that_nx_builds() -> None:
    project = json.loads((WORKSPACE / "tools/docs/project.json").read_text(encoding="utf-8"))
    build, deploy = yaml.safe_load(WORKFLOWS["docs"].read_text(encoding="utf-8"))["jobs"].values()
    _, _, upload = build["steps"]

    assert scripts("docs") == ["bin/nx build docs"]
    assert [upload["with"]["path"]] == [
        output.replace("{projectRoot}", "tools/docs") for output in project["targets"]["build"]["outputs"]
    ]
    assert deploy["needs"] == "build"


@pytest.mark.parametrize("project", ["internal-dns-xp", "cdk8s-function-xp"])
def test_the_bill_of_materials_has_what_the_locks_have(project: str, tmp_path: pathlib.Path) -> None:
    [script] = [script for script in scripts("release") if "tools/release/sbom.py" in script]
    [command] = re.findall(r"bin/python tools/release/sbom\.py .*", script)
    bill = tmp_path / "sbom.cdx.json"
    words = shlex.split(command.replace("$project", project).replace("$sbom", str(bill)))

    subprocess.run(words, cwd=WORKSPACE, check=True, timeout=60)

    made = json.loads(bill.read_text(encoding="utf-8"))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    names = {component["name"] for component in made["components"]}
    assert {"cdk8s", "constructs", "jsii", "pydantic"} <= names
    assert "pytest" not in names
    locks = [WORKSPACE / f"third_party/debian/function-cdk8s.{each}.txt" for each in ("amd64", "arm64")]
    lines = [line.split() for lock in locks for line in lock.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    has_image = project == "internal-dns-xp"
    assert {(name, version) for name, version, *_ in lines if has_image} == {
        (component["name"], component["version"])
        for component in made["components"]
        if component.get("purl", "").startswith("pkg:deb/debian/")
    }


def test_a_release_is_of_main_in_its_environment_and_of_locked_packages() -> None:
    workflow = yaml.safe_load(WORKFLOWS["release"].read_text(encoding="utf-8"))
    version, publish = workflow["jobs"]["version"], workflow["jobs"]["publish"]

    assert (version["if"], version["environment"]) == ("github.ref == 'refs/heads/main'", "release")
    assert (publish["needs"], publish["environment"]) == ("version", "release")
    assert workflow["env"]["IMAGES_LOCKED"] == "1"
    assert publish["permissions"]["id-token"] == "write", "an index trusts the workflow by it"
    assert "UV_PUBLISH_TOKEN" not in WORKFLOWS["release"].read_text(encoding="utf-8")
    security = (WORKSPACE / "SECURITY.md").read_text(encoding="utf-8")
    assert "--signer-workflow function-cdk8s/function-cdk8s/.github/workflows/release.yaml" in security
    assert "--source-ref refs/heads/main" in security
    assert r"release\.yaml@refs/heads/main$'" in security
