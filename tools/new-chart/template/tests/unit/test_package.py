"""The package agrees with the chart: its XRD, its Composition and the function it depends on."""

import pathlib
import tomllib
from typing import Any

import yaml
from cdk8s_function.schema import xrd

PROJECT = pathlib.Path(__file__).parents[2]
APIS = PROJECT / "package/apis/samplecharts"


def read(path: pathlib.Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_package_has_the_definition_made_from_the_models() -> None:
    # Importing the chart imports cdk8s, and so starts Node.js: only here.
    from sample_chart.chart import SampleChart

    made = xrd.of(SampleChart.composite_type)
    assert read(APIS / "definition.yaml") == made, "run: bin/nx run sample-chart-xp:generate"


def test_the_composition_is_of_the_definition_and_names_the_chart() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    definition, composition = read(APIS / "definition.yaml")["spec"], read(APIS / "composition.yaml")["spec"]

    version = f"{definition['group']}/{definition['versions'][0]['name']}"
    assert composition["compositeTypeRef"] == {"apiVersion": version, "kind": definition["names"]["kind"]}
    [step] = composition["pipeline"]
    assert step["input"]["chart"] in project["entry-points"]["cdk8s_function.charts"]


def test_the_package_depends_on_the_function_its_composition_calls() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [dependency] = read(PROJECT / "package/crossplane.yaml")["spec"]["dependsOn"]
    [step] = read(APIS / "composition.yaml")["spec"]["pipeline"]

    # Crossplane names a function it installs as a dependency after its repository's path.
    _, _, path = dependency["package"].partition("/")
    assert step["functionRef"]["name"] == path.replace("/", "-")
    assert dependency["version"] == f"v{project['version']}"
    assert read(PROJECT / "function/package/crossplane.yaml")["metadata"]["name"] == pathlib.PurePath(path).name
