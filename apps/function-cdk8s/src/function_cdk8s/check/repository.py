"""The repository of a chart: which charts its wheel has, and the manifests beside them."""

import dataclasses
import os
import pathlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from cdk8s_function.installed import registry
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError

from function_cdk8s.check.faults import Fault
from function_cdk8s.render import inputs

PACKAGE = ("package", "apis")
"""Folders in which a repository keeps its XRDs and Compositions."""

EXAMPLES = ("example", "examples")
"""Folders in which it keeps its examples."""


@dataclasses.dataclass(frozen=True)
class Document:
    """A Kubernetes object in a file.

    Attributes:
        file: The file.
        place: Which document of the file it is, "" if it is the only one.
        manifest: The object.
    """

    file: str
    place: str
    manifest: dict[str, Json]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wheel:
    """What a pyproject.toml declares.

    Attributes:
        file: The file.
        name: The wheel's name, normalized.
        charts: The classes of its charts, by name.
    """

    file: str
    name: str
    charts: Mapping[str, str]


def wheel(folder: pathlib.Path) -> Wheel | Fault:
    """Return the wheel of a repository.

    Args:
        folder: The folder with its pyproject.toml.
    """
    path = folder / "pyproject.toml"
    file = shown(path)
    try:
        project = fields.mapping(tomllib.loads(path.read_text(encoding="utf-8")), "project")
    except FileNotFoundError:
        return Fault(file=file, message="is not there; check the folder of a chart, with its pyproject.toml")
    except OSError as error:
        return Fault(file=file, message=f"cannot be read: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Fault(file=file, message=f"not TOML: {error}")
    charts = fields.strings(fields.at(project, "entry-points", registry.GROUP))
    if not charts:
        return Fault(file=file, field=f'project.entry-points."{registry.GROUP}"', message="declares no charts")
    return Wheel(file=file, name=registry.normalized(str(project.get("name"))), charts=charts)


def documents(paths: Iterable[pathlib.Path]) -> Iterator[Document | Fault]:
    """Return the objects in YAML files, those in folders below included.

    A document without apiVersion and kind is not one of Kubernetes', and left out.

    Args:
        paths: Files and folders.
    """
    for file in _files(paths):
        try:
            found = inputs.documents(file)
        except RenderError as error:
            yield Fault(file=shown(file), message=str(error).removeprefix(f"{file}: "))
            continue
        for index, document in enumerate(found, start=1):
            if isinstance(document, dict) and {"apiVersion", "kind"} <= document.keys():
                place = f"document {index}" if len(found) > 1 else ""
                yield Document(shown(file), place, cast("dict[str, Any]", document))


def folders(folder: pathlib.Path, names: Sequence[str]) -> list[pathlib.Path]:
    """Return which of some folders there are in a repository."""
    return [folder / name for name in names if (folder / name).is_dir()]


def shown(path: pathlib.Path) -> str:
    """Return a path as it is shown: from where the command runs."""
    return os.path.relpath(path)


def _files(paths: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
    for path in paths:
        if path.is_dir():
            yield from inputs.yaml_files(path)
        else:
            yield path
