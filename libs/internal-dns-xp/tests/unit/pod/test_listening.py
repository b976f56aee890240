"""The hook that keeps external-dns waiting until the sidecar takes calls."""

import contextlib
import socket
import threading

from internal_dns.pod import listening


def test_it_waits_for_who_listens_late() -> None:
    with contextlib.closing(socket.socket()) as late:
        late.bind(("127.0.0.1", 0))
        opening = threading.Timer(0.2, late.listen)
        opening.start()
        assert listening.await_listener(late.getsockname()[1], patience_seconds=60)
        opening.join()


def test_it_gives_up_on_who_does_not() -> None:
    with contextlib.closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        assert not listening.await_listener(silent.getsockname()[1], patience_seconds=0.1)
