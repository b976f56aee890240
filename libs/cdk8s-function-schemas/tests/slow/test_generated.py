"""The schemas are those of the Kubernetes release that the workspace pins."""

import importlib.util
import pathlib
from typing import Any

import cdk8s_function_schemas

GENERATOR = pathlib.Path(__file__).parents[4] / "tools/schemas/kubernetes.py"


def test_the_newest_schemas_and_the_types_are_those_of_the_pinned_release() -> None:
    """If not: `bin/nx run cdk8s-function-schemas:generate`."""
    spec = importlib.util.spec_from_file_location("kubernetes", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    generator: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)

    wanted = {**generator.data(generator.swagger()), "version": generator.version()}

    assert cdk8s_function_schemas.load() == wanted
    assert generator.TYPES.read_text(encoding="utf-8") == generator.types(wanted)
