"""The names that init takes, those that it refuses, and the files that it writes."""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import yaml
from function_cdk8s import editor_schemas
from function_cdk8s.init import names, template
from function_cdk8s.init.names import NameRefusedError, Names

REGISTRY = "ghcr.io/example"
WORKSPACE = pathlib.Path(__file__).parents[3]
SECONDS = 300


def init(folder: pathlib.Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "function_cdk8s", "init", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a repository with names of its own."""
    folder = tmp_path_factory.mktemp("init")
    options = ("--group=logs.example.net", "--kind=LogRetention", "--registry=registry.example.net:5000/logs/charts")
    init(folder, "log-retention-xp", *options)
    return folder / "log-retention-xp"


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        pytest.param(
            ("Web",),
            "NAME 'Web' is not words of a-z and 0-9 joined by hyphens, like 'web-cache'",
            id="case",
        ),
        pytest.param(
            ("json",), "NAME 'json': Python has 'json' already; choose another, like 'json-chart'", id="a module"
        ),
        pytest.param(
            ("web", "--registry=ghcr.io"),
            "--registry 'ghcr.io' is not a registry with an owner, like 'ghcr.io/example'",
            id="a registry without an owner",
        ),
        pytest.param(
            ("web", "--group=k8s.io"), "group: 'k8s.io' is Kubernetes' own; use a domain of yours", id="a group"
        ),
        pytest.param(
            ("web", "--kind=web"),
            "kind: 'web' is not in CamelCase, like 'WebService'",
            id="a kind",
        ),
        pytest.param(
            ("full",),
            "--folder 'full' is not empty: it has 'notes.txt'; choose another, or empty it first",
            id="a folder",
        ),
        pytest.param(("web", "--folder=full/notes.txt"), "--folder 'full/notes.txt' is not a folder", id="a file"),
    ],
)
def test_a_refusal_is_one_line_and_writes_nothing(
    arguments: tuple[str, ...], refusal: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()

    done = init(tmp_path, *arguments, status=1)

    assert (done.stdout, done.stderr) == ("", f"Error: {refusal}\n")
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "notes.txt"]


@pytest.mark.parametrize(
    ("library", "refusal"),
    [
        ("", "is not words of a-z"),
        ("-xp", "is not words of a-z"),
        ("web_cache", "is not words of a-z"),
        ("web--cache", "is not words of a-z"),
        ("../web", "is not words of a-z"),
        ("9lives", "is not words of a-z"),
        ("a" * 60, "is longer than 59 letters"),
    ],
)
def test_a_name_that_something_would_not_take_is_refused(library: str, refusal: str) -> None:
    with pytest.raises(NameRefusedError, match=refusal):
        names.of(library, group="example.org", kind="", registry=REGISTRY)


@pytest.mark.parametrize("library", ["import-xp", "yaml-xp", "cdk8s", "function-cdk8s"])
def test_a_name_that_python_has_is_refused(library: str) -> None:
    with pytest.raises(NameRefusedError, match=r"Python has '[a-z0-9_]+' already"):
        names.check_importable(names.of(library, group="example.org", kind="", registry=REGISTRY))


def test_a_name_gives_all_names() -> None:
    expected = Names(
        library="web-cache-xp",
        chart="web-cache",
        module="web_cache",
        kind="WebCache",
        plural="webcaches",
        group="example.org",
        registry=REGISTRY,
    )
    assert names.of("web-cache-xp", group="example.org", kind="", registry=REGISTRY) == expected


def test_without_copier_one_line_says_what_to_install(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copier", None)
    chosen = names.of("web", group="example.org", kind="", registry=REGISTRY)

    with pytest.raises(template.TemplateError) as error:
        template.write(chosen, tmp_path / "web")

    expected = "init needs copier, which is not installed; install function-cdk8s[init] instead of function-cdk8s"
    assert str(error.value) == expected


def test_the_files_of_a_repository(repository: pathlib.Path) -> None:
    assert sorted(str(path.relative_to(repository)) for path in repository.rglob("*") if path.is_file()) == [
        ".copier-answers.yml",
        ".github/workflows/ci.yaml",
        ".gitignore",
        ".pre-commit-config.yaml",
        ".vscode/extensions.json",
        ".vscode/launch.json",
        ".vscode/schemas/composition.json",
        ".vscode/schemas/log-retention.json",
        ".vscode/settings.json",
        "README.md",
        "examples/minimal.yaml",
        "function/Dockerfile",
        "function/package/crossplane.yaml",
        "functions.yaml",
        "package/apis/logretentions/composition.yaml",
        "package/apis/logretentions/definition.yaml",
        "package/crossplane.yaml",
        "pyproject.toml",
        "src/log_retention/__init__.py",
        "src/log_retention/chart.py",
        "src/log_retention/py.typed",
        "src/log_retention/spec.py",
        "tests/test_chart.py",
        "tests/test_package.py",
    ]
    left = [path for path in repository.rglob("*") if path.is_file() and "{%" in path.read_text(encoding="utf-8")]
    assert left == []


def test_the_answers_say_where_a_newer_template_is(repository: pathlib.Path) -> None:
    assert yaml.safe_load((repository / ".copier-answers.yml").read_text(encoding="utf-8")) == {
        "_src_path": "https://github.com/function-cdk8s/function-cdk8s",
        "_commit": f"function-cdk8s@{importlib.metadata.version('function-cdk8s')}",
        "library": "log-retention-xp",
        "chart": "log-retention",
        "module": "log_retention",
        "kind": "LogRetention",
        "plural": "logretentions",
        "group": "logs.example.net",
        "registry": "registry.example.net:5000/logs/charts",
    }


def test_the_folder_may_hold_a_git_repository(tmp_path: pathlib.Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    init(tmp_path, "web-cache", "--folder=.")

    assert (tmp_path / "src/web_cache/chart.py").is_file()


def test_the_workflow_runs_the_actions_and_tools_of_this_workspace(repository: pathlib.Path) -> None:
    """What Renovate updates in one it updates in the other."""
    made = (repository / ".github/workflows/ci.yaml").read_text(encoding="utf-8")
    here = "".join(path.read_text(encoding="utf-8") for path in (WORKSPACE / ".github/workflows").glob("*.yaml"))
    uses = [line.strip() for line in made.splitlines() if "uses:" in line]

    assert uses
    assert [line for line in uses if line not in here] == []


def test_the_editors_schema_of_a_composition_is_up_to_date(repository: pathlib.Path) -> None:
    written = (repository / ".vscode/schemas/composition.json").read_text(encoding="utf-8")

    assert written == editor_schemas.text(editor_schemas.of_composition()), "run: bin/nx run function-cdk8s:generate"


COMPOSITION: dict[str, Any] = {
    "apiVersion": "apiextensions.crossplane.io/v1",
    "kind": "Composition",
    "spec": {"mode": "Pipeline"},
}
INPUT = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "web"}


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        pytest.param(INPUT, [], id="right"),
        pytest.param({"apiVersion": "another.example.org/v1", "kind": "Input"}, [], id="of another function"),
        pytest.param({**INPUT, "props": {"any": {"field": 1}}}, [], id="props of the chart"),
        pytest.param({**INPUT, "chrat": "web"}, ["input: Additional properties"], id="a misspelt field"),
        pytest.param({**INPUT, "ttl": "1 day"}, ["input.ttl: '1 day' does not match"], id="a duration"),
        pytest.param({**INPUT, "kind": "Chart"}, ["input.kind: 'ChartInput' was expected"], id="another kind"),
    ],
)
def test_an_editor_is_told_what_is_wrong_with_a_chart_input(given: dict[str, Any], faults: list[str]) -> None:
    composition = {**COMPOSITION, "spec": {"pipeline": [{"step": "compose", "input": given}]}}

    found = told(editor_schemas.of_composition(), composition)

    assert [
        line.removeprefix("spec.pipeline.0.")[: len(fault)] for line, fault in zip(found, faults, strict=True)
    ] == faults


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        pytest.param({}, [], id="right"),
        pytest.param({"spec": {"crossplane": {"compositionUpdatePolicy": "Manual"}}}, [], id="Crossplane's own field"),
        pytest.param({"spec": {"txt": "hello"}}, ["spec: Additional properties"], id="a misspelt field"),
        pytest.param({"spec": {"text": 1}}, ["spec.text: 1 is not of type 'string'"], id="a type"),
        pytest.param({"kind": "LogRetentoin"}, ["kind: 'LogRetention' was expected"], id="a kind"),
    ],
)
def test_an_editor_is_told_what_is_wrong_with_an_xr(
    change: dict[str, Any], faults: list[str], repository: pathlib.Path
) -> None:
    schema = json.loads((repository / ".vscode/schemas/log-retention.json").read_text(encoding="utf-8"))
    example = yaml.safe_load((repository / "examples/minimal.yaml").read_text(encoding="utf-8"))

    found = told(schema, {**example, **change})

    assert [line[: len(fault)] for line, fault in zip(found, faults, strict=True)] == faults


def told(schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """Return the faults of a document, each as path and message."""
    validator: Any = jsonschema.Draft7Validator(schema)
    validator.check_schema(schema)
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(document)]
