"""What `bin/e2e` says where it has no cluster to run on."""

import os
import pathlib

import pytest
from click.testing import CliRunner
from cluster import kinds, layout, tools
from cluster.kind import Kind
from suite import artifacts, cli


@pytest.fixture(autouse=True)
def reports(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """Keep reports, and a cluster's files, in a folder of the test."""
    folder = tmp_path / "reports"
    monkeypatch.setattr(cli, "_REPORTS", folder)

    def find(kind: str, name: str) -> Kind:
        return Kind(layout.Layout(name, tmp_path / kind / name))

    monkeypatch.setattr(kinds, "find", find)
    return folder


def test_what_a_host_lacks_is_told_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    done = CliRunner().invoke(cli.main, ["--cluster", "kind"])

    assert done.output == (
        "cannot run a cluster here: kind needs Docker, and `docker info` fails: "
        "start Docker, or run bin/e2e --cluster node as root\n"
    )
    assert done.exit_code == 1


def test_a_cluster_that_can_not_be_taken_down_does_not_hide_why_it_did_not_come_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, reports: pathlib.Path
) -> None:
    """Where Docker ends meanwhile, kind can neither go on nor delete."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n", encoding="utf-8")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(tools, "executable", {"kind": "false"}.__getitem__)
    monkeypatch.setattr(artifacts, "build", list[object])

    done = CliRunner().invoke(cli.main, ["--cluster", "kind"])

    assert done.output == (
        "building images and packages\n"
        "bringing the cluster up\n"
        "the suites did not run: Command '['false', 'get', 'clusters']' returned non-zero exit status 1.; "
        f"logs are in {reports}\n"
    )
    assert done.exit_code == 1
