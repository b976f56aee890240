"""Charts and their tests, as authors write them, need no more of the library than it exports."""

import ast
import pathlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import cdk8s_function
import cdk8s_function.testing
import pytest
from scratch import WORKSPACE

LIBRARY = "cdk8s_function"
PUBLIC = {LIBRARY: cdk8s_function.__all__, f"{LIBRARY}.testing": cdk8s_function.testing.__all__}
"""The modules that charts and their tests may import, with their public names."""

CHART_OF_THE_APPS_TESTS = pathlib.Path("apps/function-cdk8s/tests/charts")

EXAMPLE = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def pyproject(folder: pathlib.Path) -> dict[str, Any]:
    return tomllib.loads((WORKSPACE / folder / "pyproject.toml").read_text(encoding="utf-8"))


PYTHON = sorted(
    file.parent.relative_to(WORKSPACE)
    for top in ("apps", "libs")
    for file in (WORKSPACE / top).glob("*/pyproject.toml")
)
CHARTS = [folder for folder in PYTHON if f"{LIBRARY}.charts" in pyproject(folder)["project"].get("entry-points", {})]


def kept(*patterns: str) -> list[str]:
    """Return the files of the workspace that git keeps, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    found = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in found if name and (WORKSPACE / name).is_file()]


def imported(code: str) -> Iterator[str]:
    """Return what code imports of the library beyond its public names: those of the library and of its test kit."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith(f"{LIBRARY}."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == LIBRARY:
            names = {name.name for name in node.names} - set(PUBLIC.get(node.module, ()))
            yield from sorted(names) if node.module in PUBLIC else [node.module]


def test_charts_and_their_tests_import_only_what_the_library_exports() -> None:
    assert {"example-web-service", "fixture-charts", "internal-dns-xp"} <= {each.name for each in CHARTS}
    files = kept(*(f"{folder}/*.py" for folder in (*CHARTS, CHART_OF_THE_APPS_TESTS)))

    found = {name for name in files if list(imported((WORKSPACE / name).read_text(encoding="utf-8")))}

    assert found == set()


@pytest.mark.parametrize("page", kept("*.md"))
def test_python_in_the_documentation_imports_only_what_the_library_exports(page: str) -> None:
    examples = [match[2] for match in EXAMPLE.finditer((WORKSPACE / page).read_text(encoding="utf-8"))]

    assert [name for code in examples for name in imported(code)] == []


@pytest.mark.parametrize("folder", PYTHON, ids=str)
def test_a_distribution_says_that_it_has_types(folder: pathlib.Path) -> None:
    """A package without py.typed is untyped to whoever installs it (PEP 561)."""
    for package in pyproject(folder)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert (WORKSPACE / folder / package / "py.typed").is_file()
