"""Editors and type checkers know the fields of Kubernetes' objects, and a program gets plain dicts.

What the checkers find is tested by `typecheck`: an `ignore` without an error fails it.
"""

import subprocess
import sys

import cdk8s_function_schemas.types
from cdk8s_function_schemas.types import AppsV1Deployment, CoreV1Service


def test_an_object_of_a_type_is_a_plain_dict() -> None:
    made = AppsV1Deployment(apiVersion="apps/v1", kind="Deployment", metadata={"name": "web"})

    assert type(made) is dict
    assert made == {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}


def test_a_field_that_does_not_exist_is_an_error_of_type_checkers() -> None:
    service: CoreV1Service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"port": []},  # pyright: ignore[reportAssignmentType]
    }

    assert service["kind"] == "Service"


def test_the_types_import_nothing_that_takes_time() -> None:
    program = (
        "import sys; before = set(sys.modules); import cdk8s_function_schemas.types; print(*set(sys.modules) - before)"
    )
    command = [sys.executable, "-c", program]

    imported = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()

    assert not {"gzip", "importlib.resources", "pydantic", "tarfile"} & set(imported)


def test_a_name_with_an_underscore_is_no_type() -> None:
    assert not hasattr(cdk8s_function_schemas.types, "_anything")
