"""What Crossplane adds to a composed resource before it applies it.

crossplane v2.3, internal/controller/apiextensions/composite/composition_functions.go,
composition_render.go and internal/names.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.rendered_xr import NAME_LABEL, controller_of

KEY_ANNOTATION = "crossplane.io/composition-resource-name"

_CLAIM_LABELS = ("crossplane.io/claim-name", "crossplane.io/claim-namespace")
_OWNER_FIELDS = ("apiVersion", "kind", "name", "uid")
_OWNER_FLAGS = ("controller", "blockOwnerDeletion")
_HASH_FIGURES = 12
_CHILD_NAME_LENGTH = 63


def key_of(manifest: Mapping[str, Json]) -> str:
    """Return the composition-resource-name of an object as Crossplane applied it, "" if it has none."""
    return fields.strings(fields.at(manifest, "metadata", "annotations")).get(KEY_ANNOTATION, "")


def complete(
    manifest: Mapping[str, Json], *, key: str, xr: Mapping[str, Json], observed: Mapping[str, Json] | None
) -> dict[str, Json]:
    """Return a composed resource as Crossplane applies it.

    Args:
        manifest: The object the pipeline desires.
        key: Its composition-resource-name.
        xr: The XR, as functions see it.
        observed: The object as it is in the cluster, None if it does not exist yet.

    Raises:
        RenderError: If Crossplane would refuse it.
    """
    made = {**manifest, "metadata": dict(objects.metadata(manifest))}
    metadata: dict[str, Any] = made["metadata"]
    if observed is not None:
        _keep_identity(metadata, observed)
    labels = fields.strings(fields.at(xr, "metadata", "labels"))
    if not metadata.get("name") and not metadata.get("generateName"):
        metadata["generateName"] = f"{labels[NAME_LABEL]}-"
    if objects.namespace(xr):
        metadata["namespace"] = objects.namespace(xr)
    if key:
        metadata["annotations"] = {**fields.strings(metadata.get("annotations")), KEY_ANNOTATION: key}
    metadata["labels"] = {**fields.strings(metadata.get("labels")), **_labels(labels)}
    metadata["ownerReferences"] = _owners(made, key, xr)
    if not metadata.get("name"):
        metadata["name"] = _child_name(metadata["generateName"], xr["metadata"]["uid"], key)
    _check_name(made, key)
    return made


def reference(manifest: Mapping[str, Json], *, namespaced: bool) -> dict[str, Json]:
    """Return the reference an XR keeps to a composed resource; that of a namespaced XR leaves the namespace out."""
    made: dict[str, Json] = {"apiVersion": manifest.get("apiVersion"), "kind": manifest.get("kind")}
    made["name"] = objects.name(manifest)
    if not namespaced and objects.namespace(manifest):
        made["namespace"] = objects.namespace(manifest)
    if objects.metadata(manifest).get("uid"):
        made["uid"] = objects.metadata(manifest)["uid"]
    return made


def _keep_identity(metadata: dict[str, Any], observed: Mapping[str, Json]) -> None:
    for field in ("namespace", "name", "generateName"):
        value = objects.metadata(observed).get(field)
        if value:
            metadata[field] = value
        else:
            metadata.pop(field, None)


def _labels(xr_labels: Mapping[str, str]) -> dict[str, str]:
    claim = {label: xr_labels.get(label, "") for label in _CLAIM_LABELS}
    return {NAME_LABEL: xr_labels[NAME_LABEL], **(claim if all(claim.values()) else {})}


def _owners(manifest: Mapping[str, Json], key: str, xr: Mapping[str, Json]) -> list[dict[str, Json]]:
    uid = xr["metadata"]["uid"]
    controller = controller_of(manifest)
    if controller and controller.get("uid") != uid:
        msg = (
            f'cannot render metadata for composed resource "{key}": cannot set controller reference: '
            f"{objects.name(manifest)} is already controlled by {controller.get('kind')} {controller.get('name')} "
            f"(UID {controller.get('uid')})"
        )
        raise RenderError(msg)
    owner = {
        "apiVersion": xr["apiVersion"],
        "kind": xr["kind"],
        "name": objects.name(xr),
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    owners = [_owner(item) for item in fields.sequence(manifest, "metadata", "ownerReferences")]
    if any(item["uid"] == uid for item in owners):
        return [owner if item["uid"] == uid else item for item in owners]
    return [*owners, owner]


def _owner(item: Mapping[str, Json]) -> dict[str, Json]:
    return {field: item.get(field) or "" for field in _OWNER_FIELDS} | {
        flag: item[flag] for flag in _OWNER_FLAGS if isinstance(item.get(flag), bool)
    }


def _child_name(prefix: str, uid: str, key: str) -> str:
    suffix = hashlib.sha256(f"{uid}{key}".encode()).hexdigest()[:_HASH_FIGURES]
    prefix = prefix if prefix.endswith("-") else f"{prefix}-"
    room = _CHILD_NAME_LENGTH - _HASH_FIGURES
    if len(prefix) > room:
        prefix = prefix[:room] if prefix[:room].endswith("-") else f"{prefix[: room - 1]}-"
    return prefix + suffix


def _check_name(manifest: Mapping[str, Json], key: str) -> None:
    name = objects.name(manifest)
    if not objects.is_name(manifest.get("apiVersion") or "", manifest.get("kind") or "", name):
        msg = (
            f'cannot apply composed resource "{key}" because it has an invalid name "{name}". '
            "Must be a valid RFC 1123 subdomain name."
        )
        raise RenderError(msg)
