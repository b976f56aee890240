"""A chart outside the workspace, in an environment that has the built wheel, is checked with the library's types."""

import json
import pathlib
import subprocess
import sys

import pytest

WORKSPACE = pathlib.Path(__file__).parents[4]
SECONDS = 600

CHART = """
from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, Json, Manifest, View
from constructs import Construct


class GreetingSpec(ApiModel):
    text: str


class Greeting(Chart):
    composite_type = CompositeType(group="example.org", version="v1", kind="Greeting", spec=GreetingSpec)

    def __init__(self, scope: Construct, id: str, composite: Composite[GreetingSpec]) -> None:
        super().__init__(scope, id)
        text: str = composite.spec.text
        manifest: dict[str, Json] = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"text": text}}
        Manifest(self, "config", manifest)
        found: list[View] | None = composite.require("nodes", "v1", "Node")
        composite.set_status({"nodes": len(found or ())})
"""

WRONG = CHART.replace("text: str = composite.spec.text", "text: int = composite.spec.text")
"""Found wrong only where the types of the library and of the spec model are known."""


def run(*command: str | pathlib.Path, cwd: pathlib.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the chart, and an environment with the built wheel and the locked versions of what it needs."""
    made = tmp_path_factory.mktemp("greeting")
    uv = WORKSPACE / "bin/uv"
    library = ("--package", "cdk8s-function-xp")
    for command in (
        (uv, "build", "--quiet", "--wheel", *library, "--out-dir", made),
        (uv, "export", "--quiet", "--frozen", *library, "--no-dev", "--no-emit-workspace", "-o", made / "locked.txt"),
        (uv, "venv", "--quiet", "--python", sys.executable, made / "venv"),
        (uv, "pip", "install", "--quiet", "--python", made / "venv", "-r", made / "locked.txt"),
    ):
        done = run(*command, cwd=WORKSPACE)
        assert done.returncode == 0, done.stderr
    (wheel,) = made.glob("*.whl")
    done = run(uv, "pip", "install", "--quiet", "--python", made / "venv", "--no-deps", wheel, cwd=WORKSPACE)
    assert done.returncode == 0, done.stderr
    (made / "greeting.py").write_text(CHART, encoding="utf-8")
    (made / "wrong.py").write_text(WRONG, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "venvPath": ".", "venv": "venv", "include": ["*.py"]}
    (made / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return made


def test_mypy_in_strict_mode_knows_the_types_of_a_chart(folder: pathlib.Path) -> None:
    mypy = (
        sys.executable,
        "-m",
        "mypy",
        "--no-color-output",
        "--strict",
        "--python-executable",
        folder / "venv/bin/python",
    )

    right = run(*mypy, "greeting.py", cwd=folder)
    wrong = run(*mypy, "wrong.py", cwd=folder)

    assert (right.returncode, right.stdout) == (0, "Success: no issues found in 1 source file\n"), right.stdout
    assert wrong.returncode == 1
    assert 'expression has type "str", variable has type "int"' in wrong.stdout


def test_pyright_in_strict_mode_knows_the_types_of_a_chart(folder: pathlib.Path) -> None:
    done = run(WORKSPACE / "bin/pyright", "--project", folder, "--outputjson", cwd=folder)

    found = [(pathlib.Path(each["file"]).name, each["rule"]) for each in json.loads(done.stdout)["generalDiagnostics"]]
    assert ("wrong.py", "reportAssignmentType") in found
    assert [each for each in found if each[0] == "greeting.py"] == []
