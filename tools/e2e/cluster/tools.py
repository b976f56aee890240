"""The workspace's own tools, built on first use."""

import pathlib
import subprocess
from collections.abc import Iterable

from cluster.layout import WORKSPACE

_BUILD_SECONDS = 3600
_MODULES = WORKSPACE / "third_party/go"


def provision(names: Iterable[str]) -> dict[str, pathlib.Path]:
    """Return the executables of tools of bin/, built where they lack."""
    wanted = list(names)
    done = subprocess.run(
        [WORKSPACE / "bin/provision", *wanted], check=True, stdout=subprocess.PIPE, text=True, timeout=_BUILD_SECONDS
    )
    return dict(zip(wanted, map(pathlib.Path, done.stdout.split()), strict=True))


def module_folder(tool: str, module: str) -> pathlib.Path:
    """Return the folder with the source of a Go module that a tool is built of."""
    command = [WORKSPACE / "bin/go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
    done = subprocess.run(command, cwd=_MODULES / tool, check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(done.stdout.strip())


def version(tool: str) -> str:
    """Return the version of a tool's module, like "v1.36.3"."""
    entry = next(
        line.split()[3]
        for line in (WORKSPACE / "tools/provision/tools.txt").read_text(encoding="utf-8").splitlines()
        if line.split()[:1] == [tool]
    )
    required = [
        line.split()[:2]
        for line in (_MODULES / tool / "go.mod").read_text(encoding="utf-8").replace("require ", "").splitlines()
        if len(line.split()) > 1 and line.split()[1].startswith("v")
    ]
    return max((path, number) for path, number in required if f"{entry}/".startswith(f"{path}/"))[1]
