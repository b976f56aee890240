"""The layers that images are made of."""

import functools
import re
from collections.abc import Mapping, Sequence

from images import bytecode, programs, python, resolved, store, tree, workspace
from images.debian import Lock
from images.layers import Layer
from images.workspace import BuildError

ROOT = ("root", 0)
NOBODY = ("nobody", 65534)
NONROOT = ("nonroot", 65532)
"""The user of distroless images, which the images of many Go programs run as."""

_BUSYBOX = ("cat", "chmod", "chown", "cp", "echo", "ls", "mkdir", "mv", "nslookup", "rm", "sh", "sleep", "stat", "wget")
"""The commands of busybox that tests and provisioners call by their names."""

_PACKET_FILTERS = ("iptables", "iptables-restore", "iptables-save", "ip6tables", "ip6tables-restore", "ip6tables-save")

_FUNCTION = ("function-cdk8s", "cdk8s-function-xp", "cdk8s-function-schemas")

_INTERPRETER = re.compile(r"python3\.\d+-minimal")
"""The package of the interpreter, which is what compiles."""


def debian(name: str, *, user: tuple[str, int] = NONROOT, folders: Sequence[str] = ()) -> Layer:
    """Return a layer of Debian packages.

    Args:
        name: Their lock in third_party/debian.
        user: A user to know by name.
        folders: Folders that belong to the user.
    """

    def files(architecture: str) -> tree.Tree:
        made = resolved.files(name, architecture)
        bytecode.compile_stdlib(made, interpreter=interpreter(name, architecture))
        name_users(made, user)
        for folder in folders:
            made.folder(folder, owner=user[1])
        return made

    return Layer(inputs=lambda architecture: resolved.inputs(name, architecture), files=files)


def installed(*, links: Mapping[str, str], texts: Mapping[str, str]) -> Layer:
    """Return a layer of what scripts of installation make, over one of packages.

    Args:
        links: Targets of links by their paths: Debian's alternatives.
        texts: Contents of files by their paths.
    """

    def files(_: str) -> tree.Tree:
        made = tree.Tree()
        for path, target in links.items():
            made.link(path, target)
        for path, text in texts.items():
            made.file(path, text)
        return made

    return Layer(inputs=lambda _: workspace.digest(repr(links), repr(texts)), files=files)


def program(tool: str, path: str) -> Layer:
    """Return a layer of one program of bin/, and what a program needs around it.

    Args:
        tool: The program.
        path: Where it goes.
    """
    return Layer(
        inputs=lambda architecture: f"{program_inputs(tool, architecture)} {path}",
        files=lambda _: _program(tool, path),
    )


def packet_filters() -> Layer:
    """Return a layer of links to iptables by nftables, which Debian's package makes when it is installed."""
    return installed(links={f"usr/sbin/{each}": "xtables-nft-multi" for each in _PACKET_FILTERS}, texts={})


def crossplane(module: str) -> Layer:
    """Return a layer of Crossplane and what it installs, as its own image has them (nix/build.nix of its module).

    Args:
        module: Its module.
    """
    tool = "crossplane-core"

    def files(_: str) -> tree.Tree:
        made = _program(tool, "bin/crossplane")
        cluster = programs.module_folder(tool, module) / "cluster"
        for folder in ("crds", "webhookconfigurations"):
            made.read_folder(cluster / folder, folder)
        made.folder("home/nonroot", owner=NONROOT[1])
        return made

    return Layer(inputs=lambda architecture: program_inputs(tool, architecture), files=files)


def pause() -> Layer:
    """Return a layer of this package's own `pause`."""

    def inputs(architecture: str) -> str:
        _refuse_other(architecture, "pause")
        return workspace.sources("third_party/python/toolchain/go.txt")

    def files(_: str) -> tree.Tree:
        made = tree.Tree()
        with store.scratch() as work:
            programs.build(workspace.ROOT / "tools/images/pause", work / "pause")
            made.file("pause", (work / "pause").read_bytes(), mode=0o755)
        return made

    return Layer(inputs=inputs, files=files)


def function() -> list[Layer]:
    """Return the layers of the function: Debian's Python, what uv.lock names, and the workspace's own packages."""
    return [
        debian("function-cdk8s"),
        Layer(
            inputs=lambda architecture: workspace.digest(
                resolved.inputs("function-cdk8s", architecture), python.requirements("function-cdk8s")
            ),
            files=lambda architecture: python.dependencies(
                "function-cdk8s",
                architecture=architecture,
                interpreter=interpreter("function-cdk8s", architecture),
            ),
        ),
        Layer(
            inputs=lambda architecture: workspace.digest(
                resolved.inputs("function-cdk8s", architecture), python.inputs(*_FUNCTION)
            ),
            files=lambda architecture: python.own(
                *_FUNCTION, architecture=architecture, interpreter=interpreter("function-cdk8s", architecture)
            ),
        ),
    ]


def chart(package: str, *, path: str) -> Layer:
    """Return a layer of a chart.

    Args:
        package: The chart's package in the workspace.
        path: Where it goes; "" for an image to be mounted.
    """
    return Layer(
        inputs=lambda architecture: workspace.digest(
            resolved.inputs("function-cdk8s", architecture),
            path,
            python.inputs(package),
            *(python.requirements(each) for each in (package, "function-cdk8s")),
        ),
        files=lambda architecture: python.chart(
            package,
            path=path,
            architecture=architecture,
            interpreter=interpreter("function-cdk8s", architecture),
        ),
    )


def busybox() -> Layer:
    """Return a layer of busybox alone, with the names of its commands."""

    def files(architecture: str) -> tree.Tree:
        made = tree.Tree()
        name_users(made, NOBODY)
        packages = resolved.files("busybox", architecture)
        for path in packages.paths():
            if path == "usr/bin/busybox" or path.startswith(("usr/share/doc/", "var/lib/dpkg/")):
                made.add(path, packages.get(path))
        made.link("bin", "usr/bin")
        for command in _BUSYBOX:
            made.link(f"usr/bin/{command}", "busybox")
        return made

    return Layer(inputs=lambda architecture: resolved.inputs("busybox", architecture), files=files)


@functools.cache
def interpreter(name: str, architecture: str) -> tree.Tree:
    """Return a root that runs on this machine, with the Python that an image has on an architecture.

    Args:
        name: The image's lock in third_party/debian.
        architecture: The image's architecture.

    Raises:
        BuildError: If the lock has another Python for this machine.
    """
    host = workspace.architecture()
    files = resolved.files(name, host)
    theirs, own = (_python(resolved.lock(name, each)) for each in (architecture, host))
    if theirs != own:
        msg = (
            f"third_party/debian/{name} has {theirs} for {architecture} and {own} for {host}, "
            "and each makes bytecode of its own: run bin/images lock"
        )
        raise BuildError(msg)
    return files


def _python(lock: Lock) -> str:
    """Return the interpreter of a lock with its version; "" where there is none."""
    return next(
        (f"{each.name} {lock.version(each.name)}" for each in lock.packages if _INTERPRETER.fullmatch(each.name)), ""
    )


def _refuse_other(architecture: str, tool: str) -> None:
    if architecture != workspace.architecture():
        msg = f"{tool} is built for this machine alone: its image for {architecture} is built on {architecture}"
        raise BuildError(msg)


def program_inputs(tool: str, architecture: str) -> str:
    """Return the digest of what a program of bin/ is built of.

    Raises:
        BuildError: If it is not for this machine.
    """
    _refuse_other(architecture, f"bin/{tool}")
    return programs.inputs(tool)


def _program(tool: str, path: str) -> tree.Tree:
    files = tree.Tree()
    name_users(files, NOBODY, NONROOT)
    files.file(path, programs.executable(tool), mode=0o755)
    return files


def name_users(files: tree.Tree, *users: tuple[str, int]) -> None:
    """Add the files that name users, and a folder for temporary files."""
    everybody = (ROOT, *users)
    files.file("etc/passwd", "".join(f"{name}:x:{user}:{user}::/:/usr/sbin/nologin\n" for name, user in everybody))
    files.file("etc/group", "".join(f"{name}:x:{user}:\n" for name, user in everybody))
    files.file("etc/nsswitch.conf", "hosts: files dns\n")
    files.folder("tmp", mode=0o1777)
