"""What can be tested of `bin/with-docker` without a daemon."""

import os

import pytest
from click.testing import CliRunner
from cluster import docker


@pytest.mark.parametrize("options", [[], ["--isolated"]])
def test_who_is_not_root_is_told_what_docker_needs(monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    done = CliRunner().invoke(docker.main, [*options, "true"])

    assert done.exit_code == 1
    assert done.output == "cannot run Docker here: it needs root on Linux, for namespaces and mounts\n"
