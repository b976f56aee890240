"""Go programs of bin/, and what else of their modules an image needs."""

import functools
import pathlib
import re

from images import workspace
from images.workspace import BuildError


@functools.cache
def executable(tool: str) -> pathlib.Path:
    """Return the executable of a tool of bin/, built on first use; its folder's name is the digest of its inputs."""
    return pathlib.Path(workspace.run("bin/provision", tool).strip())


def inputs(tool: str) -> str:
    """Return the digest of what a tool is built of."""
    return executable(tool).parent.name


def version(tool: str, module: str) -> str:
    """Return the version of a module that a tool's go.mod requires.

    Args:
        tool: A folder of third_party/go.
        module: The module's path.
    """
    required = (workspace.ROOT / "third_party/go" / tool / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", required, re.MULTILINE)
    if not found:
        msg = f"third_party/go/{tool}/go.mod requires no {module}"
        raise BuildError(msg)
    return found[1]


def module_folder(tool: str, module: str) -> pathlib.Path:
    """Return the folder of a module's source, downloaded on first use."""
    return pathlib.Path(workspace.run("tools/provision/go-module", tool, module).strip())


def build(folder: pathlib.Path, target: pathlib.Path) -> None:
    """Build a program of this workspace that needs no module but Go's own.

    Args:
        folder: Its source.
        target: The executable.
    """
    workspace.run(
        "bin/go",
        *("-C", folder, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", target, "."),
        environment={"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"},
    )
