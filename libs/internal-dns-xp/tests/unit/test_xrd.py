"""The XRD of the package is the one the models make."""

import pathlib

import yaml
from cdk8s_function.schema import xrd

DEFINITION = pathlib.Path(__file__).parents[2] / "package/apis/internaldns/definition.yaml"


def test_the_package_has_the_definition_made_from_the_models() -> None:
    # Importing the chart imports cdk8s, and so starts Node.js: only here.
    from internal_dns.chart import InternalDns

    written = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    assert written == xrd.of(InternalDns.composite_type), (
        f"run: .venv/bin/function-cdk8s xrd internal-dns > {DEFINITION}"
    )
