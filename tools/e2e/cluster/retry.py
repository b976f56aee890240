"""Waiting for what a node takes its time for."""

import time
from collections.abc import Callable

from cluster.api import ClusterError

_PAUSE_SECONDS = 0.5


def until(act: Callable[[], object], error: type[Exception], within_seconds: float) -> None:
    """Do something again and again until it does not fail.

    Args:
        act: What to do.
        error: How it fails for as long as it is worth another try.
        within_seconds: For how long.

    Raises:
        ClusterError: If it fails after that time too; tells how.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            act()
        except error as failure:
            if time.monotonic() > deadline:
                msg = f"not within {within_seconds:.0f} seconds: {failure}"
                raise ClusterError(msg) from failure
            time.sleep(_PAUSE_SECONDS)
        else:
            return
