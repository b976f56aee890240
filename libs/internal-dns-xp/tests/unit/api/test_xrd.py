"""The XRD of the package is generated from the models."""

import pathlib

import yaml
from cdk8s_function.testing import definition
from internal_dns.chart import InternalDns

DEFINITION = pathlib.Path(__file__).parents[3] / "package/apis/internaldns/definition.yaml"


def test_the_package_has_the_definition_made_from_the_models() -> None:
    written = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    assert written == definition(InternalDns), "run: bin/nx run internal-dns-xp:generate"
