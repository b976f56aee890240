"""Bytecode for Python files of an image, made by the image's own interpreter, or its build for this machine.

The same version of CPython makes the same bytecode on amd64 as on arm64: marshal's format is "independent of machine
architecture issues" (https://docs.python.org/3.13/library/marshal.html), and the magic number stands for a version
alone (PEP 3147).

A root that is read-only never gets any later, and without it each start compiles all it imports. The files say that
they are not to be compared with their source (PEP 552, unchecked hash), because times say nothing in an image.
"""

import pathlib
import posixpath
import tarfile
import tempfile

from images import store, tree, workspace
from images.workspace import BuildError

_COMPILE = """
import compileall, sys
folder, where = sys.argv[1:]
done = compileall.compile_dir(
    folder, stripdir=folder, prependdir=where, maxlevels=50, quiet=1, workers=1,
    invalidation_mode=__import__("py_compile").PycInvalidationMode.UNCHECKED_HASH,
)
sys.exit(not done)
"""


def compile_stdlib(root: tree.Tree, *, interpreter: tree.Tree) -> None:
    """Add bytecode of the standard library to a root file system that has Python; nothing where it has none.

    Args:
        root: The root, of any architecture.
        interpreter: A root with the same Python that runs on this machine.
    """
    version = _version(root)
    if version:
        compile_below(root, f"usr/lib/python{version}", where=f"/usr/lib/python{version}", interpreter=interpreter)


def compile_below(files: tree.Tree, path: str, *, where: str, interpreter: tree.Tree) -> None:
    """Add bytecode of all modules below a folder.

    Args:
        files: Where the modules are, and where the bytecode goes.
        path: The folder.
        where: Where the folder is when the image runs, for tracebacks.
        interpreter: A root file system with Python that runs on this machine.

    Raises:
        BuildError: If a module has no valid syntax.
    """
    with store.scratch() as work:
        root = work / "root"
        _write(interpreter, root)
        modules = tree.Tree()
        for each in files.paths():
            # A link may lead out of the image, to a file of this host.
            is_module = each.endswith(".py") and files.get(each).content is not None
            if is_module and (not path or each.startswith(f"{path}/")):
                modules.add(posixpath.relpath(each, path or "."), files.get(each))
        folder = work / "modules"
        _write(modules, folder)
        _run(root, _version(interpreter), folder, where)
        for file in sorted(folder.rglob("*.pyc")):
            files.file(posixpath.join(path, file.relative_to(folder).as_posix()), file.read_bytes())


def _version(root: tree.Tree) -> str:
    for path in root.paths():
        if path.startswith("usr/bin/python3.") and path.removeprefix("usr/bin/python3.").isdigit():
            return path.removeprefix("usr/bin/python")
    return ""


def _run(root: pathlib.Path, version: str, folder: pathlib.Path, where: str) -> None:
    # The root's own loader and libraries: it need not be this host's, and changing the root would need privileges.
    loaders = sorted(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
    if not loaders:
        msg = f"no loader in a root with Python {version}"
        raise BuildError(msg)
    workspace.run(
        loaders[0],
        *("--library-path", loaders[0].parent, root / f"usr/bin/python{version}"),
        *("-S", "-B", "-c", _COMPILE, folder, where),
        # The order in which sets are written depends on the seed of hashes.
        environment={"PYTHONHOME": str(root / "usr"), "PYTHONHASHSEED": "0", "PYTHONPATH": "", "LC_ALL": "C.UTF-8"},
    )


def _write(files: tree.Tree, folder: pathlib.Path) -> None:
    folder.mkdir()
    with tempfile.TemporaryFile(dir=folder.parent) as opened:
        files.write(opened)
        opened.seek(0)
        with tarfile.open(fileobj=opened) as archive:
            tree.extract(archive, folder)
