"""The two processes that hold a node's namespaces, and how to enter them.

The network namespace has a holder of its own, so that a test in it lives through
a restart of the node.
"""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Sequence

import psutil

from cluster import addresses
from cluster.layout import Layout

_BRIDGE = "node0"
_END_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Held:
    """A process by number and start, as numbers are used again."""

    pid: int
    started: float

    @staticmethod
    def of(pid: int) -> "Held":
        """Return the process that has a number now."""
        return Held(pid, psutil.Process(pid).create_time())

    @property
    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            if process.create_time() != self.started or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return process


class Namespaces:
    """The namespaces of one cluster's node.

    Args:
        layout: The cluster's files.
    """

    def __init__(self, layout: Layout) -> None:
        """Read what was started before."""
        self._layout = layout

    def network(self) -> Held | None:
        """Return the holder of the network namespace, if it runs."""
        return self._running("network")

    def node(self) -> Held | None:
        """Return the parent of the node's process 1, if it runs."""
        return self._running("node")

    def enter(self, command: Sequence[str]) -> list[str]:
        """Return a command line that runs a command in the network namespace.

        Raises:
            ProcessLookupError: If the cluster does not run.
        """
        holder = self.network()
        if holder is None:
            msg = f'cluster "{self._layout.name}" is not up: bin/cluster up'
            raise ProcessLookupError(msg)
        return ["nsenter", f"--net=/proc/{holder.pid}/ns/net", "--", *command]

    def open(self) -> None:
        """Make the network namespace, if there is none."""
        if self.network():
            return
        holder = subprocess.Popen(
            ["unshare", "--net", "sleep", "infinity"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._remember("network", holder.pid)
        ours = pathlib.Path("/proc/self/ns/net").readlink()
        while holder.poll() is None and pathlib.Path(f"/proc/{holder.pid}/ns/net").readlink() == ours:
            pass
        script = f"""
            ip link set lo up
            ip link add {_BRIDGE} type bridge
            ip address add {addresses.NODE}/24 dev {_BRIDGE}
            ip address add {addresses.INGRESSES}/32 dev {_BRIDGE}
            ip link set {_BRIDGE} up
            ip route add default via {addresses.NOWHERE} dev {_BRIDGE}
            echo 1 >/proc/sys/net/ipv4/ip_forward
        """
        subprocess.run(self.enter(["sh", "-euc", script]), check=True)

    def start(self, commands: pathlib.Path, *, path: pathlib.Path) -> None:
        """Start the node, in the network namespace.

        Args:
            commands: The file with its programs' command lines.
            path: A folder with programs that its programs look up, besides PATH.
        """
        with (self._layout.logs / "init.log").open("ab") as log:
            process = subprocess.Popen(
                self.enter(
                    [
                        *("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private"),
                        *("--kill-child", "--", sys.executable, "-m", "cluster.init", str(commands)),
                    ]
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=pathlib.Path(__file__).parents[1],
                env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
                start_new_session=True,
            )
        self._remember("node", process.pid)

    def stop(self) -> None:
        """End the node, and with it all that runs on it."""
        self._end(self.node())

    def close(self) -> None:
        """End the node and give its network up."""
        self.stop()
        self._end(self.network())

    def _end(self, held: Held | None) -> None:
        if held and (process := held.process):
            # unshare passes the end on: --kill-child.
            process.send_signal(signal.SIGKILL)
            psutil.wait_procs([process], timeout=_END_SECONDS)

    def _running(self, name: str) -> Held | None:
        held = self._remembered().get(name)
        return held if held and held.process else None

    def _remember(self, name: str, pid: int) -> None:
        known = {**self._remembered(), name: Held.of(pid)}
        text = json.dumps({each: dataclasses.asdict(held) for each, held in known.items()})
        self._layout.processes.write_text(text, encoding="utf-8")

    def _remembered(self) -> dict[str, Held]:
        if not self._layout.processes.exists():
            return {}
        known = json.loads(self._layout.processes.read_text(encoding="utf-8"))
        return {name: Held(**held) for name, held in known.items()}
