"""The page for charts outside this repository works as it stands there, with nothing but wheels."""

import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
import yaml
from sites import WORKSPACE
from test_examples import blocks, read

PAGE = "how-to/chart-repository.md"
PACKAGES = ["cdk8s-function-schemas", "cdk8s-function-xp", "function-cdk8s"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a machine that has Python and uv, and whose index has this workspace's wheels besides."""
    wheels, programs = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("programs")
    for package in PACKAGES:
        build = ["bin/uv", "build", "--quiet", "--wheel", "--package", package, "--out-dir", wheels]
        subprocess.run(build, cwd=WORKSPACE, check=True, timeout=300)
    (programs / "python3").symlink_to(pathlib.Path(sys.executable).resolve())
    (programs / "uv").symlink_to(WORKSPACE / "bin/uv")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {
        **kept,
        "PATH": f"{programs}:/usr/bin:/bin",
        "PIP_FIND_LINKS": str(wheels),
        "UV_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # Nx has FORCE_COLOR set where it runs in a terminal.
        "PY_COLORS": "0",
    }


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder with the files of the page, and those of the quickstart that it names."""
    (project,), (test,), (dockerfile,) = (blocks(PAGE, language) for language in ("toml", "python", "dockerfile"))
    (chart,) = blocks("tutorials/quickstart.md", "python")
    composition, xr, _ = blocks("tutorials/quickstart.md", "yaml")
    files = {
        "pyproject.toml": project,
        "greetings.py": chart,
        "composition.yaml": composition,
        "xr.yaml": xr,
        "test_greetings.py": test,
        "Dockerfile": dockerfile,
    }
    for name, text in files.items():
        assert f"`{name}`" in read(PAGE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(script: str, folder: pathlib.Path, environment: dict[str, str], *, status: int = 0) -> str:
    done = subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_page_from_its_first_command_to_its_last(folder: pathlib.Path, environment: dict[str, str]) -> None:
    pip, _, render, test, xrd, build = blocks(PAGE, "sh")[-6:]
    activate = "\n. .venv/bin/activate\n"

    run(pip, folder, environment)
    shown = run(activate + render, folder, environment)
    listed, _, rendered = shown.partition("---\n")
    assert [line.split()[0] for line in listed.splitlines()] == ["NAME", "greeting"]
    assert [document["kind"] for document in yaml.safe_load_all(rendered)] == ["Greeting", "ConfigMap"]
    assert "3 passed" in run(activate + test, folder, environment)
    run(activate + xrd, folder, environment)
    assert yaml.safe_load((folder / "definition.yaml").read_text(encoding="utf-8"))["metadata"]["name"] == (
        "greetings.example.org"
    )

    run(activate + build, folder, environment)

    # What the image does with the folder that the Dockerfile copies: the function is there, and the chart is not.
    apart = f"{activate}pip uninstall --quiet --yes greetings\nCHARTS_DIR=. {render.splitlines()[-1]}"
    (folder / "greetings.py").unlink()
    assert run(apart, folder, environment) == f"---\n{rendered}"


def test_the_install_lines_of_the_readme_make_a_repository(tmp_path: pathlib.Path, environment: dict[str, str]) -> None:
    _, lines = blocks("../README.md", "sh")
    # The suites of stacks/internal-dns/e2e install the package.
    here = "".join(line for line in lines.splitlines(keepends=True) if not line.startswith("crossplane "))

    run(f"python3 -m venv .venv\n. .venv/bin/activate\n{here}", tmp_path, environment)

    assert (tmp_path / "my-chart/pyproject.toml").is_file()


def section(heading: str) -> list[tuple[str, str]]:
    """Return the code blocks of a section of the page, each with its language, without those of sections below it."""
    _, _, text = read(PAGE).partition(f"# {heading}\n")
    return re.findall(
        r"^```(\w+)\n(.*?)^```$", re.split(r"^##+ ", text, flags=re.MULTILINE)[0], re.DOTALL | re.MULTILINE
    )


def follow(heading: str, folder: pathlib.Path, environment: dict[str, str], *, status: int = 0) -> pathlib.Path:
    """Do what a section says in a folder, print how long each command takes, and return the folder it ends in.

    The section's last command exits with the status. A text block is what the
    command before it prints, or its beginning.
    """
    found = section(heading)
    assert found
    commands = [line for language, block in found if language == "sh" for line in block.splitlines()]
    shown = ""
    for language, block in found:
        if language == "diff":
            subprocess.run(["git", "apply", "-"], cwd=folder, input=block, text=True, check=True)
        elif language == "text":
            assert block in shown
        for line in block.splitlines() if language == "sh" else ():
            if line.startswith("cd "):
                folder /= line.removeprefix("cd ")
                continue
            started = time.monotonic()
            shown = run(line, folder, environment, status=status if line == commands[-1] else 0)
            print(f"{time.monotonic() - started:6.1f} s  {line}")
    return folder


def test_the_template_from_its_first_command_to_a_change_that_a_cluster_refuses(
    tmp_path: pathlib.Path, environment: dict[str, str]
) -> None:
    repository = follow("Start with a template", tmp_path, environment)
    assert repository == tmp_path / "web-cache"
    assert (repository / "uv.lock").is_file()

    follow("Add an object", repository, environment)
    follow("Build a version", repository, environment)
    assert [wheel.name for wheel in (repository / "dist").glob("*.whl")] == ["web_cache-0.2.0-py3-none-any.whl"]

    follow("See what a change does to the XRs there are", repository, environment, status=1)


def test_uv_installs_the_same(folder: pathlib.Path, environment: dict[str, str]) -> None:
    _, uv, render, *_ = blocks(PAGE, "sh")[-6:]

    shown = run(uv + render, folder, environment)

    assert [document["kind"] for document in yaml.safe_load_all(shown.partition("---\n")[2])] == [
        "Greeting",
        "ConfigMap",
    ]
