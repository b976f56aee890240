"""Wait until the sidecar accepts calls: the sidecar container's `postStart` hook.

The kubelet starts a pod's containers in order. It starts the next container when
the hook of the previous one has ended (kuberuntime_container.go, startContainer).
Without the sidecar, external-dns would fail its first comparison and make the next
one a whole sync interval later.

If a hook fails, the kubelet kills the container. So this hook exits without an
error at its time limit; the probes find a sidecar that does not start.

    python3 -m internal_dns.pod.listening PORT
"""

import socket
import sys
import time

_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.05


def await_listener(port: int, *, patience_seconds: float = _PATIENCE_SECONDS) -> bool:
    """Wait until something listens on the loopback interface, and return whether it does.

    Args:
        port: The port.
        patience_seconds: Longest time to wait.
    """
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            time.sleep(_PAUSE_SECONDS)
    return False


if __name__ == "__main__":
    await_listener(int(sys.argv[1]))
