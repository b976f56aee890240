"""Wait until the guard takes calls, as the hook that follows its start.

The kubelet starts a pod's containers in order, and the next one once the hook of
the one before has ended (kuberuntime_container.go, startContainer). Without the
guard external-dns fails its first comparison and makes the next a whole sync
interval later.

A hook that fails would end the container, so this one gives up in silence: the
probes see to a guard that does not get there.

    python3 -m internal_dns.pod.listening PORT
"""

import socket
import sys
import time

_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.05


def await_listener(port: int, *, patience_seconds: float = _PATIENCE_SECONDS) -> bool:
    """Return whether something listens on the loopback interface, as soon as it does.

    Args:
        port: Where.
        patience_seconds: How long to wait for it.
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
