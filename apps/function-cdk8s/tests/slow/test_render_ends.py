"""Each `function-cdk8s render` ends: within its time limits, and whatever the chart leaves behind."""

import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Render = Callable[..., subprocess.CompletedProcess[str]]
Given = Callable[[dict[str, str | bytes]], None]
FilesOf = Callable[..., dict[str, str | bytes]]


def loaded(output: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(output))


@pytest.mark.parametrize(
    ("chart", "mode", "timeout", "says"),
    [
        ("hanging", "python", "3s", "its chart did not finish within its timeout of 3s"),
        ("hanging", "exceptions caught", "3s", "its chart did not finish within its timeout of 3s"),
        ("hanging", "node loop", "3s", "its chart did not finish within its timeout of 3s"),
        ("crashing", "node killed", "60s", "its Node.js process died"),
    ],
)
def test_a_chart_that_does_not_come_to_its_end(
    chart: str,
    mode: str,
    timeout: str,
    says: str,
    render: Render,
    given: Given,
    files_of: FilesOf,
    tmp_path: pathlib.Path,
) -> None:
    given(files_of(chart, chart.capitalize(), f"{{mode: {mode}}}", timeout=timeout))

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'Error: cannot compose resources: cannot run Composition pipeline step "chart": '
        f'cannot compose {chart.capitalize()} "team-a/one" with chart "{chart}": {says}\n'
    )
    assert list((tmp_path / "temporary").iterdir()) == []


def slow_import(folder: pathlib.Path, seconds: float) -> dict[str, str]:
    """Install a chart whose module takes that long to import and whose synthesis does nothing."""
    metadata = folder / "slow_import-1.0.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-import\nVersion: 1.0.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[cdk8s_function.charts]\nslow-import = slow_import:SlowImport\n", encoding="utf-8"
    )
    (folder / "slow_import.py").write_text(
        "import time\n\n"
        "from cdk8s import Chart\n"
        "from cdk8s_function import ApiModel, CompositeType\n\n"
        f"time.sleep({seconds})\n\n\n"
        "class SlowImport(Chart):\n"
        '    composite_type = CompositeType(group="echo.example.org", version="v1", kind="Echo", spec=ApiModel)\n\n'
        "    def __init__(self, scope, id, composite):\n"
        "        super().__init__(scope, id)\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(folder)}


def test_the_timeout_counts_from_when_the_chart_begins_and_not_the_start_of_the_command(
    render: Render, given: Given, files_of: FilesOf, tmp_path: pathlib.Path
) -> None:
    given(files_of("slow-import", "Echo", "{}", timeout="4s"))

    done = render("xr.yaml", "composition.yaml", env=slow_import(tmp_path / "charts", 4.5))

    assert (done.returncode, done.stderr) == (0, "")
    assert [item["kind"] for item in loaded(done.stdout)] == ["Echo"]


def test_a_chart_whose_import_does_not_end_is_ended_at_the_timeout_of_the_render(
    render: Render, given: Given, files_of: FilesOf, tmp_path: pathlib.Path
) -> None:
    given(files_of("slow-import", "Echo", "{}"))

    done = render("xr.yaml", "composition.yaml", "--timeout=3s", env=slow_import(tmp_path / "charts", 1000))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith('with chart "slow-import": its chart did not finish within --timeout\n')


def test_a_chart_that_lets_no_other_thread_run_is_ended_too(render: Render, given: Given, files_of: FilesOf) -> None:
    given(files_of("hanging", "Hanging", "{mode: gil}", timeout="5s"))

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Timeout (")
    assert "_hold_the_gil" in done.stderr


def test_a_render_takes_no_longer_than_its_own_timeout(render: Render, given: Given, files_of: FilesOf) -> None:
    given(files_of("slow", "Slow", "{seconds: 1000}", timeout="1h"))

    done = render("xr.yaml", "composition.yaml", "--timeout=3s")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith('with chart "slow": its chart did not finish within --timeout\n')


def test_without_a_time_limit_a_chart_takes_as_long_as_it_takes(
    render: Render, given: Given, files_of: FilesOf
) -> None:
    """A chart that waits at a breakpoint must not be ended, whatever its Composition says."""
    given(files_of("slow", "Slow", "{seconds: 3}", timeout="1s"))
    assert render("xr.yaml", "composition.yaml").returncode == 1

    done = render("xr.yaml", "composition.yaml", "--timeout=1s", "--no-time-limit")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("chart", "mode"), [("threading", ""), ("forking", "returns"), ("forking", "child"), ("forking", "orphan")]
)
def test_what_a_chart_leaves_behind_does_not_keep_the_render_from_ending(
    chart: str,
    mode: str,
    render: Render,
    given: Given,
    files_of: FilesOf,
    tmp_path: pathlib.Path,
) -> None:
    given(files_of(chart, chart.capitalize(), f"{{mode: '{mode}'}}"))

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert [item["kind"] for item in loaded(done.stdout)] == [chart.capitalize(), "ConfigMap"]
    assert list((tmp_path / "temporary").iterdir()) == []
