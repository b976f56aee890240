"""Charts in folders: what is found there, and what it can't do."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import pytest
from cdk8s_function.installed import chart_folders, registry

SHOWN = """
import json, sys
from cdk8s_function.installed import chart_folders, registry
before = len(sys.path)
chart_folders.add()
chart_folders.add()
found = [[c.name, c.dist, c.version] for c in registry.discover().charts if c.dist in ("mounted", "click")]
print(json.dumps({"added": sys.path[before:], "found": found}))
"""


def unpack(folder: pathlib.Path, dist: str, version: str, chart: str) -> pathlib.Path:
    """Lay out a wheel as pip install --target does."""
    info = folder / f"{dist}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n", encoding="utf-8")
    points = f"[{registry.GROUP}]\n{chart} = {chart}:Chart\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(points.encode()).digest()).decode().rstrip("=")
    (info / "RECORD").write_text(f"{info.name}/entry_points.txt,sha256={digest},{len(points)}\n", encoding="utf-8")
    return folder


def test_a_folder_and_those_in_it_are_found_where_wheels_are_in_them(tmp_path: pathlib.Path) -> None:
    unpack(tmp_path, "itself", "1", "one")
    two = unpack(tmp_path / "b", "two", "1", "two")
    three = unpack(tmp_path / "a", "three", "1", "three")
    (tmp_path / "no-wheel").mkdir()
    unpack(tmp_path / "no-wheel/deep", "deep", "1", "deep")
    (tmp_path / "file").touch()

    assert chart_folders.find(tmp_path) == [tmp_path, three, two]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_where_there_is_no_folder_there_are_no_charts(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "file").touch()

    assert chart_folders.find(tmp_path / name) == []


@pytest.mark.parametrize("charts_dir", ["", None])
def test_without_the_variable_nothing_is_added(charts_dir: str | None) -> None:
    assert shown(charts_dir)["added"] == []


def test_a_chart_is_found_and_no_installed_package_is_replaced(tmp_path: pathlib.Path) -> None:
    """A mounted folder brings a chart, and a click of its own, which the function's own click comes before."""
    unpack(tmp_path / "charts", "mounted", "2.0.0", "mounted")
    unpack(tmp_path / "charts", "click", "0.0.1", "stray")

    assert shown(str(tmp_path)) == {"added": [str(tmp_path / "charts")], "found": [["mounted", "mounted", "2.0.0"]]}


def shown(charts_dir: str | None) -> dict[str, object]:
    """Return what a process of its own adds and finds."""
    environment = {name: value for name, value in os.environ.items() if name != chart_folders.VARIABLE}
    if charts_dir is not None:
        environment[chart_folders.VARIABLE] = charts_dir
    done = subprocess.run(
        [sys.executable, "-P", "-c", SHOWN], env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)
