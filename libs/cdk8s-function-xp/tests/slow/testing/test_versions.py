"""A scenario takes a chart in one of its versions, each in a folder of its own, as a function input names it."""

import pathlib
from typing import Any

import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.testing import Scenario, scenario
from cdk8s_function.worker.loader import LoadError
from fixture_charts import versions
from web_service import WebService


@pytest.fixture(scope="module")
def charts_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with a chart in two versions, which pin two versions of a library."""
    folder = tmp_path_factory.mktemp("several") / "charts"
    versions.install_greetings(folder, "1.0.0", pins="1.0")
    versions.install_greetings(folder, "2.0.0", pins="2.0")
    return folder


def data(composed: Scenario) -> Any:
    return composed.objects["config"]["data"]


def test_each_version_is_composed_with_the_libraries_of_its_folder_in_one_test(charts_dir: pathlib.Path) -> None:
    files = sorted(charts_dir.rglob("*"))
    old = scenario("greeting", {"name": "Ada"}, version="1.0.0", charts_dir=charts_dir)
    new = scenario("greeting", {"name": "Bob"}, charts_dir=str(charts_dir))
    ranged = scenario("greetings:greeting", version="<2", charts_dir=charts_dir)

    assert data(old) == {"version": "1.0.0", "late": "1.0.0", "word": "hello 1.0", "name": "Ada"}
    assert data(new) == {"version": "2.0.0", "late": "2.0.0", "word": "hello 2.0", "name": "Bob"}
    assert data(ranged) == {**data(old), "name": "world"}
    annotations = [each.last.applied["config"]["metadata"]["annotations"] for each in (old, new)]
    assert [each["cdk8s.fn.crossplane.io/chart-version"] for each in annotations] == ["1.0.0", "2.0.0"]
    assert sorted(charts_dir.rglob("*")) == files, "nothing is written into the folders"


def test_what_holds_of_an_installed_chart_holds_of_one_in_a_folder(charts_dir: pathlib.Path) -> None:
    greeting = scenario("greeting", version="1.0.0", charts_dir=charts_dir).until_stable().ready()

    greeting.deterministic(seeds=(1,)).survives_restart().valid()
    assert greeting.change({"name": 1}).refusal().startswith("spec.name: ")


def test_a_version_takes_over_from_another_folder(charts_dir: pathlib.Path) -> None:
    new = scenario("greeting", version="2.0.0", charts_dir=charts_dir)

    new.upgrade(from_wheel=charts_dir / "greetings/1.0.0")

    assert [each.objects["config"]["data"]["word"] for each in (new.history[0], new.last)] == ["hello 1.0", "hello 2.0"]


def test_a_composition_names_the_version(charts_dir: pathlib.Path) -> None:
    asked = {
        "apiVersion": "cdk8s.fn.crossplane.io/v1alpha1",
        "kind": "ChartInput",
        "chart": "greeting",
        "version": "1.0.0",
    }
    composition = {
        "apiVersion": "apiextensions.crossplane.io/v1",
        "kind": "Composition",
        "metadata": {"name": "greetings"},
        "spec": {
            "compositeTypeRef": versions.XR,
            "mode": "Pipeline",
            "pipeline": [{"step": "compose", "functionRef": {"name": "function-cdk8s"}, "input": asked}],
        },
    }

    named = scenario("greeting", composition=composition, charts_dir=charts_dir)

    assert data(named)["version"] == "1.0.0"


def test_files_that_were_replaced_are_run(tmp_path: pathlib.Path) -> None:
    folder = versions.install_greetings(tmp_path / "charts", "1.0.0", pins="1.0")
    assert data(scenario("greeting", charts_dir=tmp_path / "charts"))["word"] == "hello 1.0"

    folder.rename(tmp_path / "old")
    versions.install_greetings(tmp_path / "charts", "1.0.0", pins="3.0")

    assert data(scenario("greeting", charts_dir=tmp_path / "charts"))["word"] == "hello 3.0"


def test_a_chart_that_cannot_be_imported_is_told(tmp_path: pathlib.Path) -> None:
    wheel = versions.make_wheel(tmp_path, "gone", "1.0.0", {"gone.py": "import no_such"}, chart="gone = gone:Gone")
    versions.install(tmp_path / "charts", "1.0.0", wheel, dist="gone")

    with pytest.raises(LoadError, match=r"cannot import gone:Gone of gone 1\.0\.0: ModuleNotFoundError") as caught:
        scenario("gone", charts_dir=tmp_path / "charts")

    assert "import no_such" in caught.value.traceback


@pytest.mark.parametrize(
    ("chart", "options", "told"),
    [
        pytest.param(
            "greeting",
            {"version": "3.0.0"},
            'chart "greeting" of wheel greetings .*3[.]0[.]0.*; versions here: 1[.]0[.]0, 2[.]0[.]0',
            id="a version that is not there",
        ),
        pytest.param(
            "greeting",
            {"version": "newest"},
            "version: must be a version, or a range of versions like >=1.4,<2, not 'newest'",
            id="no version",
        ),
        pytest.param(
            "greeting",
            {"charts_dir": "no-such"},
            "charts_dir: .*/no-such is no folder; give one that has folders <distribution>/<version> in it",
            id="no folder",
        ),
        pytest.param(
            WebService,
            {"version": "1.0.0"},
            "version and charts_dir are for a chart that is given by its name, not by its class",
            id="a class",
        ),
    ],
)
def test_what_is_not_there_is_told(charts_dir: pathlib.Path, chart: Any, options: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {"charts_dir": charts_dir, **options}

    with pytest.raises((FatalError, ValueError), match=told):
        scenario(chart, **given)
