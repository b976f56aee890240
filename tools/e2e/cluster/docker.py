"""`bin/with-docker`: a command beside a Docker daemon of its own, in namespaces of this host.

The daemon is that of Debian's packages (third_party/debian/docker.in), in a root of theirs, whatever this host has.
Ending its process ends all that ran in it. Neither bridges nor rules of packet filters get into this host's network:
in it the daemon has no network of its own, so that a build uses `--network=host`; with `--isolated` the daemon and the
command are in a network namespace, where containers have networks and nothing else is reached.

    python -m cluster.docker [--isolated] COMMAND…
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Generator, Mapping, Sequence
from typing import NoReturn

import click

from cluster import control_groups, images, layout
from cluster.requirements import UnmetError

_START_SECONDS = 60.0
_END_SECONDS = 30.0
_NO_NETWORK = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")
_FILES = ("--host=unix:///run/docker.sock", "--exec-root=/run/docker", "--pidfile=/run/docker.pid")
_DAEMON = """
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
    cd "$2/root"
    mkdir -p proc sys dev run var/lib/docker
    mount -t proc proc proc
    mount --rbind /sys sys
    mount --rbind /dev dev
    mount --bind "$2/run" run
    mount --bind "$2/data" var/lib/docker
    cp /etc/hosts /etc/resolv.conf etc/
    shift 2
    # Not a change of root alone: `docker exec` enters the root of a mount namespace.
    mkdir -p old
    pivot_root . old
    exec chroot . /usr/bin/sh -euc 'umount --lazy /old && exec /usr/sbin/dockerd "$@"' sh "$@"
"""


@click.command(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)
@click.option(
    "--isolated",
    is_flag=True,
    help="Run in a separate network namespace: containers can have networks, but reach nothing outside.",
)
@click.option("--in-network", is_flag=True, hidden=True, help="What --isolated runs again, in that network.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def main(command: Sequence[str], *, isolated: bool, in_network: bool) -> None:
    """Start a Docker daemon, run COMMAND with `docker` on its PATH, and stop the daemon. Needs root on Linux."""
    # Whoever stops the command stops the daemon.
    signal.signal(signal.SIGTERM, _stop)
    try:
        _check()
        if isolated:
            again = ["unshare", "--net", "--", sys.executable, "-m", "cluster.docker", "--in-network", *command]
            os.execvp(again[0], again)
        if in_network:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with running(networks=in_network) as environment:
            status = subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    except UnmetError as error:
        sys.exit(f"cannot run Docker here: {error}")
    sys.exit(status)


def _stop(number: int, frame: types.FrameType | None) -> NoReturn:
    del number, frame
    sys.exit("stopped by SIGTERM")


def _check() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        msg = "it needs root on Linux, for namespaces and mounts"
        raise UnmetError(msg)


@contextlib.contextmanager
def running(*, networks: bool) -> Generator[Mapping[str, str]]:
    """Run a daemon, and give the environment that its client needs.

    Needs root on Linux.

    Args:
        networks: Whether containers have networks; makes a bridge and rules of packet filters in this process' network.

    Raises:
        UnmetError: If it does not start.
    """
    root = images.root("docker")
    parent = layout.cache() / "docker"
    parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    group = f"function-cdk8s-docker-{folder.name}"
    log = folder / "log"
    for name in ("root", "data", "upper", "work", "run", "client", "bin"):
        (folder / name).mkdir()
    options = [*_FILES, f"--cgroup-parent=/{group}", *(() if networks else _NO_NETWORK)]
    # However this process ends, the kernel ends unshare, and then what it started.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    command += ["--propagation", "private", "--"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "sh", "-euc", _DAEMON, "sh", str(root), str(folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Whatever folder this host has for temporary files, the daemon's root has its own.
            env={name: value for name, value in os.environ.items() if name != "TMPDIR"},
        )
    try:
        _wait(process, folder / "run/docker.sock", log)
        yield _client(folder, root)
    finally:
        process.kill()
        process.wait()
        _remove(group, folder)


def _client(folder: pathlib.Path, root: pathlib.Path) -> Mapping[str, str]:
    plugins = {"cliPluginsExtraDirs": [str(root / "usr/libexec/docker/cli-plugins")]}
    (folder / "client/config.json").write_text(json.dumps(plugins), encoding="utf-8")
    (folder / "bin/docker").symlink_to(root / "usr/bin/docker")
    return {
        "DOCKER_CONFIG": str(folder / "client"),
        "DOCKER_HOST": f"unix://{folder}/run/docker.sock",
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
    }


def _wait(process: subprocess.Popen[bytes], socket: pathlib.Path, log: pathlib.Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = " ".join(log.read_text(encoding="utf-8", errors="replace").split())[-600:]
            msg = f"its daemon does not start: {tail}"
            raise UnmetError(msg)
        time.sleep(0.1)


def _remove(group: str, folder: pathlib.Path) -> None:
    # The kernel ends the processes of the namespaces, and frees their mounts, a moment later.
    deadline = time.monotonic() + _END_SECONDS
    while True:
        try:
            control_groups.remove(group)
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main(prog_name="bin/with-docker")
