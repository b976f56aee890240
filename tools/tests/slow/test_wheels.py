"""What is released installs alone, outside the workspace, and an index takes it and shows it as GitHub does."""

import email
import email.message
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable

import bs4
import projects
import pytest
import yaml
from markdown_it import MarkdownIt
from projects import Project
from scratch import WORKSPACE

RELEASED = [each for each in projects.read().values() if each.released]
EXAMPLE = WORKSPACE / "apps/function-cdk8s/example"

released = pytest.mark.parametrize("project", RELEASED, ids=lambda each: each.name)

Install = Callable[..., pathlib.Path]


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the folder with the wheels and sdists of what is released, and the wheel of the example's chart."""
    folder = tmp_path_factory.mktemp("dist")
    build = [WORKSPACE / "bin/uv", "build", "--quiet", "--out-dir", folder, "--package"]
    for project in RELEASED:
        subprocess.run([*build, project.name], cwd=WORKSPACE, check=True, timeout=300)
    subprocess.run([*build, "example-web-service", "--wheel"], cwd=WORKSPACE, check=True, timeout=300)
    return folder


@pytest.fixture
def install(dist: pathlib.Path, tmp_path: pathlib.Path) -> Install:
    """Return a function that installs distributions of `dist` into a new environment; it returns its programs."""
    uv, outside = WORKSPACE / "bin/uv", tmp_path / "venv"

    def install(*requirements: str) -> pathlib.Path:
        into = ["--quiet", "--python", outside / "bin/python", "--find-links", dist]
        for command in (
            ["venv", "--quiet", "--python", sys.executable, outside],
            ["pip", "install", *into, *requirements],
        ):
            done = subprocess.run(
                [uv, *command], cwd=tmp_path, stderr=subprocess.PIPE, text=True, timeout=300, check=False
            )
            assert done.returncode == 0, done.stderr
        return outside / "bin"

    return install


def run(folder: pathlib.Path, *command: str | pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder outside the workspace, with nothing on PATH: no Node.js either."""
    environment = {"HOME": str(folder), "PATH": str(folder / "nothing")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def metadata(dist: pathlib.Path, project: Project) -> email.message.Message:
    (wheel,) = dist.glob(f"{project.name.replace('-', '_')}-*.whl")
    with zipfile.ZipFile(wheel) as files:
        (name,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_string(files.read(name).decode())


def rendered(markdown: str) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(MarkdownIt("gfm-like", {"linkify": False}).render(markdown), "html.parser")


@released
def test_what_is_released_carries_its_licence(project: Project, dist: pathlib.Path) -> None:
    """Apache-2.0, section 4 (a): whoever gets a copy gets the licence."""
    (wheel,) = dist.glob(f"{project.name.replace('-', '_')}-*.whl")
    with zipfile.ZipFile(wheel) as files:
        licences = [files.read(name) for name in files.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    (sdist,) = dist.glob(f"{project.name.replace('-', '_')}-*.tar.gz")
    with tarfile.open(sdist) as files:
        (member,) = [member for member in files if re.fullmatch(r"[^/]+/LICENSE", member.name)]
        licences.append((files.extractfile(member) or files).read())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    assert licences == [(WORKSPACE / "LICENSE").read_bytes()] * 2


@released
def test_an_index_takes_what_is_released(project: Project, dist: pathlib.Path) -> None:
    files = sorted(dist.glob(f"{project.name.replace('-', '_')}-*"))

    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert len(files) == 2
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


@released
def test_an_index_shows_where_everything_is(project: Project, dist: pathlib.Path) -> None:
    shown = metadata(dist, project)
    urls = dict(each.split(", ") for each in shown.get_all("Project-URL", []))
    site = dict(re.findall(r"^(\w+): (https:\S+)$", (WORKSPACE / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))

    assert urls == {
        "Documentation": f"{site['site_url']}{project.folder}/",
        "Repository": site["repo_url"],
        "Changelog": f"{site['repo_url']}/blob/main/{project.folder}/CHANGELOG.md",
        "Issues": f"{site['repo_url']}/issues",
    }
    assert shown["Author"]
    assert shown["Keywords"]
    assert "Typing :: Typed" in shown.get_all("Classifier", [])


@released
def test_the_readme_on_an_index_has_no_relative_link_and_is_else_the_same(project: Project, dist: pathlib.Path) -> None:
    shown = metadata(dist, project)
    page, original = (
        rendered(str(shown.get_payload())),
        rendered((WORKSPACE / project.folder / "README.md").read_text("utf-8")),
    )

    links = [str(tag.get("href") or tag.get("src")) for tag in page.select("[href], [src]")]
    assert [link for link in links if not link.startswith("https://")] == []
    assert page.get_text().strip() == original.get_text().strip()
    # Those of the repository are of the release, and there.
    tag = f"/{project.name}@{shown['Version']}/"
    for link in (link for link in links if "/blob/" in link or "/raw/" in link):
        _, found, path = link.partition(tag)
        assert found, link
        assert (WORKSPACE / path.partition("#")[0]).exists(), link


def test_a_chart_author_imports_every_public_name_of_the_library_alone(
    install: Install, tmp_path: pathlib.Path
) -> None:
    python = install("cdk8s-function-xp") / "python"
    names = "import cdk8s_function as it; print([name for name in it.__all__ if getattr(it, name) is None])"

    # The function's workers put Node.js off in this way.
    done = run(tmp_path, python, "-c", f"import cdk8s_function.kernel.switch; {names}")

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


LACKING = {
    "from cdk8s_function.server import runner": (
        "ImportError: crossplane is not installed: pip install 'cdk8s-function-xp[server]'"
    ),
    "from cdk8s_function.pool import pool": (
        "ImportError: structlog is not installed: pip install 'cdk8s-function-xp[server]'"
    ),
    "from cdk8s_function.telemetry import metrics": (
        "ImportError: prometheus_client is not installed: pip install 'cdk8s-function-xp[server]'"
    ),
    "from cdk8s_function.testing import scenario": (
        "ImportError: crossplane is not installed: pip install 'cdk8s-function-xp[test]'"
    ),
    "from cdk8s_function import Manifest": (
        "ImportError: cdk8s needs Node.js: install a program `node` of version 22 or later, or name one by JSII_NODE"
    ),
}


def test_what_an_extra_brings_is_named_with_the_command_that_installs_it(
    install: Install, tmp_path: pathlib.Path
) -> None:
    python = install("cdk8s-function-xp") / "python"

    said = {line: run(tmp_path, python, "-c", line).stderr.strip().splitlines()[-1] for line in LACKING}

    assert said == LACKING


def test_a_chart_renders_from_wheels_alone(install: Install, tmp_path: pathlib.Path) -> None:
    programs = install("function-cdk8s", "example-web-service")

    done = run(tmp_path, programs / "function-cdk8s", "render", EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml")

    here = subprocess.run(
        [WORKSPACE / "bin/function-cdk8s", "render", EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1"},
        check=True,
    )
    assert (done.returncode, done.stdout) == (0, here.stdout), done.stderr
    assert [document["kind"] for document in yaml.safe_load_all(done.stdout)][1:] == [
        "Deployment",
        "Ingress",
        "Service",
    ]
