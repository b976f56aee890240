"""Compare the files of a folder that wheels were unpacked into with the wheels' RECORDs."""

import base64
import hashlib
import importlib.machinery
import importlib.metadata
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from cdk8s_function.installed import registry
from cdk8s_function.installed.chart_files import stamp

_Wheel = importlib.metadata.Distribution
State = tuple[object, ...]
"""Stamps of files, which change if the files do."""

_MODULES = tuple(importlib.machinery.all_suffixes())
"""Includes bytecode: outside of __pycache__, Python imports it as a module."""

_SCRIPTS = "bin"
"""Where pip puts the commands of wheels; no module is imported from there."""


def wheels_by_name(folder: pathlib.Path) -> dict[str, _Wheel]:
    """Return the wheels in a folder, by normalized name."""
    return {registry.normalized(wheel.metadata["Name"] or ""): wheel for wheel in registry.wheels_in(folder)}


def altered(folder: pathlib.Path, wheels: Mapping[str, _Wheel]) -> Iterator[str]:
    """Return a sentence for each way in which the files differ from the RECORDs.

    Args:
        folder: The folder.
        wheels: The wheels in it, by name.
    """
    listed: dict[str, str] = {}
    for name, wheel in sorted(wheels.items()):
        files = registry.listed_files(wheel)
        if not files:
            yield f"wheel {name} {wheel.version} in {folder} has no RECORD of its files"
        elif not (wheel.read_text("RECORD") or "").endswith("\n"):
            yield f"the RECORD of wheel {name} {wheel.version} in {folder} ends within a line"
        listed.update((path, digest) for path, digest in files if not path.startswith(("../", "/")))
    for path in sorted(listed):
        if not (folder / path).is_file():
            yield f"{folder / path} is missing"
            return
    for path, digest in sorted(listed.items()):
        if not _is_of_digest(folder / path, digest):
            yield f"{folder / path} is not the file that its wheel's RECORD tells of"


def unlisted(folder: pathlib.Path, wheels: Iterable[_Wheel]) -> Iterator[pathlib.Path]:
    """Return the modules in a folder that no wheel lists, sorted."""
    listed = {path for wheel in wheels for path, _ in registry.listed_files(wheel)}
    for file in files(folder):
        path = file.relative_to(folder)
        if path.name.endswith(_MODULES) and path.parts[0] != _SCRIPTS and path.as_posix() not in listed:
            yield file


def _is_of_digest(file: pathlib.Path, digest: str) -> bool:
    """Return whether a file has a digest of the form in a RECORD: `sha256=`, and base64 for URLs without padding."""
    algorithm, _, value = digest.partition("=")
    if algorithm not in hashlib.algorithms_guaranteed:
        return False
    with file.open("rb") as content:
        found = hashlib.file_digest(content, algorithm).digest()
    return base64.urlsafe_b64encode(found).rstrip(b"=") == value.rstrip("=").encode()


def top_modules(folder: pathlib.Path) -> set[str]:
    """Return the names that an import would find in a folder."""
    return {path.name.partition(".")[0] for path in folder.iterdir() if path.is_dir() or path.name.endswith(_MODULES)}


def files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Return the files of a folder and those below it, without what Python caches there."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            yield pathlib.Path(path, name)


def quick_state(folder: pathlib.Path) -> State:
    """Return the state of a folder and of its wheels' metadata, which takes a few system calls."""
    wheels = sorted(folder.glob("*.dist-info"))
    return state([folder, *wheels, *(wheel / "RECORD" for wheel in wheels)])


def state(paths: Iterable[pathlib.Path]) -> State:
    """Return the state of files and folders."""
    return tuple((path, stamp(path)) for path in map(str, paths))
