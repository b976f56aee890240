"""A project's project.json agrees with its pyproject.toml and with its tests."""

import pathlib
import tomllib
from typing import Any

import projects
import pytest
from projects import Project
from scratch import WORKSPACE

PYTHON = [each for each in projects.read().values() if (WORKSPACE / each.folder / "pyproject.toml").is_file()]
OF_FOLDERS = {"render": "render", "slow": "slow", "integration": "integration"}
"""The target that runs the tests of a folder below tests/; `test` runs those of all others."""


def read_python(project: Project) -> dict[str, Any]:
    return tomllib.loads((WORKSPACE / project.folder / "pyproject.toml").read_text(encoding="utf-8"))


def in_its_image(project: Project) -> set[str]:
    """Return what a project's image holds, and its renders run, though its distribution does not depend on it."""
    return {"function-cdk8s"} if (WORKSPACE / project.folder / "function").is_dir() else set()


def target_of(file: pathlib.PurePath) -> str:
    return next((OF_FOLDERS[part] for part in file.parts if part in OF_FOLDERS), "test")


@pytest.mark.parametrize("project", PYTHON, ids=lambda each: each.name)
def test_a_project_has_the_name_and_dependencies_of_its_distribution(project: Project) -> None:
    python = read_python(project)

    sources = python["tool"].get("uv", {}).get("sources", {})
    # A project that is no member of uv's workspace names the folder of one.
    members = [name for name, source in sources.items() if source.keys() & {"workspace", "path"}]
    assert project.name == python["project"]["name"]
    assert set(project.settings.get("implicitDependencies", [])) == {*members, *in_its_image(project)}


@pytest.mark.parametrize("project", projects.read().values(), ids=lambda each: each.name)
def test_a_project_has_the_targets_that_run_its_tests_and_no_others(project: Project) -> None:
    below = (path.relative_to(WORKSPACE) for path in (WORKSPACE / project.folder).rglob("test_*.py"))
    files = [path for path in below if "tests" in path.parts and "template" not in path.parts]
    own = [path for path in files if projects.owner(pathlib.PurePosixPath(path)) == project]

    expected = {"lint", "typecheck", *map(target_of, own)}
    assert {"lint", "typecheck", "test", *OF_FOLDERS.values()} & project.targets == expected
