"""What is no Kubernetes object is refused by its field, before cdk8s makes something else of it."""

from typing import Any

import pytest
from cdk8s_function import Manifest

OBJECT = {"apiVersion": "v1", "kind": "ConfigMap"}


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [
        pytest.param([OBJECT], "manifest must be a mapping or a model, not list", id="a list"),
        pytest.param("kind: ConfigMap", "manifest must be a mapping or a model, not str", id="text"),
        pytest.param(None, "manifest must be a mapping or a model, not NoneType", id="nothing"),
        pytest.param({}, "manifest.apiVersion is missing", id="an empty mapping"),
        pytest.param(
            {"apiversion": "v1", "kind": "ConfigMap"}, "manifest.apiVersion is missing", id="a misspelt field"
        ),
        pytest.param({"apiVersion": "v1"}, "manifest.kind is missing", id="no kind"),
        pytest.param(
            {**OBJECT, "apiVersion": 1}, "manifest.apiVersion must be text, not int", id="a number for a version"
        ),
        pytest.param({**OBJECT, "kind": None}, "manifest.kind must be text, not NoneType", id="null for a kind"),
        pytest.param(
            {**OBJECT, "metadata": "plain"}, "manifest.metadata must be a mapping, not str", id="text for metadata"
        ),
        pytest.param(
            {**OBJECT, "metadata": {"labels": ("a", "b")}},
            "manifest.metadata.labels must be a mapping, not list",
            id="a tuple for labels",
        ),
        pytest.param(
            {**OBJECT, "metadata": {"annotations": 5}},
            "manifest.metadata.annotations must be a mapping, not int",
            id="a number for annotations",
        ),
        pytest.param(
            {**OBJECT, "metadata": {"finalizers": "abc"}},
            "manifest.metadata.finalizers must be a list, not str",
            id="text for finalizers",
        ),
        pytest.param(
            {**OBJECT, "metadata": {"ownerReferences": {}}},
            "manifest.metadata.ownerReferences must be a list, not dict",
            id="a mapping for owners",
        ),
    ],
)
def test_what_is_no_object_is_refused(manifest: Any, fault: str) -> None:
    nowhere: Any = None

    with pytest.raises(TypeError) as refused:
        Manifest(nowhere, "made", manifest)

    assert str(refused.value) == fault
