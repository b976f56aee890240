"""The CRD of the function input, for the function's package.

Crossplane never installs it: tools read it to complete and check the input of a
Composition's step. `nx run function-cdk8s:generate` writes it to `package/input/`.
"""

from typing import Any

import click
from cdk8s_function import input as function_input
from cdk8s_function import structural

from function_cdk8s import manifests

_PLURAL = f"{function_input.KIND.lower()}s"
_GIVEN_BY_KUBERNETES = ("apiVersion", "kind", "metadata")


def crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of ChartInput."""
    schema = structural.of(function_input.ChartInput, function_input.KIND)
    properties = schema["properties"]
    for field in _GIVEN_BY_KUBERNETES:
        properties.pop(field)
    texts = {"type": "string"}
    schema["properties"] = {"apiVersion": texts, "kind": texts, "metadata": {"type": "object"}, **properties}
    schema["required"] = sorted(set(schema["required"]) - set(_GIVEN_BY_KUBERNETES))
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{_PLURAL}.{function_input.GROUP}"},
        "spec": {
            "group": function_input.GROUP,
            "names": {
                "categories": ["crossplane"],
                "kind": function_input.KIND,
                "listKind": f"{function_input.KIND}List",
                "plural": _PLURAL,
                "singular": function_input.KIND.lower(),
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": function_input.VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


if __name__ == "__main__":
    click.echo(manifests.dump(crd()), nl=False)
