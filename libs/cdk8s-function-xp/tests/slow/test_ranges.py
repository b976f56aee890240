"""The library works with the lowest and the newest versions that it may be installed with.

The newest are those of the day of uv.lock, so that the same commit has the same outcome. RANGES_TODAY=1 takes today's.
"""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

WORKSPACE = pathlib.Path(__file__).parents[4]
PROJECT = WORKSPACE / "libs/cdk8s-function-xp"
CHARTS = ["libs/example-web-service", "libs/fixture-charts"]
EXTRAS = ["otlp", "schemas", "server", "test"]

TESTS = [
    "chart",
    "installed/test_chart_environment.py",
    "installed/test_registry.py",
    "schema",
    "server/test_chart_input.py",
    "server/test_desired.py",
    "server/test_errors.py",
    "server/test_readiness.py",
    "telemetry",
    "test_readme.py",
    "worker",
]
"""What shows that charts are read, synthesised and answered for."""

TOOLS = ["psutil", "pytest-asyncio"]
"""What the tests are run by, as uv.lock has it."""


def uv(*arguments: str | pathlib.Path) -> str:
    done = subprocess.run(
        [WORKSPACE / "bin/uv", *arguments], cwd=WORKSPACE, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def day_of_the_lock() -> str:
    """Return when the newest file of uv.lock was uploaded."""
    lock = (WORKSPACE / "uv.lock").read_text(encoding="utf-8")
    return max(re.findall(r'upload-time = "([^"]+)"', lock))


def requirements() -> list[Requirement]:
    """Return what the library requires of others, with the extras under test."""
    project: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (project["optional-dependencies"][extra] for extra in EXTRAS)
    lines = [*project["dependencies"], *(line for lines in extras for line in lines)]
    return list(map(Requirement, lines))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with the wheels of this workspace."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in [PROJECT, WORKSPACE / "libs/cdk8s-function-schemas", *(WORKSPACE / each for each in CHARTS)]:
        uv("build", "--quiet", "--wheel", project, "--out-dir", folder)
    return folder


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_the_public_api_works_with(resolution: str, wheels: pathlib.Path, tmp_path: pathlib.Path) -> None:
    tools = [f"{name}=={importlib.metadata.version(name)}" for name in TOOLS]
    plus = next(each for each in importlib.metadata.requires("fixture-charts") or [] if each.startswith("cdk8s-plus"))
    (tmp_path / "tools.in").write_text("\n".join([*tools, plus]), encoding="utf-8")
    until = [] if os.environ.get("RANGES_TODAY") else ["--exclude-newer", day_of_the_lock()]
    locked = tmp_path / "requirements.txt"
    resolve = ["pip", "compile", "--quiet", "--no-sources", "--resolution", resolution, "--find-links", wheels, *until]
    asked = [option for extra in EXTRAS for option in ("--extra", extra)]
    uv(*resolve, *asked, PROJECT / "pyproject.toml", tmp_path / "tools.in", "--output-file", locked)
    venv = tmp_path / "venv"
    uv("venv", "--quiet", "--python", sys.executable, venv)
    into = ["pip", "install", "--quiet", "--python", venv / "bin/python", "--find-links", wheels]
    uv(*into, "--requirements", locked)
    uv(*into, "--no-deps", *sorted(wheels.glob("*.whl")))

    command = [venv / "bin/python", "-m", "pytest", "--quiet", "--import-mode=importlib", "--rootdir", tmp_path]
    # Old and new versions may warn of each other.
    options = ["-c", os.devnull, "-o", "asyncio_mode=auto", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *options, *(PROJECT / "tests" / each for each in TESTS)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1500,
        check=False,
    )

    assert done.returncode == 0, f"{locked.read_text(encoding='utf-8')}\n{done.stdout}"
    if resolution == "lowest-direct":
        installed = dict(re.findall(r"^([a-z0-9-]+)==(\S+)$", locked.read_text(encoding="utf-8"), re.MULTILINE))
        # A lower bound below this is one that nobody can install.
        assert {name: Version(installed[name]) for name in lowest()} == lowest()


def lowest() -> Mapping[str, Version]:
    """Return the lower bound of each requirement that this workspace does not meet itself."""
    bounds = [
        (each.name, one.version) for each in requirements() for one in each.specifier if one.operator in {">=", "=="}
    ]
    return {name: Version(version) for name, version in bounds if not name.startswith("cdk8s-function-")}
