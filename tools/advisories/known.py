"""What a database knows of a package, and how to query it."""

import dataclasses
import os
import pathlib
import subprocess
from collections.abc import Sequence

ROOT = pathlib.Path(__file__).parents[2]
_SECONDS = 1800
"""Some of the programs of Go that lack take minutes to build."""


class NoAnswerError(Exception):
    """A database gave no result, or an incredible one; `str()` is one line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Advisory:
    """A known vulnerability of a package that the workspace takes.

    Attributes:
        names: Its names, that of the database first.
        package: The package.
        version: The version that is taken.
        remedy: Which versions are without it, as the database says that.
        taken_by: The lock or the program that has the package.
    """

    names: tuple[str, ...]
    package: str
    version: str
    remedy: str
    taken_by: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.package} {self.version} in {self.taken_by}: {', '.join(self.names)}, {self.remedy}"


def run(command: Sequence[str | pathlib.Path], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the root of the workspace, with these variables besides."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return why a command failed, as its last line says."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"it ended with {done.returncode} and printed nothing"
