"""What every kind of cluster offers to those that use one."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from cluster.images import Image


class ClusterError(Exception):
    """A command of a cluster fails."""


class Cluster(Protocol):
    """A cluster with a registry of its own, `registry.localhost:5000`, that every image comes from."""

    @property
    def command(self) -> str:
        """A command line for it, which a verb completes, where bin/ is on PATH."""
        ...

    def check(self) -> None:
        """Check that this host can run it.

        Raises:
            UnmetError: If not; names what is missing.
        """
        ...

    def up(self) -> None:
        """Bring it up, or make sure that it is.

        Raises:
            UnmetError: If this host cannot run it.
            ClusterError: If it does not come up.
        """
        ...

    def down(self) -> None:
        """End all of it, and remove what it left."""
        ...

    def restart(self) -> None:
        """Start its node again as after a power failure: files stay, processes and pods do not."""
        ...

    def enter(self, command: Sequence[str]) -> list[str]:
        """Return a command line that runs a command where the cluster's addresses are reached."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return what commands need in their environment."""
        ...

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Return what kubectl prints.

        Args:
            *arguments: Its arguments.
            text: What it reads from standard input.

        Raises:
            ClusterError: If it fails.
        """
        ...

    def push(self, archives: Sequence[Image]) -> None:
        """Put images into the registry."""
        ...

    def crane(self, *arguments: str) -> None:
        """Run crane where the registry is 127.0.0.1:5000."""
        ...

    def build(self, context: pathlib.Path, archive: pathlib.Path, arguments: Mapping[str, str]) -> None:
        """Build an image of a Dockerfile whose base is in the registry.

        Args:
            context: The folder with the Dockerfile.
            archive: The image archive to write.
            arguments: The Dockerfile's arguments.
        """
        ...

    def keep_logs(self, folder: str) -> None:
        """Copy the logs of its programs and pods into a folder."""
        ...
