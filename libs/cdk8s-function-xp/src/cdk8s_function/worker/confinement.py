"""What keeps a worker's process to itself: its end with the pool's, its limits, its end of the socket."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Generator

from cdk8s_function.protocol import channel
from cdk8s_function.sizes import MIB

_PR_SET_PDEATHSIG = 1


def private(connection: socket.socket) -> socket.socket:
    """Return the pool's socket, out of reach of the programs that a chart starts."""
    connection.set_inheritable(False)
    return connection


def tie_to_parent() -> None:
    """Die with the pool's process, even while a chart hangs (Linux only; elsewhere the socket's end ends it)."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    # The server handles a Ctrl-C in a terminal: it drains first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def limit_memory(memory_mib: int) -> None:
    """Make this process fail alone, with a MemoryError, before the system kills the pod."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # RLIMIT_DATA counts private writable memory since Linux 4.7, see setrlimit(2).
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mib * MIB, hard))


@contextlib.contextmanager
def memory_of_its_own() -> Generator[None]:
    """Let Node.js, which has a limit of its own, start without this process's."""
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


class Forks:
    """Keeps children that a chart forks from using the pool's socket and Node.js, and records that it forked.

    Args:
        connection: The pool's socket.

    Attributes:
        kernel_pipes: Descriptors of the pipes to Node.js.
        seen: Whether a chart forked.
    """

    def __init__(self, connection: channel.Channel) -> None:
        """Begin without Node.js."""
        self._connection = connection
        self.kernel_pipes: set[int] = set()
        self.seen = False

    def in_child(self) -> None:
        """Take both from this process, which is a child."""
        self._connection.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for pipe in self.kernel_pipes:
            os.dup2(nothing, pipe)

    def in_parent(self) -> None:
        """Record that this process forked."""
        self.seen = True
