"""pytest's plugin, in a project of its own, as a chart's author has it."""

import pathlib
import subprocess
import sys

import pytest
from cdk8s_function.testing import charts

PROJECT = """
[project]
name = "example-web-service"
[project.entry-points."cdk8s_function.charts"]
web-service = "web_service:WebService"
"""
TESTS = """
from web_service import WebService, WebServiceSpec

def test_the_chart_of_the_project(chart):
    chart(WebServiceSpec(image="a")).until_stable().ready().has("Service")

def test_a_snapshot(chart, yaml_snapshot):
    assert chart({"image": "IMAGE", "host": "a.example.org"}).until_stable() == yaml_snapshot
"""


def run(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The settings of this workspace do not count there.
    command = [sys.executable, "-m", "pytest", "--rootdir", str(folder), "-p", "no:cacheprovider"]
    command += ["-p", "no:asyncio", "-W", "error"]
    return subprocess.run(
        [*command, *arguments, str(folder)], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_snapshot_is_yaml_and_its_difference_is_read_line_by_line(tmp_path: pathlib.Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    tests = tmp_path / "tests/test_it.py"
    tests.parent.mkdir()
    tests.write_text(TESTS.replace("IMAGE", "example.org/shop:1"))
    made = run(tmp_path, "--snapshot-update")
    assert made.returncode == 0, made.stdout
    kept = (tmp_path / "tests/__snapshots__/test_it/test_a_snapshot.yaml").read_text()
    assert "\nobjects:\n  deployment:\n    apiVersion: apps/v1\n" in kept
    assert "\nstatus:\n  availableReplicas: 1\n  url: http://a.example.org\n" in kept
    assert "chart-version" not in kept

    tests.write_text(TESTS.replace("IMAGE", "example.org/shop:2"))
    changed = run(tmp_path, "--color=no")

    assert changed.returncode == 1
    lines = [" ".join(line.removeprefix("E").split()) for line in changed.stdout.splitlines()]
    assert "- - image: example.org/shop:1" in lines
    assert "+ - image: example.org/shop:2" in lines


def test_a_project_without_charts_is_told_what_to_do(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"^no pyproject\.toml above .* offers a chart .*; name an installed one"):
        charts.of_project(tmp_path, None)


def test_of_several_charts_one_is_named_or_told_by_the_xr(tmp_path: pathlib.Path) -> None:
    points = 'web-service = "web_service:WebService"\nother = "fixture_charts.objects:Good"\n'
    (tmp_path / "pyproject.toml").write_text(PROJECT.partition("web-service =")[0] + points)

    with pytest.raises(
        ValueError, match=r'several charts: web-service, other; name one, like chart\(spec, chart="web-'
    ):
        charts.of_project(tmp_path, None)


def test_the_plugin_imports_neither_cdk8s_nor_grpc(tmp_path: pathlib.Path) -> None:
    names = {"jsii", "cdk8s", "grpc", "yaml", "crossplane"}
    code = f"import sys\ndef test_it():\n    assert not {names!r} & sys.modules.keys()\n"
    (tmp_path / "test_it.py").write_text(code)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
