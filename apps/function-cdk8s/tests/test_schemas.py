"""`function-cdk8s render --schemas`, and `validate` of the function input: objects that do not fit their schemas."""

import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

EXAMPLE = pathlib.Path(__file__).parents[1] / "example"
COMPOSITION = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")

Render = Callable[..., subprocess.CompletedProcess[str]]

SERVICE: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "spec": {"port": [], "selector": {"app": 1}}}
GAUGE: dict[str, Any] = {"apiVersion": "example.org/v1", "kind": "Gauge", "spec": {"unit": 1}}
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gauges.example.org}
spec:
  group: example.org
  names: {kind: Gauge}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {properties: {spec: {type: object, properties: {unit: {type: string}}}}}}
"""
XRD = """
apiVersion: apiextensions.crossplane.io/v2
kind: CompositeResourceDefinition
metadata: {name: echoes.echo.example.org}
spec:
  group: echo.example.org
  names: {kind: Echo, plural: echoes}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {properties: {status: {type: object, properties: {url: {type: string}}}}}}
"""
PORT = '"service" (Service): spec.port: there is no such field (did you mean "ports"?)'
SELECTOR = '"service" (Service): spec.selector.app: must be text, not a whole number'
UNCHECKED = '"gauge" (Gauge): not checked, as there is no schema of example.org/v1 Gauge'
UNIT = '"gauge" (Gauge): spec.unit: must be text, not a whole number'
REFUSED = '"service", a Service: spec.port: there is no such field (did you mean "ports"?); and 1 more fault'


def echo(
    folder: pathlib.Path, objects: dict[str, Any], *, status: Any = None, validate: str = "none"
) -> tuple[object, ...]:
    """Write an Echo of some objects, and with a status; return the arguments of a render."""
    composition = COMPOSITION.replace("example.org/v1alpha1", "echo.example.org/v1")
    composition = composition.replace("kind: WebService", "kind: Echo")
    composition = composition.replace("chart: web-service", f"chart: echo\n      validate: {validate}")
    xr = {
        "apiVersion": "echo.example.org/v1",
        "kind": "Echo",
        "metadata": {"name": "one", "namespace": "team-a"},
        "spec": {"objects": objects, "status": status or {}},
    }
    (folder / "composition.yaml").write_text(composition, encoding="utf-8")
    (folder / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")
    (folder / "crd.yaml").write_text(CRD, encoding="utf-8")
    (folder / "xrd.yaml").write_text(XRD, encoding="utf-8")
    return ("xr.yaml", "composition.yaml")


@pytest.mark.parametrize(
    ("objects", "options", "lines", "status"),
    [
        pytest.param({"service": SERVICE}, ["--schemas"], [PORT, SELECTOR], 1, id="faults"),
        pytest.param({"gauge": GAUGE}, ["--schemas"], [UNCHECKED], 0, id="a kind without a schema"),
        pytest.param({"gauge": GAUGE}, ["--crds", "crd.yaml"], [UNIT], 1, id="a custom resource"),
        pytest.param({"service": SERVICE}, [], [], 0, id="nothing is checked"),
    ],
)
def test_a_render_is_checked(
    render: Render, tmp_path: pathlib.Path, objects: Any, options: list[str], lines: list[str], status: int
) -> None:
    done = render(*echo(tmp_path, objects), "--summary", *options)

    assert done.stdout.startswith("Echo team-a/one: 1 composed")
    assert (done.stderr.splitlines(), done.returncode) == (lines, status)


@pytest.mark.parametrize(
    ("status", "options", "lines"),
    [
        pytest.param({"url": "http://a"}, ["--xrd=xrd.yaml"], [], id="a field of the XRD"),
        pytest.param(
            {"ulr": "http://a", "url": 1},
            ["--xrd=xrd.yaml"],
            [
                'the XR (Echo): status.ulr: there is no such field (did you mean "url"?)',
                "the XR (Echo): status.url: must be text, not a whole number",
            ],
            id="fields that do not fit",
        ),
        pytest.param(
            {"url": "http://a"},
            [],
            ["the XR (Echo): status.url: there is no such field"],
            id="an XRD by the models, which have no status",
        ),
    ],
)
def test_the_status_that_a_chart_sets_is_checked(
    render: Render, tmp_path: pathlib.Path, status: Any, options: list[str], lines: list[str]
) -> None:
    done = render(*echo(tmp_path, {}, status=status), "--schemas", *options)

    assert (done.stderr.splitlines(), done.returncode) == (lines, 1 if lines else 0)


def test_the_example_fits_its_schemas(render: Render) -> None:
    done = render(EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", "--schemas")

    assert (done.returncode, done.stderr) == (0, "")


def test_an_input_that_refuses_composes_nothing(render: Render, tmp_path: pathlib.Path) -> None:
    done = render(*echo(tmp_path, {"service": SERVICE}, validate="refuse"))

    assert done.stderr.rstrip().endswith(f'cannot compose Echo "team-a/one" with chart "echo": {REFUSED}')
    assert (done.returncode, done.stdout) == (1, "")


def test_an_input_that_warns_sets_a_condition(render: Render, tmp_path: pathlib.Path) -> None:
    done = render(*echo(tmp_path, {"service": SERVICE}, validate="warn"), "--summary")

    [row] = [line for line in done.stdout.splitlines() if line.startswith("ObjectsValid")]
    assert row.split(maxsplit=3) == ["ObjectsValid", "False", "Invalid", REFUSED]
    assert done.returncode == 0
