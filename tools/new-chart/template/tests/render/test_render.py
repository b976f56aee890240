"""Each example with the package's Composition, as the function renders it and so a cluster gets it."""

import importlib.metadata
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

PROJECT = pathlib.Path(__file__).parents[2]
EXAMPLES = sorted((PROJECT / "examples").glob("*.yaml"))
APIS = PROJECT / "package/apis/samplecharts"
VERSION = "cdk8s.fn.crossplane.io/chart-version"


def render(example: pathlib.Path) -> list[dict[str, Any]]:
    """Return the XR as Crossplane would write it, and the composed objects."""
    command = "from function_cdk8s.cli import main; main()"
    files = (example, APIS / "composition.yaml", f"--xrd={APIS / 'definition.yaml'}")
    done = subprocess.run(
        [sys.executable, "-c", command, "render", *files], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_renders_as_before(example: pathlib.Path, snapshot: SnapshotAssertion) -> None:
    xr, *composed = render(example)

    assert xr["kind"] == "SampleChart"
    # The one thing that changes with each release of the chart.
    versions = {each["metadata"]["annotations"].pop(VERSION) for each in composed}
    assert versions == {importlib.metadata.version("sample-chart-xp")}
    assert [xr, *composed] == snapshot
