"""`function-cdk8s check`: each fault of a chart's repository is a line with file and field."""

import dataclasses
import os
import pathlib
import shlex
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from fixture_charts import versions
from function_cdk8s.check import composed_objects

WORKSPACE = pathlib.Path(__file__).parents[4]
EXAMPLE = "apps/function-cdk8s/example"
SECONDS = 300

Check = Callable[..., subprocess.CompletedProcess[str]]

PYPROJECT = """\
[project]
name = "Shop_Chart"
version = "1.0"

[project.entry-points."cdk8s_function.charts"]
shop = "shop:Shop"
"""
CHART = """\
from typing import Annotated

from cdk8s import Chart
from cdk8s_function import ApiModel, CompositeType, Manifest
from pydantic import Field


class Spec(ApiModel):
    replicas: Annotated[int, Field(ge=0)] = 1
    labels: dict[str, str] = {}


class Status(ApiModel):
    open: bool | None = None


class Shop(Chart):
    composite_type = CompositeType(group="shop.example.org", version="v1", kind="Shop", spec=Spec, status=Status)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        metadata = {"labels": composite.spec.labels}
        Manifest(self, "config", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}})
"""
COMPOSITION = """\
apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: shops}
spec:
  compositeTypeRef: {apiVersion: shop.example.org/v1, kind: Shop}
  mode: Pipeline
  pipeline:
  - step: chart
    functionRef: {name: function-cdk8s}
    input: {apiVersion: cdk8s.fn.crossplane.io/v1alpha1, kind: ChartInput, chart: shop}
"""
XR = "apiVersion: shop.example.org/v1\nkind: Shop\nmetadata: {name: one, namespace: a}\nspec: {replicas: 2}\n"


@pytest.fixture(scope="session")
def definition(command: list[str], environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The XRD of the Shop, as the command prints it."""
    folder = tmp_path_factory.mktemp("xrd")
    install(folder)
    done = subprocess.run(
        [*command, "--charts-dir", str(folder), "xrd", "shop"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return done.stdout


def install(folder: pathlib.Path) -> None:
    info = folder / "shop_chart-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Shop_Chart\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[cdk8s_function.charts]\nshop = shop:Shop\n", encoding="utf-8")
    (folder / "shop.py").write_text(CHART, encoding="utf-8")


@pytest.fixture
def check(command: list[str], environment: dict[str, str], definition: str, tmp_path: pathlib.Path) -> Check:
    """Check a good repository whose files are replaced by those given."""

    def checked(files: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        install(tmp_path / "charts")
        given = {
            "pyproject.toml": PYPROJECT,
            "package/composition.yaml": COMPOSITION,
            "package/definition.yaml": definition,
            "examples/one.yaml": XR,
            **files,
        }
        for name, text in given.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return subprocess.run(
            [*command, "--charts-dir", "charts", "check", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    return checked


def test_a_repository_without_a_fault(check: Check) -> None:
    done = check({})

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "checked 1 chart, 1 XRD, 1 example, 1 composed object: no faults\n"


def test_a_folder_without_a_project_is_told_which_to_check(check: Check) -> None:
    done = check({}, "examples")

    assert done.stdout == (
        "examples/pyproject.toml: is not there; check the folder of a chart, with its pyproject.toml\n"
    )
    assert (done.returncode, done.stderr) == (1, "checked no chart: 1 fault\n")


def test_each_version_in_the_folder_of_charts_is_compared_and_imported(check: Check, tmp_path: pathlib.Path) -> None:
    versions.install_greetings(tmp_path / "charts", "1.0.0", pins="1.0")
    versions.install_greetings(tmp_path / "charts", "2.0.0", pins="2.0", more="pass\n\nraise LookupError('broken')")
    versions.install_greetings(tmp_path / "charts", "3.0.0", pins="3.0")
    (tmp_path / "charts/greetings/3.0.0/greetings/late.py").unlink()

    done = check({})

    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            f"greetings 3.0.0: {tmp_path}/charts/greetings/3.0.0/greetings/late.py is missing",
            (
                f"{tmp_path}/charts/greetings/2.0.0: cannot import greetings:Greeting of greetings 2.0.0: "
                "LookupError: broken"
            ),
        ],
    )
    assert done.stderr.splitlines()[-1] == "checked 3 versions, 1 chart, 1 XRD, 1 example, 1 composed object: 2 faults"


FIELD = 'pyproject.toml: project.entry-points."cdk8s_function.charts"'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What is wrong in a repository, and the lines that say so."""

    reason: str
    files: dict[str, str]
    says: list[str]


CASES = [
    Case(
        reason="a module that does not parse",
        files={"charts/shop.py": "class Shop(\n"},
        says=[
            (
                f"{FIELD}.shop: cannot import shop:Shop of shop-chart 1.0: "
                "SyntaxError: '(' was never closed (shop.py, line 1)"
            ),
        ],
    ),
    Case(
        reason="a chart that is not installed",
        files={"pyproject.toml": PYPROJECT + 'stall = "shop:Stall"\n'},
        says=[f"{FIELD}.stall: shop-chart is not installed with this chart; run: pip install --editable ."],
    ),
    Case(
        reason="another class than the installed one",
        files={"pyproject.toml": PYPROJECT.replace("shop:Shop", "shop:Store")},
        says=[f"{FIELD}.shop: shop-chart is installed with shop:Shop instead; run: pip install --editable ."],
    ),
    Case(
        reason="no charts",
        files={"pyproject.toml": "[project]\nname = 'a'\n"},
        says=[f"{FIELD}: declares no charts"],
    ),
    Case(
        reason="no TOML",
        files={"pyproject.toml": "["},
        says=["pyproject.toml: not TOML: Invalid initial character for a key part (at end of document)"],
    ),
    Case(
        reason="no YAML",
        files={"package/broken.yaml": "a: ["},
        says=["package/broken.yaml: not YAML: line 1: expected the node content, but found '<stream end>'"],
    ),
    Case(
        reason="an unknown field of an example",
        files={"examples/two.yaml": f"{XR}---\n{XR.replace('replicas', 'replica')}"},
        says=[
            (
                'examples/two.yaml: document 2: cannot compose resources: pipeline step "chart" returned a '
                'fatal result: cannot compose Shop "a/one" with chart "shop": '
                'spec.replica: unknown field (did you mean "replicas"?)'
            ),
        ],
    ),
    Case(
        reason="an example without a name",
        files={"examples/one.yaml": XR.replace("name: one, ", "")},
        says=["examples/one.yaml: XR: metadata.name: required field is missing"],
    ),
    Case(
        reason="no Composition for the examples",
        files={"package/composition.yaml": COMPOSITION.replace("kind: Shop", "kind: Stall")},
        says=["examples/one.yaml: no Composition here is for this Shop"],
    ),
    Case(
        reason="a Composition of another version",
        files={"package/composition.yaml": COMPOSITION.replace("org/v1, kind", "org/v2, kind")},
        says=[
            (
                "examples/one.yaml: no Composition here is for this Shop: package/composition.yaml: "
                "spec.compositeTypeRef.apiVersion is 'shop.example.org/v2', "
                "but the XR's apiVersion is 'shop.example.org/v1'"
            ),
        ],
    ),
    Case(
        reason="a Composition without a step's function",
        files={"package/broken.yaml": COMPOSITION.replace("functionRef", "function")},
        says=["package/broken.yaml: spec.pipeline[0].functionRef: required field is missing"],
    ),
    Case(
        reason="labels that the API server refuses",
        files={"examples/one.yaml": XR.replace("{replicas: 2}", '{labels: {"a b": c, d: "e f"}}')},
        says=[
            (
                'examples/one.yaml: composes "config", a ConfigMap: metadata.labels["a b"]: '
                "is not a name or prefix/name of letters, digits, -, _ and ."
            ),
            (
                'examples/one.yaml: composes "config", a ConfigMap: metadata.labels["d"]: '
                "must be at most 63 letters, digits, -, _ and ."
            ),
        ],
    ),
    Case(
        reason="an object that does not fit its schema",
        files={"charts/shop.py": CHART.replace('"data"', '"datas"')},
        says=[
            'examples/one.yaml: composes "config", a ConfigMap: datas: there is no such field (did you mean "data"?)'
        ],
    ),
    Case(
        reason="a status that the XRD does not have",
        files={"charts/shop.py": CHART + '        composite.set_status({"oepn": True, "open": 2})\n'},
        says=[
            'examples/one.yaml: sets status.oepn: there is no such field (did you mean "open"?)',
            "examples/one.yaml: sets status.open: must be true or false, not a whole number",
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_each_fault_is_a_line_with_file_and_field(case: Case, check: Check) -> None:
    done = check(case.files)

    assert done.stdout.splitlines() == case.says, done.stderr
    assert done.returncode == 1
    count = len(case.says)
    assert done.stderr.splitlines()[-1].endswith(f": {count} fault{'' if count == 1 else 's'}")


def changed(definition: str, change: Callable[[dict[str, Any]], None]) -> str:
    manifest = yaml.safe_load(definition)
    change(manifest)
    return yaml.safe_dump(manifest, sort_keys=False)


def _older_version(manifest: dict[str, Any]) -> None:
    older: dict[str, Any] = {
        "name": "v1alpha1",
        "served": True,
        "referenceable": False,
        "schema": {"openAPIV3Schema": {}},
    }
    manifest["spec"]["versions"].insert(0, older)


def _older_version_and_old_field(manifest: dict[str, Any]) -> None:
    put(f"{SPEC}.old", {})(manifest)
    _older_version(manifest)


def _more(manifest: dict[str, Any]) -> None:
    manifest["metadata"]["annotations"] = {"a": "b"}
    manifest["spec"]["defaultCompositionRef"] = {"name": "shops"}


SPEC = "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties"
GONE = object()


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return what sets a field of a manifest, or takes it away."""

    def changes(manifest: dict[str, Any]) -> None:
        *above, last = path.replace("[0]", ".0").split(".")
        found: Any = manifest
        for step in above:
            found = found[int(step) if step.isdecimal() else step]
        if value is GONE:
            del found[last]
        else:
            found[last] = value

    return changes


CHANGES = [
    pytest.param(_older_version, None, id="another version"),
    pytest.param(_older_version_and_old_field, f"{SPEC.replace('0', '1')}.old", id="a field of one of two versions"),
    pytest.param(put("spec.names.categories", ["crossplane", "all"]), "spec.names.categories[1]", id="a longer list"),
    pytest.param(_more, None, id="what a repository adds"),
    pytest.param(put(f"{SPEC}.replicas", GONE), f"{SPEC}.replicas", id="a field that is missing"),
    pytest.param(put(f"{SPEC}.old", {}), f"{SPEC}.old", id="a field that is gone"),
    pytest.param(put(f"{SPEC}.replicas.minimum", 1), f"{SPEC}.replicas.minimum", id="another limit"),
    pytest.param(put("spec.scope", "Cluster"), "spec.scope", id="another scope"),
    pytest.param(put("metadata.name", "a"), "metadata.name", id="another name"),
    pytest.param(put("spec.versions[0].name", "v2"), "spec.versions", id="no such version"),
]


@pytest.mark.parametrize(("change", "field"), CHANGES)
def test_an_xrd_is_compared_with_what_the_models_give(
    change: Callable[[dict[str, Any]], None], field: str | None, check: Check, definition: str
) -> None:
    done = check({"package/definition.yaml": changed(definition, change)}, "--examples", "pyproject.toml")

    says = f"package/definition.yaml: {field}: is not what the chart's models give; "
    command = "run: function-cdk8s xrd shop > package/definition.yaml\n"
    found = [line for line in done.stdout.splitlines(keepends=True) if line.startswith("package/")]
    assert found == ([says + command] if field else [])


def test_a_composition_with_steps_of_other_functions_is_reported_as_not_rendered(check: Check) -> None:
    done = check(
        {"package/composition.yaml": f"{COMPOSITION}  - {{step: ready, functionRef: {{name: function-auto-ready}}}}\n"}
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "not rendered, as steps are of other functions: package/composition.yaml\n"
        "checked 1 chart, 1 XRD, 0 examples, 0 composed objects: no faults\n"
    )


def test_a_kind_without_a_schema_is_said_to_be_unchecked(check: Check) -> None:
    custom = CHART.replace('"apiVersion": "v1", "kind": "ConfigMap"', '"apiVersion": "db.example.org/v1", "kind": "Db"')

    done = check({"charts/shop.py": custom})

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("not checked, as no schema is known: Db (db.example.org/v1)\n")


OURS = [
    pytest.param(["libs/internal-dns-xp"], "checked 1 chart, 1 XRD, 7 examples, ", id="internal-dns-xp"),
    pytest.param(
        ["libs/example-web-service", "--package", EXAMPLE, "--examples", EXAMPLE],
        "checked 1 chart, 0 XRDs, 1 example, 3 composed objects",
        id="example-web-service",
    ),
]


@pytest.mark.parametrize(("arguments", "says"), OURS)
def test_the_charts_of_this_workspace_have_no_fault(
    arguments: list[str], says: str, command: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [*command, "check", *arguments],
        cwd=WORKSPACE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.splitlines()[-1].startswith(says)


def test_the_hook_of_pre_commit_runs_it_in_the_repository(command: list[str], environment: dict[str, str]) -> None:
    (hook,) = yaml.safe_load((WORKSPACE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *arguments = shlex.split(hook["entry"])

    assert (program, hook["language"], hook["pass_filenames"]) == ("function-cdk8s", "system", False)
    done = subprocess.run(
        [*command, *arguments],
        cwd=WORKSPACE / "libs/internal-dns-xp",
        env={**environment, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def composed(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("manifest", "fields"),
    [
        (composed(), []),
        (composed(apiVersion="apps/v1beta2"), []),
        (composed(apiVersion="apps/1"), ["apiVersion"]),
        (composed(apiVersion="Apps/v1"), ["apiVersion"]),
        (composed(kind="config-map"), ["kind"]),
        (composed(kind="Service", metadata={"name": "web"}), []),
        (composed(kind="Service", metadata={"name": "1web"}), ["metadata.name"]),
        (composed(kind="Service", metadata={"name": "w" * 64}), ["metadata.name"]),
        (composed(metadata={"labels": {"example.org/a": ""}, "annotations": {"Example.org/A": "any\ntext"}}), []),
        (composed(metadata={"labels": {"a/b/c": "d"}}), ['metadata.labels["a/b/c"]']),
        (composed(metadata={"labels": {"a": "x" * 64}}), ['metadata.labels["a"]']),
        (composed(metadata={"annotations": {"-a": ""}}), ['metadata.annotations["-a"]']),
    ],
)
def test_what_the_api_server_refuses_of_any_object(manifest: dict[str, Any], fields: list[str]) -> None:
    assert [line.partition(": ")[0] for line in composed_objects.faults(manifest, None)] == fields
