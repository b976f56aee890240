"""Get a version of a chart: its wheel, or what uv or pip installs of that version into a folder of its own."""

import contextlib
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence

from cdk8s_function.installed import chart_folders, registry
from cdk8s_function.testing import upgrades

from function_cdk8s.check import repository
from function_cdk8s.check.faults import Fault

# A version as in PEP 440, which begins with a figure, and as in a requirement on a release.
_VERSION = re.compile(r"(?:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==)?(?P<version>[0-9][A-Za-z0-9.!+_-]*)")


class UnknownVersionError(Exception):
    """There is no such version; `str()` is one line that says which, and what to give."""


@contextlib.contextmanager
def unpacked(given: str, wheels: pathlib.Path | None) -> Generator[pathlib.Path]:
    """Return a folder with a version's modules, and remove that with the block.

    Args:
        given: A wheel, a folder that one is unpacked or installed in, a version
            of the chart whose pyproject.toml is in the working folder, or a
            release, like `web-cache==1.2.0`: that in a folder of its own below
            --charts-dir, if there is one.
        wheels: A folder to look for the release in, instead of --charts-dir and the package index.

    Raises:
        UnknownVersionError: If there is no such version.
        ValueError: If a file is not a wheel.
    """
    path = pathlib.Path(given)
    if path.exists():
        with upgrades.unpacked(path) as folder:
            yield folder
        return
    release = _release(given)
    if not wheels and (folder := _in_charts(release)):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="function-cdk8s-plan-") as folder:
        _install(release, wheels, folder)
        yield pathlib.Path(folder)


def _release(given: str) -> str:
    match = _VERSION.fullmatch(given)
    if not match:
        msg = f"{given}: is neither a file nor a version; give a wheel, or a version like 1.2.0 or web-cache==1.2.0"
        raise UnknownVersionError(msg)
    if match["name"]:
        return given
    wheel = repository.wheel(pathlib.Path())
    if isinstance(wheel, Fault):
        msg = f"{given}: is a version, and no pyproject.toml here says of which wheel; give one like web-cache=={given}"
        raise UnknownVersionError(msg)
    return f"{wheel.name}=={given}"


def _in_charts(release: str) -> pathlib.Path | None:
    """Return the folder of a release below --charts-dir, None if it has none there."""
    name, _, version = release.partition("==")
    top = chart_folders.top()
    wanted = registry.normalized(name), registry.version_of(version)
    folders = chart_folders.find_versions(top) if top else []
    return next(
        (f for f in folders if (registry.normalized(f.parent.name), registry.version_of(f.name)) == wanted), None
    )


def _install(release: str, wheels: pathlib.Path | None, folder: str) -> None:
    source = ("--no-index", "--find-links", str(wheels)) if wheels else ()
    # --no-deps: its dependencies are installed here already.
    options = ("--quiet", "--no-deps", "--target", folder, *source, release)
    done = subprocess.run(
        [*_installer(), *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        where = wheels or "the package index"
        msg = f"{release}: cannot be taken from {where}: {' '.join(done.stderr.split())}"
        raise UnknownVersionError(msg)


def _installer() -> Sequence[str]:
    # `uv run` sets UV to the path of uv.
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        return uv, "pip", "install", "--python", sys.executable
    if importlib.util.find_spec("pip"):
        return sys.executable, "-m", "pip", "install", "--disable-pip-version-check"
    msg = "a version is taken by uv or pip, and neither is installed here; give the wheels instead"
    raise UnknownVersionError(msg)
