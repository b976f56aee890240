"""Load the input files of a render, and check the types of the fields that a render reads.

Every error names the file, the document in it and the field.
"""

import codecs
import contextlib
import json
import pathlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, cast

import click
import pydantic
from cdk8s_function.chart import validation_errors
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import defaults
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.yaml import reader

_SUFFIXES = (".yaml", ".yml")


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)


class _OwnerReference(_Strict):
    uid: str | None = None
    controller: bool | None = None


class _AnyMetadata(_Strict):
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    ownerReferences: list[_OwnerReference] | None = None  # noqa: N815  # Its name in Kubernetes.


class _Metadata(_AnyMetadata):
    name: str | None = None


class _Object(_Strict):
    apiVersion: str = pydantic.Field(min_length=1)  # noqa: N815  # Its name in Kubernetes.
    kind: str = pydantic.Field(min_length=1)
    metadata: _Metadata | None = None


class _NamedMetadata(_AnyMetadata):
    name: str = pydantic.Field(min_length=1)


class _Composite(_Strict):
    apiVersion: str = pydantic.Field(min_length=1)  # noqa: N815  # Its name in Kubernetes.
    kind: str = pydantic.Field(min_length=1)
    metadata: _NamedMetadata
    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


def composite(path: pathlib.Path) -> dict[str, Json]:
    """Return the XR in a file: its first document, as in Crossplane. A warning tells of other documents."""
    found = documents(path)
    document = _first_of(found, path)
    if (count := sum(each is not None for each in found)) > 1:
        click.echo(f"{path}: only the first of its {count} objects is rendered", err=True)
    return _checked(document, _Composite, str(path))


def checked_composite(manifest: Json) -> dict[str, Json]:
    """Return an XR after a check of the types of the fields that a render reads.

    Raises:
        RenderError: If a type is wrong; names each field.
    """
    return _checked(manifest, _Composite, "XR")


def definition_for(xr: dict[str, Json], path: pathlib.Path) -> dict[str, Json]:
    """Return the CompositeResourceDefinition in a file, and add its defaults to the XR.

    Raises:
        RenderError: If it does not define this XR.
    """
    found = _checked(first(path), _Object, str(path))
    with about(path):
        defaults.apply(xr, found)
    return found


def objects(path: pathlib.Path) -> list[dict[str, Json]]:
    """Return the objects in a YAML file, or in the YAML files of a folder, sorted by file name."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES and not file.is_dir())
        if not files:
            msg = f"{path}: no YAML files (.yaml or .yml) in this folder"
            raise RenderError(msg)
    return [
        _checked(each, _Object, source)
        for file in files
        for index, document in enumerate(documents(file), start=1)
        if document is not None
        for each, source in _items(document, f"{file}, document {index}")
    ]


def _items(document: Json, source: str) -> Iterator[tuple[Json, str]]:
    """Return the objects of a document, each with its source. A List, as of `kubectl get -o yaml`, has several."""
    fields = cast("dict[str, Json]", document) if isinstance(document, dict) else {}
    items = fields.get("items")
    if (fields.get("apiVersion"), fields.get("kind")) == ("v1", "List") and isinstance(items, list):
        yield from ((item, f"{source}, item {index}") for index, item in enumerate(cast("list[Json]", items), start=1))
    else:
        yield document, source


def schemas(folder: pathlib.Path) -> list[dict[str, Json]]:
    """Return the OpenAPI v3 documents in the JSON files of a folder and its subfolders."""
    files = sorted(folder.rglob("*.json"))
    if not files:
        msg = f"{folder}: no JSON files in this folder"
        raise RenderError(msg)
    return [_schema(file) for file in files]


def context(files: Mapping[str, pathlib.Path], values: Mapping[str, str]) -> dict[str, Json] | None:
    """Return the context that the options set; None if they set none.

    Args:
        files: Files of JSON or YAML, by context key.
        values: JSON or YAML, by context key. They take precedence over files.
    """
    if not files and not values:
        return None
    strings = {key: (f"{path} (context key {key!r})", _text(path)) for key, path in files.items()}
    strings |= {key: (f"context value of key {key!r}", text) for key, text in values.items()}
    return {key: next(iter(_parsed(text, source)), None) for key, (source, text) in strings.items()}


@contextlib.contextmanager
def about(path: pathlib.Path) -> Generator[None]:
    """Prefix errors about the content of a file with its name."""
    try:
        yield
    except RenderError as error:
        msg = f"{path}: {error}"
        raise RenderError(msg) from error


def _schema(file: pathlib.Path) -> dict[str, Json]:
    try:
        document = json.loads(_text(file))
    except json.JSONDecodeError as error:
        msg = f"{file}: not JSON: line {error.lineno}: {error.msg}"
        raise RenderError(msg) from error
    if not isinstance(document, dict):
        msg = f"{file}: not an OpenAPI document, which is an object"
        raise RenderError(msg)
    return cast("dict[str, Json]", document)


def first(path: pathlib.Path) -> dict[str, Json]:
    """Return the first document of a YAML file, an object."""
    return _first_of(documents(path), path)


def _first_of(found: Sequence[Json], path: pathlib.Path) -> dict[str, Json]:
    document = next(iter(found), None)
    if not isinstance(document, dict):
        msg = f"{path}: holds no object"
        raise RenderError(msg)
    return cast("dict[str, Json]", document)


def log(path: pathlib.Path) -> str:
    """Return the text of a file with a log; what is not UTF-8 in it is replaced."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise RenderError(msg) from error


def yaml_files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Return the YAML files in a folder and its subfolders, sorted by path, without hidden ones."""
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix in _SUFFIXES and not hidden and file.is_file():
            yield file


def documents(path: pathlib.Path) -> list[Json]:
    """Return the documents of a YAML file."""
    return _parsed(_text(path), str(path))


def _parsed(text: str, source: str) -> list[Json]:
    try:
        return list(reader.documents(text))
    except reader.InvalidError as error:
        msg = f"{source}: not YAML: {error}"
        raise RenderError(msg) from error


def _text(path: pathlib.Path) -> str:
    try:
        content = path.read_bytes()
        # PowerShell writes UTF-16 when output is redirected to a file.
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise RenderError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: neither UTF-8 nor UTF-16 with a byte order mark"
        raise RenderError(msg) from error


def _checked(document: Json, model: type[_Strict], source: str) -> dict[str, Json]:
    if not isinstance(document, dict):
        msg = f"{source}: not a Kubernetes object"
        raise RenderError(msg)
    try:
        model.model_validate(document)
    except pydantic.ValidationError as error:
        msg = f"{source}: {validation_errors.describe(error, model=model)}"
        raise RenderError(msg) from error
    return cast("dict[str, Json]", document)
