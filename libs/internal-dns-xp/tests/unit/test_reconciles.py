"""An InternalDNS over its life in a cluster: it settles, and a new version of the chart takes over what is there."""

import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest
from cdk8s_function.testing import Scenario

PROJECT = pathlib.Path(__file__).parents[2]
WORKSPACE = PROJECT.parents[1]
EXAMPLES = sorted((PROJECT / "examples").glob("*.yaml"))
RELEASES = "internal-dns-xp@*"

Chart = Callable[..., Scenario]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_settles(example: pathlib.Path, chart: Chart) -> None:
    chart(example).until_stable().ready()


def test_it_is_the_same_from_every_process(chart: Chart) -> None:
    chart(PROJECT / "examples/full.yaml").until_stable().deterministic().survives_restart()


def test_it_grows_while_it_runs(chart: Chart) -> None:
    dns = chart(PROJECT / "examples/minimal.yaml").until_stable()
    key = dns.objects["secret"]["data"]["api-key"]
    dns.change({"storageSize": "2Gi", "ttl": 30}).until_stable().ready()
    assert dns.objects["secret"]["data"]["api-key"] == key


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Build a wheel of the last release; before the first one, of these sources as an earlier version."""
    folder = tmp_path_factory.mktemp("release")
    project = folder / "libs/internal-dns-xp"
    tags = subprocess.run(
        ["git", "tag", "--list", RELEASES, "--sort=-version:refname"],
        cwd=WORKSPACE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    if tags:
        packed = subprocess.run(
            ["git", "archive", tags[0], "libs/internal-dns-xp"], cwd=WORKSPACE, check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "--extract"], input=packed.stdout, cwd=folder, check=True)
    else:
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("tests", "dist", "__pycache__"))
        settings = project / "pyproject.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(re.sub(r'(?m)^version = ".*"$', 'version = "0.0.0"', text), encoding="utf-8")
    build = [WORKSPACE / "bin/uv", "build", "--quiet", "--wheel", "--no-sources", "--out-dir", folder, project]
    subprocess.run(build, cwd=folder, check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_this_version_takes_over_from_the_last_one(
    example: pathlib.Path, chart: Chart, last_release: pathlib.Path
) -> None:
    chart(example).upgrade(from_wheel=last_release).ready()
