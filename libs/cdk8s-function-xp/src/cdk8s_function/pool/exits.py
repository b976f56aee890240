"""How a worker's process ends, and how that is noticed."""

import os
import signal
import sys

from cdk8s_function.protocol.messages import FILES_REPLACED_STATUS, OUT_OF_MEMORY_STATUS

_ENDS = {
    FILES_REPLACED_STATUS: "the files of its chart were replaced",
    OUT_OF_MEMORY_STATUS: "it ran out of memory",
}


def watch(pid: int) -> int:
    """Return a descriptor that is readable once a process has ended, even while a child holds its socket open.

    It is -1 if there is none (pidfd_open(2) needs Linux 5.3, and a sandbox may forbid it).
    """
    if sys.platform != "linux":
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def describe(code: int) -> str:
    """Return how a process ended.

    Args:
        code: Its exit status; negative for the signal that ended it, as of subprocess.Popen.
    """
    if code < 0:
        return f"it was ended by signal {-code} ({_signal_name(-code)})"
    return _ENDS.get(code, f"it exited with status {code}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
