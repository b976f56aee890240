"""Write YAML as Kubernetes' own manifests are written: block style, keys in their given order."""

from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Block style, lists at their key's column, long lines not broken."""

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
