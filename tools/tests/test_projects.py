"""What Nx is told about a Python project agrees with the project's pyproject.toml."""

import json
import pathlib
import subprocess
import tomllib
import zipfile
from typing import Any

import pytest

WORKSPACE = pathlib.Path(__file__).parents[2]
IMAGES = {"internal-dns-xp": {"function-cdk8s"}}
"""What a project's image holds, and its renders run, though its distribution does not depend on it."""

PROJECTS = sorted(path.parent for folder in ("apps", "libs") for path in (WORKSPACE / folder).glob("*/pyproject.toml"))


def read_python(project: pathlib.Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def read_nx(project: pathlib.Path) -> dict[str, Any]:
    return json.loads((project / "project.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_a_project_has_the_name_and_dependencies_of_its_distribution(project: pathlib.Path) -> None:
    python = read_python(project)
    nx = read_nx(project)

    sources = python["tool"].get("uv", {}).get("sources", {})
    # A project that is no member of uv's workspace names the folder of one.
    members = [name for name, source in sources.items() if source.keys() & {"workspace", "path"}]
    assert nx["name"] == python["project"]["name"]
    assert set(nx.get("implicitDependencies", [])) == {*members, *IMAGES.get(nx["name"], set())}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_a_project_with_tests_has_the_target_that_runs_them(project: pathlib.Path) -> None:
    targets = read_nx(project)["targets"]

    folders = {path.parent for path in project.glob("tests/**/test_*.py")}
    assert {"lint", "typecheck"} <= targets.keys()
    assert ("test" in targets) == any(
        not {"render", "integration"} & set(folder.relative_to(project).parts) for folder in folders
    )
    assert ("render" in targets) == any("render" in folder.relative_to(project).parts for folder in folders)


@pytest.mark.parametrize(
    "project", [each for each in PROJECTS if "released" in read_nx(each).get("tags", [])], ids=lambda path: path.name
)
def test_what_is_released_carries_its_licence(project: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Apache-2.0, section 4 (a): whoever gets a copy gets the licence."""
    build = [WORKSPACE / "bin/uv", "build", "--quiet", "--wheel", "--package", project.name, "--out-dir", tmp_path]
    subprocess.run(build, cwd=WORKSPACE, check=True, timeout=300)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        licences = [files.read(name) for name in files.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert licences == [(WORKSPACE / "LICENSE").read_bytes()]
