"""From the template's files to a member of the workspace whose tests pass; whatever fails leaves no trace."""

import contextlib
import pathlib
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Generator

from function_cdk8s.init import template
from function_cdk8s.init.names import NameRefusedError, Names


class StepFailedError(Exception):
    """A step failed: what it does, and the command's output."""


def check_free(names: Names, workspace: pathlib.Path) -> None:
    """Check that nothing of the workspace has one of the names.

    Args:
        names: The names.
        workspace: The workspace's root.

    Raises:
        NameRefusedError: If something has one.
    """
    if (workspace / "libs" / names.library).exists():
        msg = f"NAME {names.library!r}: libs/{names.library} exists; choose another name, or remove it first"
        raise NameRefusedError(msg)
    lock = tomllib.loads((workspace / "uv.lock").read_text(encoding="utf-8"))
    if names.library in {package["name"] for package in lock["package"]}:
        msg = f"NAME {names.library!r}: uv.lock has a package of that name; choose another"
        raise NameRefusedError(msg)
    for file in sorted(workspace.glob("libs/*/pyproject.toml")):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if names.chart in project.get("entry-points", {}).get("cdk8s_function.charts", {}):
            msg = f"NAME {names.library!r}: libs/{file.parent.name} has a chart {names.chart!r}; choose another name"
            raise NameRefusedError(msg)


def make(names: Names, *, workspace: pathlib.Path, tell: Callable[[str], None]) -> pathlib.Path:
    """Make a library, lock and install it, generate its XRD and its snapshots, and run its tests.

    Args:
        names: The names of its parts, all of them free.
        workspace: The workspace's root.
        tell: Takes a line on each step.

    Returns:
        The library's folder.

    Raises:
        StepFailedError: If a step failed; the workspace is as it was.
    """
    folder = workspace / "libs" / names.library

    def run(step: str, *command: str) -> str:
        tell(step)
        program, *arguments = command
        done = subprocess.run(
            [workspace / "bin" / program, *arguments],
            cwd=workspace,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if program == "pytest" else None,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{step}: bin/{' '.join(command)} failed\n{done.stdout}".rstrip()
            raise StepFailedError(msg)
        return done.stdout

    with _undone_unless_complete(folder, workspace / "uv.lock"):
        template.write(names, folder, workspace=True)
        run("lock", "uv", "lock", "--quiet")
        run("install", "provision", "python")
        # Other names are sorted and wrapped otherwise.
        run("sort imports", "ruff", "check", "--quiet", "--select=I", "--fix", str(folder))
        run("format", "ruff", "format", "--quiet", str(folder))
        definition = folder / "package/apis" / names.plural / "definition.yaml"
        definition.write_text(run("generate the XRD", "function-cdk8s", "xrd", names.chart), encoding="utf-8")
        run("take the snapshots", "pytest", "--quiet", "--snapshot-update", str(folder / "tests/render"))
        run("test", "pytest", "--quiet", str(folder))
    return folder


@contextlib.contextmanager
def _undone_unless_complete(folder: pathlib.Path, lock: pathlib.Path) -> Generator[None]:
    locked = lock.read_bytes()
    try:
        yield
    except BaseException:  # An interrupt leaves no trace either.
        shutil.rmtree(folder, ignore_errors=True)
        lock.write_bytes(locked)
        raise
