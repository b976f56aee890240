"""kubectl, the same for every kind of cluster."""

import subprocess
from collections.abc import Sequence

from cluster.api import ClusterError

_SECONDS = 400


def run(command: Sequence[str], *, text: str | None = None) -> str:
    """Return what a command that ends with kubectl's arguments prints.

    Args:
        command: The command line.
        text: What it reads from standard input.

    Raises:
        ClusterError: If it fails.
    """
    done = subprocess.run(command, input=text, check=False, text=True, capture_output=True, timeout=_SECONDS)
    if done.returncode:
        msg = f"{' '.join(command)}: {' '.join(done.stderr.split())}"
        raise ClusterError(msg)
    return done.stdout
