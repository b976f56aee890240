"""The CRD of the function input, for the function's package.

Crossplane does not install it. Tools read it to complete and check the input of
a step of a Composition. `nx run function-cdk8s:generate` writes it to `package/input/`.
"""

from typing import Any

import click
from cdk8s_function.schema import structural
from cdk8s_function.server import chart_input

from function_cdk8s import manifests

_PLURAL = f"{chart_input.KIND.lower()}s"
_GIVEN_BY_KUBERNETES = ("apiVersion", "kind", "metadata")


def crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of ChartInput."""
    schema = structural.of(chart_input.ChartInput, chart_input.KIND)
    properties = schema["properties"]
    for field in _GIVEN_BY_KUBERNETES:
        properties.pop(field)
    string = {"type": "string"}
    schema["properties"] = {"apiVersion": string, "kind": string, "metadata": {"type": "object"}, **properties}
    schema["required"] = sorted(set(schema["required"]) - set(_GIVEN_BY_KUBERNETES))
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{_PLURAL}.{chart_input.GROUP}"},
        "spec": {
            "group": chart_input.GROUP,
            "names": {
                "categories": ["crossplane"],
                "kind": chart_input.KIND,
                "listKind": f"{chart_input.KIND}List",
                "plural": _PLURAL,
                "singular": chart_input.KIND.lower(),
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": chart_input.VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


if __name__ == "__main__":
    click.echo(manifests.dump(crd()), nl=False)
