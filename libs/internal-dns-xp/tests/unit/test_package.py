"""The package agrees with the chart: its Composition names the chart in the version of the wheel."""

import pathlib
import tomllib

import yaml

PROJECT = pathlib.Path(__file__).parents[2]


def test_the_composition_names_the_chart_in_the_version_of_its_wheel() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    composition = yaml.safe_load((PROJECT / "package/apis/internaldns/composition.yaml").read_text(encoding="utf-8"))
    (step,) = composition["spec"]["pipeline"]

    assert [step["input"]["chart"]] == list(project["entry-points"]["cdk8s_function.charts"])
    # A CompositionRevision keeps it, so a release without it would move no XR.
    assert step["input"]["version"] == project["version"]
