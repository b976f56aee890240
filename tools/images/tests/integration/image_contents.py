"""What an image archive holds, whoever wrote it: its files and its settings, without times."""

import hashlib
import json
import pathlib
import posixpath
import tarfile
from typing import Any

_SETTINGS = ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Labels", "User", "Volumes", "WorkingDir")
_BUILDERS = "io.buildah."
"""Labels that a builder adds of itself."""


def settings(archive: pathlib.Path) -> dict[str, Any]:
    """Return how the image of a `docker save` archive runs, by the names of the image's config file."""
    with tarfile.open(archive) as opened:
        manifest = json.loads(_read(opened, "manifest.json"))[0]
        config = json.loads(_read(opened, manifest["Config"]))["config"]
    found: dict[str, Any] = {name: config.get(name) or None for name in _SETTINGS}
    labels: dict[str, str] = found["Labels"] or {}
    kept = {name: value for name, value in labels.items() if not name.startswith(_BUILDERS)}
    return {**found, "Labels": kept, "WorkingDir": found["WorkingDir"] or "/"}


def files(archive: pathlib.Path) -> dict[str, str]:
    """Return the files of the image of a `docker save` archive, each with kind, mode, owner and content.

    An upper layer's file takes the place of a lower one's: none of these images removes any.
    """
    found: dict[str, str] = {}
    with tarfile.open(archive) as opened:
        manifest = json.loads(_read(opened, "manifest.json"))[0]
        for layer in manifest["Layers"]:
            member = opened.extractfile(_member(opened, layer))
            with tarfile.open(fileobj=member, mode="r:*") as unpacked:
                for entry in unpacked:
                    path = posixpath.normpath(f"/{entry.name}").lstrip("/")
                    if path:
                        found[path] = _told(unpacked, entry)
    return found


def _told(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    owner = f"{entry.uid}:{entry.gid}"
    if entry.issym():
        return f"link to {entry.linkname}"
    if entry.isdir():
        return f"folder {entry.mode:o} {owner}"
    content = archive.extractfile(entry)
    if content is None:
        return f"type {entry.type!r} {entry.mode:o} {owner}"
    return f"file {entry.mode:o} {owner} {hashlib.sha256(content.read()).hexdigest()}"


def _member(archive: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    # Of layers that are equal, some builders write links to the first.
    member = archive.getmember(name)
    if member.issym():
        return archive.getmember(posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname)))
    return member


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(name)
    assert content is not None
    return content.read()
