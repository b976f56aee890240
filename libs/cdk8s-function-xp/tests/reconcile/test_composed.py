"""Names and owners of composed resources that no chart leads to: cdk8s names each object itself."""

import hashlib
from typing import Any

import pytest
from cdk8s_function.reconcile import composed
from cdk8s_function.reconcile.errors import RenderError

XR: dict[str, Any] = {
    "apiVersion": "example.org/v1",
    "kind": "Thing",
    "metadata": {"name": "one", "namespace": "team-a", "uid": "u-1", "labels": {"crossplane.io/composite": "one"}},
}


def complete(metadata: dict[str, Any], *, key: str = "a", observed: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the metadata a ConfigMap ends up with."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return composed.complete(manifest, key=key, xr=XR, observed=observed)["metadata"]


def suffix(key: str) -> str:
    return hashlib.sha256(f"u-1{key}".encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({}, f"one-{suffix('a')}"),
        ({"generateName": "mine-"}, f"mine-{suffix('a')}"),
        ({"generateName": "mine"}, f"mine-{suffix('a')}"),
        ({"generateName": "x" * 80}, f"{'x' * 50}-{suffix('a')}"),
        ({"generateName": f"{'x' * 50}-{'y' * 30}"}, f"{'x' * 50}-{suffix('a')}"),
        ({"generateName": f"{'x' * 50}-"}, f"{'x' * 50}-{suffix('a')}"),
    ],
)
def test_an_object_without_a_name_gets_one_from_the_xrs_uid_and_its_key(metadata: dict[str, Any], name: str) -> None:
    made = complete(metadata)

    assert made["name"] == name
    assert len(name) <= 63
    assert made["generateName"] == metadata.get("generateName", "one-")


def test_an_object_that_exists_keeps_its_identity() -> None:
    observed = {"metadata": {"name": "kept", "namespace": "team-a"}}

    made = complete({"name": "wanted", "generateName": "w-"}, observed=observed)

    assert (made["name"], made.get("generateName"), made["namespace"]) == ("kept", None, "team-a")


def test_the_xr_becomes_the_controller_among_other_owners() -> None:
    other = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u-2"}
    stale = {"apiVersion": "v1", "kind": "Old", "name": "old", "uid": "u-1", "controller": False}
    xr = {
        "apiVersion": "example.org/v1",
        "kind": "Thing",
        "name": "one",
        "uid": "u-1",
        "controller": True,
        "blockOwnerDeletion": True,
    }

    assert complete({})["ownerReferences"] == [xr]
    assert complete({"ownerReferences": [{**other, "more": "x"}]})["ownerReferences"] == [other, xr]
    assert complete({"ownerReferences": [stale, other]})["ownerReferences"] == [xr, other]


def test_an_object_of_another_controller_is_refused() -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u-2", "controller": True}

    with pytest.raises(RenderError, match='"a": cannot set controller reference: x is already controlled by Node n'):
        complete({"name": "x", "ownerReferences": [owner]})
