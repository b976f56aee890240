"""The files of a layer, in memory, and the one tar they make.

Owners, times and the order of entries are set here: a tar depends on paths, modes and contents alone.
"""

import dataclasses
import fnmatch
import io
import os
import pathlib
import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator
from typing import IO

MERGED = ("bin", "lib", "lib64", "sbin")
"""Folders that Debian keeps as links into /usr (its package usrmerge)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Node:
    """A file, a folder or a symbolic link.

    Attributes:
        mode: Permission bits.
        content: A file's bytes or where to read them; None for a folder or link.
        target: Where a link points; "" for a file or folder.
        owner: User and group.
    """

    mode: int
    content: bytes | pathlib.Path | None = None
    target: str = ""
    owner: int = 0


class Tree:
    """Files by path, relative to the root."""

    def __init__(self) -> None:
        """Start with no files."""
        self._nodes: dict[str, Node] = {}

    def file(self, path: str, content: bytes | str | pathlib.Path, *, mode: int = 0o644) -> None:
        """Add a file."""
        self.add(path, Node(mode=mode, content=content.encode() if isinstance(content, str) else content))

    def folder(self, path: str, *, mode: int = 0o755, owner: int = 0) -> None:
        """Add a folder; those above a file need none."""
        self.add(path, Node(mode=mode, owner=owner))

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        self.add(path, Node(mode=0o777, target=target))

    def add(self, path: str, node: Node) -> None:
        """Add a node, in place of one of that path."""
        self._nodes[_normal(path)] = node

    def get(self, path: str) -> Node:
        """Return the node of a path.

        Raises:
            KeyError: If there is none.
        """
        return self._nodes[_normal(path)]

    def content(self, path: str) -> bytes:
        """Return what a file holds.

        Raises:
            KeyError: If there is no such file.
        """
        found = self.get(path).content
        if found is None:
            raise KeyError(path)
        return found if isinstance(found, bytes) else found.read_bytes()

    def paths(self) -> list[str]:
        """Return all paths, sorted."""
        return sorted(self._nodes)

    def remove(self, patterns: Iterable[str]) -> None:
        """Remove what matches one of the patterns of fnmatch, whose `*` crosses slashes, and all below it."""
        matches = re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns)).match
        for path in list(self._nodes):
            if any(matches(above) for above in _and_above(path)):
                del self._nodes[path]

    def read(self, archive: IO[bytes]) -> None:
        """Add what a tar holds, as an installed system has it."""
        with tarfile.open(fileobj=archive, mode="r|") as members:
            for member in members:
                path = _merged(_normal(member.name))
                if not path or path in MERGED:
                    continue
                mode = member.mode & 0o7777
                if member.isdir():
                    self._nodes.setdefault(path, Node(mode=mode))
                elif member.issym():
                    self.add(path, Node(mode=0o777, target=member.linkname))
                elif member.islnk():
                    self.add(path, self.get(_merged(_normal(member.linkname))))
                elif member.isreg():
                    self.add(path, Node(mode=mode, content=content(members, member)))

    def read_folder(self, folder: pathlib.Path, path: str = "") -> None:
        """Add what a folder of this host holds.

        Args:
            folder: The folder.
            path: Where it goes.
        """
        for file in sorted(folder.rglob("*")):
            name = posixpath.join(path, file.relative_to(folder).as_posix())
            if file.is_symlink():
                self.link(name, str(file.readlink()))
            elif file.is_dir():
                self.folder(name)
            else:
                self.file(name, file.read_bytes(), mode=0o755 if file.stat().st_mode & 0o100 else 0o644)

    def write(self, target: IO[bytes]) -> None:
        """Write all of it as a tar."""
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, node in self._complete():
                entry = tarfile.TarInfo(path)
                entry.mode = node.mode
                entry.uid = entry.gid = node.owner
                if node.target:
                    entry.type = tarfile.SYMTYPE
                    entry.linkname = node.target
                    archive.addfile(entry)
                elif node.content is None:
                    entry.type = tarfile.DIRTYPE
                    archive.addfile(entry)
                elif isinstance(node.content, bytes):
                    entry.size = len(node.content)
                    archive.addfile(entry, io.BytesIO(node.content))
                else:
                    entry.size = node.content.stat().st_size
                    with node.content.open("rb") as opened:
                        archive.addfile(entry, opened)

    def _complete(self) -> Iterator[tuple[str, Node]]:
        """Yield every node after the folders it is in."""
        nodes = dict(self._nodes)
        for path in self._nodes:
            for folder in _and_above(posixpath.dirname(path)):
                nodes.setdefault(folder, Node(mode=0o755))
        yield from sorted(nodes.items())


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = posixpath.dirname(path)


def _normal(path: str) -> str:
    normal = posixpath.normpath(path).lstrip("/")
    return "" if normal == "." else normal


def _merged(path: str) -> str:
    top = path.partition("/")[0]
    return f"usr/{path}" if top in MERGED and path != top else path


def content(archive: tarfile.TarFile, member: str | tarfile.TarInfo) -> bytes:
    """Return the bytes of a file in a tar.

    Raises:
        KeyError: If it holds no such file.
    """
    opened = archive.extractfile(member)
    if not opened:
        raise KeyError(member)
    return opened.read()


def extract(archive: tarfile.TarFile, folder: pathlib.Path) -> None:
    """Unpack a tar of a root file system; its files belong to whoever runs this.

    Links may be absolute, as they are in a root; they are written, never followed.
    """
    # By the attribute: the parameter came with a patch release of Python 3.11.
    archive.extraction_filter = _as_own
    archive.extractall(folder)  # noqa: S202  # What it holds is what this package packed.


def _as_own(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
    del path
    return member.replace(uid=os.getuid(), gid=os.getgid(), deep=False)
