"""The workspace's own tools, built on first use."""

import functools
import pathlib
import subprocess
from collections.abc import Iterable

from cluster.layout import WORKSPACE

_BUILD_SECONDS = 3600


def provision(names: Iterable[str]) -> dict[str, pathlib.Path]:
    """Return the executables of tools of bin/, built where they lack."""
    wanted = list(names)
    done = subprocess.run(
        [WORKSPACE / "bin/provision", *wanted], check=True, stdout=subprocess.PIPE, text=True, timeout=_BUILD_SECONDS
    )
    return dict(zip(wanted, map(pathlib.Path, done.stdout.splitlines()), strict=True))


@functools.cache
def executable(name: str) -> str:
    """Return the executable of one tool of bin/, built where it lacks; asks for it once."""
    return str(provision([name])[name])


def module_folder(tool: str, module: str) -> pathlib.Path:
    """Return the folder with the source of a Go module that a tool is built of, downloaded on first use."""
    command = [WORKSPACE / "tools/provision/go-module", tool, module]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=_BUILD_SECONDS)
    return pathlib.Path(done.stdout.strip())


def version(tool: str) -> str:
    """Return the version of a tool, like "v1.36.3", as bin/help has it."""
    return _versions()[tool]


@functools.cache
def _versions() -> dict[str, str]:
    listed = subprocess.run([WORKSPACE / "bin/help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    _, _, of_tools = listed.partition("Tools")
    rows = [line.split() for line in of_tools.splitlines()[1:]]
    return {row[0]: row[1] for row in rows}
