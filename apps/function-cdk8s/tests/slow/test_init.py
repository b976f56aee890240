"""A chart in a repository of its own, from an empty folder outside the workspace and with nothing but wheels."""

import functools
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest
import yaml

WORKSPACE = pathlib.Path(__file__).parents[4]
UV = WORKSPACE / "bin/uv"
WHEELS = ("cdk8s-function-schemas", "cdk8s-function-xp", "function-cdk8s")
REPOSITORY = "https://github.com/function-cdk8s/function-cdk8s"
OLD, NEW = (f"function-cdk8s@{version}" for version in (importlib.metadata.version("function-cdk8s"), "99.0.0"))
TEMPLATE = "apps/function-cdk8s/src/function_cdk8s/template"
COMPOSITION = "package/apis/webcaches/composition.yaml"
SECONDS = 1800

# What a developer's shell or CI has set must not reach the new environment.
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "CHARTS_DIR"))}


class Place:
    """An environment of wheels, and a folder to work in.

    Args:
        root: An empty folder for both.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.variables: Mapping[str, str] = {}
        self.folder = root / "work"
        self.folder.mkdir()
        self.environment = root / "venv"
        wheels = root / "wheels"
        for name in WHEELS:
            self.run(UV, "build", "--quiet", "--wheel", f"--package={name}", f"--out-dir={wheels}", folder=WORKSPACE)
        # No newer version of a dependency may change what this test finds.
        export = ("export", "--color=never", "--quiet", "--frozen", "--all-packages", "--all-extras", "--all-groups")
        locked = self.run(UV, *export, "--no-hashes", "--no-emit-workspace", folder=WORKSPACE).stdout
        constraints = root / "constraints.txt"
        constraints.write_text(locked, encoding="utf-8")
        self.variables = {
            "UV_FIND_LINKS": str(wheels),
            "UV_CONSTRAINT": str(constraints),
            "UV_BUILD_CONSTRAINT": str(constraints),
            "UV_PYTHON": str(self.environment / "bin/python"),
            "PATH": f"{self.environment / 'bin'}:{os.environ['PATH']}",
        }
        self.run(UV, "venv", "--quiet", f"--python={sys.executable}", self.environment)
        self.install("function-cdk8s[init]")

    def add_uv(self) -> None:
        """Let commands find uv."""
        (self.environment / "bin/uv").unlink(missing_ok=True)
        (self.environment / "bin/uv").symlink_to(UV)

    def install(self, *requirements: str) -> None:
        """Install into the environment."""
        self.run(UV, "pip", "install", "--quiet", *requirements)

    def run(
        self,
        *command: str | pathlib.Path,
        folder: pathlib.Path | None = None,
        status: int = 0,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as its user would, and return what it prints."""
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env={**CLEAN, **self.variables, **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return an environment outside the workspace, with the wheels as a release would have them."""
    return Place(tmp_path_factory.mktemp("outside"))


@pytest.fixture(scope="module")
def repository(place: Place) -> pathlib.Path:
    """Return a new repository, with its chart installed as its developers do."""
    place.run("function-cdk8s", "init", "web-cache")
    folder = place.folder / "web-cache"
    place.install("--editable", str(folder), "--group", str(folder / "pyproject.toml:dev"))
    return folder


def test_a_new_repository_is_tested_rendered_and_built(place: Place, repository: pathlib.Path) -> None:
    run = functools.partial(place.run, folder=repository)

    assert "passed" in run("pytest", "-q").stdout
    xr, config = yaml.safe_load_all(run("function-cdk8s", "render", "examples/minimal.yaml", COMPOSITION).stdout)
    assert (xr["kind"], config["kind"], config["data"]) == ("WebCache", "ConfigMap", {"text": "hello"})

    run(UV, "build", "--quiet", "--wheel")
    [wheel] = (repository / "dist").glob("*.whl")
    assert wheel.name == "web_cache-0.1.0-py3-none-any.whl"

    # What the image has: the unpacked wheel, and no other install of it.
    run(UV, "pip", "install", "--quiet", "--no-deps", "--target", "dist/chart", wheel)
    run(UV, "pip", "uninstall", "--quiet", "web-cache")
    try:
        listed = json.loads(run("function-cdk8s", "--charts-dir=dist/chart", "charts", "--json").stdout)
        assert [(each["name"], each["version"]) for each in listed] == [("web-cache", "0.1.0")]
    finally:
        place.install("--editable", str(repository))


def test_a_change_of_the_spec_fails_a_test_until_the_xrd_follows(place: Place, repository: pathlib.Path) -> None:
    run = functools.partial(place.run, folder=repository)
    spec = repository / "src/web_cache/spec.py"
    before = spec.read_text(encoding="utf-8")
    spec.write_text(before.replace("max_length=1000", "max_length=2000"), encoding="utf-8")

    failed = run("pytest", "-q", "tests/test_package.py", status=1).stdout
    for remedy in (
        "function-cdk8s xrd web-cache > package/apis/webcaches/definition.yaml",
        "function-cdk8s xrd web-cache --json-schema > .vscode/schemas/web-cache.json",
    ):
        assert f"run: uv run {remedy}" in failed
        run("sh", "-c", remedy)

    run("pytest", "-q", "tests/test_package.py")


def test_a_debugger_stops_in_the_chart(place: Place, repository: pathlib.Path) -> None:
    """The launch configuration runs render in one process; pdb, as every debugger for Python, sees only its own."""
    launch = json.loads((repository / ".vscode/launch.json").read_text(encoding="utf-8"))
    [configuration] = [each for each in launch["configurations"] if each["name"] == "Render examples/minimal.yaml"]
    arguments = [each.replace("${workspaceFolder}", str(repository)) for each in configuration["args"]]
    chart = repository / "src/web_cache/chart.py"
    [line] = [number for number, text in enumerate(chart.read_text().splitlines(), 1) if "labels = {" in text]

    done = place.run(
        "python",
        *("-m", "pdb", "-c", f"break {chart}:{line}", "-c", "continue", "-c", "print('text:', composite.spec.text)"),
        *("-c", "continue", "-c", "quit"),
        *("-m", configuration["module"], *arguments),
        folder=repository,
    )

    assert f"Breakpoint 1 at {chart}:{line}\ntext: hello\n" in done.stdout


def test_the_workflow_checks_tests_and_builds(place: Place, repository: pathlib.Path) -> None:
    """All that it runs, but for Docker, which `tools/images` tests with this Dockerfile's folders."""
    workflow = yaml.safe_load((repository / ".github/workflows/ci.yaml").read_text(encoding="utf-8"))
    commands = [line for step in workflow["jobs"]["test"]["steps"] for line in step.get("run", "").splitlines()]
    ours = [line for line in commands if line.startswith("uv ")]

    assert ours == [
        "uv run function-cdk8s check",
        "uv run pytest",
        "uv build --wheel",
        "uv pip install --no-deps --target dist/chart dist/*.whl",
    ]
    assert [line.split()[0] for line in commands if line not in ours] == ["pipx", "docker"]
    shutil.rmtree(repository / "dist", ignore_errors=True)
    place.add_uv()
    place.run("sh", "-euc", "\n".join(ours), folder=repository)
    assert (repository / "dist/chart/web_cache/chart.py").is_file()


def test_a_release_writes_a_composition_of_the_new_version(place: Place) -> None:
    place.run("function-cdk8s", "init", "log-store")
    folder = place.folder / "log-store"
    run = functools.partial(place.run, folder=folder)
    blocks = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    [bump] = [block for block in blocks if "uv version" in block]
    composition = folder / "package/apis/logstores/composition.yaml"
    before = composition.read_text(encoding="utf-8")
    assert 'chart: log-store\n        version: "0.1.0"\n' in before

    place.add_uv()
    # Its own environment would be made anew.
    run("sh", "-euc", bump, variables={"UV_NO_SYNC": "1"})
    place.install("--editable", str(folder), "--group", str(folder / "pyproject.toml:dev"))

    assert composition.read_text(encoding="utf-8") == before.replace('"0.1.0"', '"0.2.0"')
    assert "v0.1.0" not in "".join(run("cat", "package/crossplane.yaml", "functions.yaml", "README.md").stdout)
    assert not list(folder.rglob("*.old"))
    run("pytest", "-q", "tests/test_package.py")
    run("function-cdk8s", "render", "examples/minimal.yaml", str(composition))
    composition.write_text(before, encoding="utf-8")
    assert "assert '0.1.0' == '0.2.0'" in run("pytest", "-q", "tests/test_package.py", status=1).stdout
    place.run(UV, "pip", "uninstall", "--quiet", "log-store")


def test_a_commit_with_a_fault_is_refused_by_the_hook(place: Place, tmp_path: pathlib.Path) -> None:
    """By pre-commit itself, of a tag of this repository."""
    variables, git = released(place, tmp_path)
    mine = tmp_path / "mine"
    place.run("function-cdk8s", "init", "log-cache", f"--folder={mine}")
    git("init", "--quiet", folder=mine)
    place.install("pre-commit")
    place.run("pre-commit", "install", folder=mine, variables=variables)

    commit(git, mine, "right")
    example = mine / "examples/minimal.yaml"
    example.write_text(example.read_text(encoding="utf-8").replace("spec: {}", "spec: {txt: hello}"), encoding="utf-8")
    git("add", "--all", folder=mine)
    refused = git("commit", "--quiet", "--message=wrong", folder=mine, status=1).stderr

    assert re.search(r"^function-cdk8s check\.+Failed$", refused, re.MULTILINE)
    assert 'spec.txt: unknown field (did you mean "text"?)' in refused


def released(
    place: Place, folder: pathlib.Path
) -> tuple[Mapping[str, str], functools.partial[subprocess.CompletedProcess[str]]]:
    """Make a repository like this one, with a tag of this version; return variables by which git finds it, and git."""
    made = folder / "released"
    shutil.copytree(WORKSPACE / TEMPLATE, made / TEMPLATE)
    for name in ("copier.yaml", ".pre-commit-hooks.yaml"):
        shutil.copy2(WORKSPACE / name, made)
    uv_cache = place.run(UV, "cache", "dir").stdout.strip()
    variables = {**git_environment(made), "XDG_CACHE_HOME": str(folder / "cache"), "UV_CACHE_DIR": uv_cache}
    git = functools.partial(place.run, "git", variables=variables)
    git("init", "--quiet", folder=made)
    commit(git, made, "first")
    git("tag", OLD, folder=made)
    return variables, git


def test_a_repository_takes_what_a_newer_template_has_and_keeps_its_own(place: Place, tmp_path: pathlib.Path) -> None:
    """By copier alone, of a tag of this repository."""
    variables, git = released(place, tmp_path)
    newer = tmp_path / "released"
    readme = newer / TEMPLATE / "repository/README.md.jinja"
    readme.write_text(readme.read_text(encoding="utf-8") + "\nA newer section.\n", encoding="utf-8")
    commit(git, newer, "second")
    git("tag", NEW, folder=newer)

    mine = tmp_path / "mine"
    place.run("function-cdk8s", "init", "log-cache", f"--folder={mine}")
    answers = mine / ".copier-answers.yml"
    version = yaml.safe_load(answers.read_text(encoding="utf-8"))["_commit"]
    answers.write_text(answers.read_text(encoding="utf-8").replace(version, OLD), encoding="utf-8")
    own = mine / "README.md"
    own.write_text(own.read_text(encoding="utf-8").replace("# log-cache\n", "# Our cache\n", 1), encoding="utf-8")
    git("init", "--quiet", folder=mine)
    commit(git, mine, "mine")

    update = ("copier", "update", "--defaults", "--quiet", "--vcs-ref", NEW)
    place.run(*update, folder=mine, variables=variables)

    text = own.read_text(encoding="utf-8")
    assert text.startswith("# Our cache\n")
    assert text.endswith("\nA newer section.\n")
    changed = git("status", "--porcelain", folder=mine).stdout.splitlines()
    assert changed == [" M .copier-answers.yml", " M README.md"]
    updated = yaml.safe_load(answers.read_text(encoding="utf-8"))
    assert (updated["_src_path"], updated["_commit"]) == (REPOSITORY, NEW)


def git_environment(repository: pathlib.Path) -> dict[str, str]:
    """Return variables with which git knows an author, and finds this project's repository in a folder."""
    settings: Sequence[tuple[str, str]] = [
        ("user.name", "test"),
        ("user.email", "test@localhost"),
        ("commit.gpgsign", "false"),
        # copier asks for the one, pre-commit for the other.
        (f"url.{repository}.insteadOf", f"{REPOSITORY}.git"),
        (f"url.{repository}.insteadOf", REPOSITORY),
    ]
    variables = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_CONFIG_GLOBAL": os.devnull}
    for number, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def commit(git: functools.partial[subprocess.CompletedProcess[str]], folder: pathlib.Path, message: str) -> None:
    git("add", "--all", folder=folder)
    git("commit", "--quiet", f"--message={message}", folder=folder)
