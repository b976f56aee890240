"""Where things are: this workspace, its commands, the cache."""

import hashlib
import os
import pathlib
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping

ROOT = pathlib.Path(__file__).parents[2]

ARCHITECTURES = ("amd64", "arm64")
"""What images are built for, as Debian and OCI name it."""

_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "amd64"}
_NOT_INPUTS = ("__pycache__", "dist", "tests", "attacks", "bench", ".venv")


class BuildError(Exception):
    """Something cannot be built; one line with the remedy."""


def cache() -> pathlib.Path:
    """Return the folder of what was built: IMAGES_CACHE, or one in the cache of tools/provision/tool.sh."""
    if chosen := os.environ.get("IMAGES_CACHE"):
        return pathlib.Path(chosen).absolute()
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("FUNCTION_CDK8S_CACHE") or home / "function-cdk8s") / "images"


def architecture() -> str:
    """Return this machine's architecture, one of ARCHITECTURES.

    Raises:
        BuildError: If images can't be built on this machine.
    """
    if sys.platform != "linux":
        msg = "images are built on Linux; elsewhere run docker build -f apps/function-cdk8s/Dockerfile ."
        raise BuildError(msg)
    machine = platform.machine()
    if machine not in _MACHINES:
        msg = f"images are built on {' and '.join(ARCHITECTURES)}, and this machine is {machine}"
        raise BuildError(msg)
    return _MACHINES[machine]


def run(*command: str | pathlib.Path, folder: pathlib.Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it prints.

    Args:
        command: The command; a relative path is of the workspace's root.
        folder: Where to run it.
        environment: Variables besides this process's own.

    Raises:
        BuildError: If it fails, with the end of its output.
    """
    program = str(command[0])
    if "/" in program:
        program = str(ROOT / program)
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        output = " ".join((done.stderr or done.stdout).split())[-600:]
        msg = f"{pathlib.Path(program).name} {' '.join(map(str, command[1:3]))} failed: {output}"
        raise BuildError(msg)
    return done.stdout


def digest(*parts: str | bytes) -> str:
    """Return one digest of all parts."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(f"{len(raw)}\n".encode())
        total.update(raw)
    return total.hexdigest()


def sources(*paths: str) -> str:
    """Return the digest of files and folders of the workspace; tests and what was built do not count."""
    return digest(*(part for path in paths for file in _files(ROOT / path) for part in _described(file)))


def _files(path: pathlib.Path) -> Iterable[pathlib.Path]:
    if path.is_file():
        return [path]
    return _below(path)


def _below(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _NOT_INPUTS:
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _described(file: pathlib.Path) -> Iterator[str | bytes]:
    yield f"{file.relative_to(ROOT)} {file.stat().st_mode & 0o100}"
    yield file.read_bytes()
