"""The XRD of the package is generated from the models."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from cdk8s_function.testing import definition
from internal_dns.chart import InternalDns

DEFINITION = pathlib.Path(__file__).parents[3] / "package/apis/internaldns/definition.yaml"


def test_the_package_has_the_definition_made_from_the_models() -> None:
    written = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    assert written == definition(InternalDns), "run: bin/nx run internal-dns-xp:generate"


def silent(schema: dict[str, Any], path: str) -> Iterator[str]:
    if not schema.get("description"):
        yield path
    for name, field in schema.get("properties", {}).items():
        yield from silent(field, f"{path}.{name}")
    for name, field in schema.get("items", {}).get("properties", {}).items():
        yield from silent(field, f"{path}[].{name}")


def test_kubectl_explain_has_a_description_at_every_level() -> None:
    written: Any = definition(InternalDns)

    assert list(silent(written["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "internaldns")) == []


@pytest.mark.parametrize("field", ["storageSize", "service"])
def test_what_the_cluster_refused_can_be_taken_back(field: str) -> None:
    # The chart compares with the claim and the Service. A rule with oldSelf would compare with what was refused.
    written: Any = definition(InternalDns)
    spec = written["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert "oldSelf" not in str(spec["properties"][field])
