"""`bin/with-docker`: a real daemon, and nothing of it left on this host."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import psutil
import pytest
from images import workspace

WITH_DOCKER = workspace.ROOT / "bin/with-docker"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="Docker in namespaces needs root on Linux"
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([WITH_DOCKER, *command], capture_output=True, text=True, check=False, timeout=300)


def left(folder: pathlib.Path) -> list[str]:
    """Return what is left of a daemon whose files were in a folder."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    groups = pathlib.Path("/sys/fs/cgroup").rglob(f"*function-cdk8s-docker-{folder.name}*")
    return [
        *(line for line in mounts if str(folder) in line),
        *map(str, groups),
        *(str(each) for each in (folder, pathlib.Path("/sys/class/net/docker0")) if each.exists()),
    ]


@pytest.mark.parametrize(("options", "network"), [(["--isolated"], "bridge"), ([], "host")])
def test_a_daemon_runs_a_container_and_leaves_nothing(options: list[str], network: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/sh\n", encoding="utf-8")
    busybox = workspace.run("bin/images", "root", "busybox").strip()
    script = """
        cp "$1/usr/bin/busybox" "$2/busybox"
        docker build --quiet --tag one "$2" >&2
        docker run --rm --network="$3" one sh -c 'echo from the container'
        docker run --detach --interactive --network="$3" --name stays one sh -c 'read line' >&2
        docker exec stays sh -c 'echo /*'
        dirname "$DOCKER_CONFIG"
    """

    done = run(*options, "sh", "-euc", script, "sh", busybox, str(tmp_path), network)

    assert done.returncode == 0, done.stderr
    printed, files, folder = done.stdout.splitlines()
    assert printed == "from the container"
    assert files == "/bin /dev /etc /proc /sys"
    assert left(pathlib.Path(folder)) == []


def test_a_terminal_is_given_wherever_this_host_has_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """The daemon makes the terminal's socket there, and its root has no such folder. kind asks for a terminal."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    busybox = workspace.run("bin/images", "build", "busybox").split()[0]
    script = 'name=$(docker load --quiet --input "$1"); docker run --rm --tty "${name#*: }" sh -c "$2"'

    done = run("--isolated", "sh", "-euc", script, "sh", busybox, "test -t 1 && echo from a terminal")

    assert done.returncode == 0, done.stderr
    assert done.stdout == "from a terminal\n"


def test_the_status_is_that_of_the_command() -> None:
    assert run("sh", "-c", "exit 3").returncode == 3


def test_no_daemon_outlives_a_command_that_is_killed() -> None:
    # The command itself ends with its standard input.
    script = 'dirname "$DOCKER_CONFIG"; cat'
    with subprocess.Popen(
        [WITH_DOCKER, "sh", "-euc", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        folder = pathlib.Path(process.stdout.readline().strip())
        processes = psutil.Process(process.pid).children(recursive=True)
        names = {each.name() for each in processes}
        process.kill()

    assert "dockerd" in names
    deadline = time.monotonic() + 30
    while any(runs(each) for each in processes):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    shutil.rmtree(folder)


def runs(process: psutil.Process) -> bool:
    # Whose parent is process 1 of a container may stay a zombie: not every one reaps.
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
