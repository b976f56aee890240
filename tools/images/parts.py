"""The layers that images are made of."""

import functools
from collections.abc import Sequence

from images import bytecode, programs, python, resolved, store, tree, workspace
from images.layers import Layer

ROOT = ("root", 0)
NOBODY = ("nobody", 65534)
NONROOT = ("nonroot", 65532)
"""The user of distroless images, which the images of many Go programs run as."""

_BUSYBOX = ("cat", "chmod", "chown", "cp", "echo", "ls", "mkdir", "mv", "nslookup", "rm", "sh", "sleep", "stat", "wget")
"""The commands of busybox that tests and provisioners call by their names."""

_FUNCTION = ("function-cdk8s", "cdk8s-function-xp")


def debian(name: str, *, user: tuple[str, int] = NONROOT, folders: Sequence[str] = ()) -> Layer:
    """Return a layer of Debian packages.

    Args:
        name: Their lock in third_party/debian.
        user: A user to know by name.
        folders: Folders that belong to the user.
    """

    def files() -> tree.Tree:
        made = resolved.files(name)
        bytecode.compile_stdlib(made)
        _name_users(made, user)
        for folder in folders:
            made.folder(folder, owner=user[1])
        return made

    return Layer(inputs=lambda: resolved.inputs(name), files=files)


def program(tool: str, path: str) -> Layer:
    """Return a layer of one program of bin/, and what a program needs around it.

    Args:
        tool: The program.
        path: Where it goes.
    """
    return Layer(inputs=lambda: f"{programs.inputs(tool)} {path}", files=lambda: _program(tool, path))


def crossplane(module: str) -> Layer:
    """Return a layer of Crossplane and what it installs, as its own image has them (nix/build.nix of its module).

    Args:
        module: Its module.
    """
    tool = "crossplane-core"

    def files() -> tree.Tree:
        made = _program(tool, "bin/crossplane")
        cluster = programs.module_folder(tool, module) / "cluster"
        for folder in ("crds", "webhookconfigurations"):
            made.read_folder(cluster / folder, folder)
        made.folder("home/nonroot", owner=NONROOT[1])
        return made

    return Layer(inputs=lambda: programs.inputs(tool), files=files)


def pause() -> Layer:
    """Return a layer of this package's own `pause`."""

    def files() -> tree.Tree:
        made = tree.Tree()
        with store.scratch() as work:
            programs.build(workspace.ROOT / "tools/images/pause", work / "pause")
            made.file("pause", (work / "pause").read_bytes(), mode=0o755)
        return made

    return Layer(inputs=lambda: workspace.sources("third_party/python/toolchain/go.txt"), files=files)


def function() -> list[Layer]:
    """Return the layers of the function: Debian's Python, what uv.lock names, and the workspace's own packages."""
    return [
        debian("function-cdk8s"),
        Layer(
            inputs=lambda: workspace.digest(resolved.inputs("function-cdk8s"), python.requirements("function-cdk8s")),
            files=lambda: python.dependencies("function-cdk8s", interpreter=_interpreter()),
        ),
        Layer(
            inputs=lambda: workspace.digest(resolved.inputs("function-cdk8s"), python.inputs(*_FUNCTION)),
            files=lambda: python.own(*_FUNCTION, interpreter=_interpreter()),
        ),
    ]


def chart(package: str, *, path: str) -> Layer:
    """Return a layer of a chart.

    Args:
        package: The chart's package in the workspace.
        path: Where it goes; "" for an image to be mounted.
    """
    return Layer(
        inputs=lambda: workspace.digest(
            resolved.inputs("function-cdk8s"),
            path,
            python.inputs(package),
            *(python.requirements(each) for each in (package, "function-cdk8s")),
        ),
        files=lambda: python.chart(package, path=path, interpreter=_interpreter()),
    )


def busybox() -> Layer:
    """Return a layer of busybox alone, with the names of its commands."""

    def files() -> tree.Tree:
        made = tree.Tree()
        _name_users(made, NOBODY)
        packages = resolved.files("busybox")
        for path in packages.paths():
            if path == "usr/bin/busybox" or path.startswith(("usr/share/doc/", "var/lib/dpkg/")):
                made.add(path, packages.get(path))
        made.link("bin", "usr/bin")
        for command in _BUSYBOX:
            made.link(f"usr/bin/{command}", "busybox")
        return made

    return Layer(inputs=lambda: resolved.inputs("busybox"), files=files)


@functools.cache
def _interpreter() -> tree.Tree:
    return resolved.files("function-cdk8s")


def _program(tool: str, path: str) -> tree.Tree:
    files = tree.Tree()
    _name_users(files, NOBODY, NONROOT)
    files.file(path, programs.executable(tool), mode=0o755)
    return files


def _name_users(files: tree.Tree, *users: tuple[str, int]) -> None:
    """Add the files that name users, and a folder for temporary files."""
    everybody = (ROOT, *users)
    files.file("etc/passwd", "".join(f"{name}:x:{user}:{user}::/:/usr/sbin/nologin\n" for name, user in everybody))
    files.file("etc/group", "".join(f"{name}:x:{user}:\n" for name, user in everybody))
    files.file("etc/nsswitch.conf", "hosts: files dns\n")
    files.folder("tmp", mode=0o1777)
