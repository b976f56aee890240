"""Read and write YAML the way Kubernetes tools do."""

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, cast

import click
import yaml


class _Dumper(yaml.SafeDumper):
    """Block style, lists not indented below their key's column, long lines left whole."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002  # The signature of PyYAML.
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def dump(*documents: Mapping[str, Any]) -> str:
    """Return documents as YAML, keys in their given order."""
    return yaml.dump_all(
        documents, Dumper=_Dumper, sort_keys=False, width=1 << 20, explicit_start=True, allow_unicode=True
    )


def load(path: pathlib.Path) -> list[dict[str, Any]]:
    """Return the objects in a YAML file, or in every YAML file of a folder.

    Raises:
        click.ClickException: If a file can't be read, is no YAML, or holds
            something that is no Kubernetes object; names the file.
    """
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    return [document for file in files for document in _documents(file)]


def _documents(file: pathlib.Path) -> Iterable[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except OSError as error:
        msg = f"cannot read {file}: {error.strerror}"
        raise click.ClickException(msg) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"{file} is not YAML: {' '.join(str(error).split())}"
        raise click.ClickException(msg) from error
    for place, document in enumerate(documents, start=1):
        if document is None:
            continue
        if not isinstance(document, dict) or not {"apiVersion", "kind"} <= document.keys():
            msg = f"{file}, document {place}: no Kubernetes object (it needs apiVersion and kind)"
            raise click.ClickException(msg)
        yield cast("dict[str, Any]", document)
