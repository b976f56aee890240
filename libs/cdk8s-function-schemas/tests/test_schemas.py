"""The schemas are there, and hang together."""

import json
import re

import cdk8s_function_schemas
import pytest


@pytest.mark.parametrize("version", cdk8s_function_schemas.versions())
def test_each_reference_of_a_version_names_a_definition(version: str) -> None:
    data = cdk8s_function_schemas.load(version)
    definitions = data["definitions"]
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(definitions))

    assert data["version"].startswith(f"{version}.")
    assert {"v1/Pod", "apps/v1/Deployment", "networking.k8s.io/v1/Ingress"} <= set(data["kinds"])
    assert {*data["kinds"].values(), *references} == set(definitions)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no schemas of Kubernetes v1\.2; there are those of v1\."):
        cdk8s_function_schemas.load("v1.2")
