"""A pool's folder goes with its server, however that ended."""

import pathlib
import subprocess
import sys
import tempfile

import pytest
from cdk8s_function.pool import pool, scratch_home

KEPT = """
import signal
from cdk8s_function.pool import scratch_home

print(scratch_home.ScratchHome().path, flush=True)
signal.pause()
"""


@pytest.fixture
def temporary(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_the_folder_of_a_server_that_was_killed_is_removed_by_the_next_and_no_other(temporary: pathlib.Path) -> None:
    others = {temporary / name for name in ("of-others", "cdk8s-function-checkout")}
    for other in others:
        other.mkdir()
    (temporary / "cdk8s-function-checkout/README.md").write_text("a user's", encoding="utf-8")
    servers = [
        subprocess.Popen([sys.executable, "-c", KEPT], stdout=subprocess.PIPE, text=True) for _ in ("killed", "alive")
    ]
    paths = [pathlib.Path(server.stdout.readline().strip()) for server in servers if server.stdout]
    (paths[0] / "jsii-packages").mkdir()
    servers[0].kill()
    servers[0].wait()

    made = scratch_home.ScratchHome()
    found = set(temporary.iterdir())
    made.close()
    servers[1].kill()
    for server in servers:
        server.communicate()

    assert found == {*others, paths[1], made.path}


def test_a_pool_removes_its_folder_when_it_closes(temporary: pathlib.Path) -> None:
    made = pool.WorkerPool(pool.Options())
    there = list(temporary.iterdir())
    made.close()

    assert there == [made.shared.scratch.path]
    assert list(temporary.iterdir()) == []
