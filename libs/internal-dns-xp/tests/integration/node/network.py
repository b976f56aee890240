"""Network namespaces: one for the node, one for each pod, joined by a bridge with no way out."""

import contextlib
import ctypes
import os
import pathlib
import subprocess
from collections.abc import Generator

_NEW_NETWORK = 0x40000000
_BRIDGE = "node0"
_NODE = ("198.18.0.1", "fd00:18::1")
"""Of the ranges for benchmarking (RFC 2544) and for local use (RFC 4193)."""

NODE_ADDRESS = _NODE[0]


class Namespace:
    """A network namespace, kept by a process that sleeps in it."""

    def __init__(self) -> None:
        """Make the namespace."""
        self._keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.path = pathlib.Path(f"/proc/{self._keeper.pid}/ns/net")
        own = pathlib.Path("/proc/self/ns/net").readlink()
        while self.path.readlink() == own:
            if self._keeper.poll() is not None:
                msg = "unshare --net failed"
                raise OSError(msg)
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command: str) -> str:
        """Run a command in the namespace and return what it prints."""
        done = subprocess.run([*self.prefix(), *command], check=True, capture_output=True, text=True, timeout=60)
        return done.stdout

    def prefix(self) -> list[str]:
        """Return what to put before a command to run it in the namespace."""
        return ["nsenter", f"--net={self.path}", "--"]

    @contextlib.contextmanager
    def entered(self) -> Generator[None]:
        """Make sockets in the namespace, in this thread."""
        library = ctypes.CDLL(None, use_errno=True)
        with pathlib.Path("/proc/thread-self/ns/net").open("rb") as own, self.path.open("rb") as other:
            _enter(library, other.fileno())
            try:
                yield
            finally:
                _enter(library, own.fileno())

    def close(self) -> None:
        """End the process that keeps the namespace."""
        self._keeper.kill()
        self._keeper.wait()


def _enter(library: ctypes.CDLL, descriptor: int) -> None:
    if library.setns(descriptor, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Network:
    """A node's network."""

    def __init__(self) -> None:
        """Make the node's namespace and bridge."""
        self.node = Namespace()
        self.node.run("ip", "link", "add", _BRIDGE, "type", "bridge")
        for address in _NODE:
            length = "64" if ":" in address else "24"
            flags = ["nodad"] if ":" in address else []
            self.node.run("ip", "address", "add", f"{address}/{length}", "dev", _BRIDGE, *flags)
        self.node.run("ip", "link", "set", _BRIDGE, "up")
        self._last = 1

    def add_pod(self) -> tuple[Namespace, str, str]:
        """Return a pod's namespace, IPv4 address and IPv6 address."""
        self._last += 1
        pod = Namespace()
        keeper = pod.path.parts[2]
        link = f"pod{self._last}"
        self.node.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", keeper)
        self.node.run("ip", "link", "set", link, "master", _BRIDGE, "up")
        address, address6 = f"198.18.0.{self._last}", f"fd00:18::{self._last}"
        pod.run("ip", "link", "set", "eth0", "up")
        pod.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
        pod.run("ip", "address", "add", f"{address6}/64", "dev", "eth0", "nodad")
        return pod, address, address6

    def close(self) -> None:
        """Give the node's namespace up."""
        self.node.close()
