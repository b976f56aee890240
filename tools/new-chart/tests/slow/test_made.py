"""What bin/new-chart makes, in a copy of this workspace."""

import json
import pathlib
import shutil
import subprocess

import pytest
import yaml

WORKSPACE = pathlib.Path(__file__).parents[4]
SECONDS = 3600
"""Programs and images that the workspace's own tests need may have to be built."""

NAME = "access-log-retention-xp"
"""Longer than the template's, and first among the imports, where the template's is last."""


TEMPLATE = "apps/function-cdk8s/src/function_cdk8s/template/repository"


@pytest.fixture
def workspace(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a clone of this workspace with what is not committed yet."""
    root = tmp_path / "workspace"
    subprocess.run(["git", "clone", "--quiet", "--shared", WORKSPACE, root], check=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    kept = subprocess.run(listed, cwd=WORKSPACE, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    subprocess.run(["git", "rm", "-r", "--quiet", "."], cwd=root, check=True)
    for name in filter(None, kept):
        if (WORKSPACE / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(WORKSPACE / name, root / name, follow_symlinks=False)
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "add", "--all"], cwd=root, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--allow-empty", "--message=state"], cwd=root, check=True)
    return root


def run(workspace: pathlib.Path, *command: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [workspace / command[0], *command[1:]],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def changed(workspace: pathlib.Path) -> list[str]:
    return run(workspace, "/usr/bin/env", "git", "status", "--porcelain").stdout.splitlines()


def test_a_new_chart_passes_every_check_and_renders(workspace: pathlib.Path) -> None:
    run(
        workspace,
        "bin/new-chart",
        NAME,
        *("--group", "logs.example.net"),
        *("--kind", "LogRetention"),
        *("--registry", "registry.example.net/logs"),
    )

    assert changed(workspace) == [" M uv.lock", f"?? libs/{NAME}/"]
    definition = workspace / "libs" / NAME / "package/apis/logretentions/definition.yaml"
    made = definition.read_text(encoding="utf-8")
    definition.unlink()
    run(workspace, "bin/nx", "run", f"{NAME}:generate")
    assert definition.read_text(encoding="utf-8") == made
    run(workspace, "bin/test", "--all", NAME)
    run(workspace, "bin/nx", "build", "docs")

    library = workspace / "libs" / NAME
    composition = library / "package/apis/logretentions/composition.yaml"
    rendered = run(workspace, "bin/render", str(library / "examples/minimal.yaml"), str(composition)).stdout
    xr, config = yaml.safe_load_all(rendered)
    assert (xr["apiVersion"], xr["kind"]) == ("logs.example.net/v1alpha1", "LogRetention")
    assert (config["kind"], config["data"]) == ("ConfigMap", {"text": "hello"})
    assert config["metadata"]["annotations"]["crossplane.io/composition-resource-name"] == "config"

    listed = json.loads(run(workspace, "bin/images", "list", "--json").stdout)
    references = {each["name"]: each["references"] for each in listed}
    assert references["function-access-log-retention"] == [
        "registry.example.net/logs/function-access-log-retention-runtime:v0.1.0"
    ]
    assert references["access-log-retention-chart"] == ["registry.example.net/logs/access-log-retention-chart:v0.1.0"]
    # Nothing is left of the template, nor of a repository outside the workspace.
    assert not run(workspace, "/usr/bin/env", "grep", "-rIE", "\\{[{%]", str(library), status=1).stdout
    assert {path.name for path in library.iterdir() if path.name.startswith(".")} <= {".pytest_cache"}

    run(workspace, "bin/new-chart", NAME, status=1)
    assert changed(workspace) == [" M uv.lock", f"?? libs/{NAME}/"]


def test_the_workspace_s_own_tests_pass_with_a_new_chart(workspace: pathlib.Path) -> None:
    run(workspace, "bin/nx", "g", "chart", NAME)

    run(workspace, "bin/test", "--all", "workspace")


def test_a_step_that_fails_leaves_the_workspace_as_it_was(workspace: pathlib.Path) -> None:
    chart = workspace / TEMPLATE / "src/{{ module }}/chart.py.jinja"
    chart.write_text(chart.read_text(encoding="utf-8").replace('"config",', '"settings",'), encoding="utf-8")
    before = changed(workspace)

    done = run(workspace, "bin/new-chart", NAME, status=1)

    assert "bin/new-chart: test: bin/pytest --quiet " in done.stderr
    assert "test_each_example_becomes_ready" in done.stderr
    assert changed(workspace) == before
