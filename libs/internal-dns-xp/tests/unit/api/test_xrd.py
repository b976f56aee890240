"""The XRD of the package is generated from the models."""

import pathlib
from collections.abc import Mapping
from typing import Any

import yaml

DEFINITION = pathlib.Path(__file__).parents[3] / "package/apis/internaldns/definition.yaml"


def test_the_package_has_the_definition_made_from_the_models(definition: Mapping[str, Any]) -> None:
    written = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    assert written == definition, "run: bin/nx run internal-dns-xp:generate"
