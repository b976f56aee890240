"""An ApiObject made of a whole manifest, for charts written without generated classes.

cdk8s's own ApiObject takes nothing but metadata from Python
(cdk8s-team/cdk8s-core#1297): a spec has to be patched in, at two more calls to
Node.js for each object.
"""

from collections.abc import Mapping
from typing import Any, cast

import cdk8s
import jsii
import pydantic
from constructs import Construct

from cdk8s_function.chart import json_values
from cdk8s_function.kernel.node import assembly
from cdk8s_function.objects import Json


class Manifest(cdk8s.ApiObject, metaclass=jsii.JSIIMeta, jsii_type=f"{assembly.NAME}.Manifest"):
    """A Kubernetes object.

    Args:
        scope: The construct it belongs to.
        id: Its id there; the path of ids is the object's identity.
        manifest: The object as Kubernetes has it: a model or a mapping, and in
            it whatever `Composite.set_status` takes, and values of cdk8s such as
            `Lazy.any(…)`. Without `metadata.name` it gets the name cdk8s makes of
            its path.

    Raises:
        TypeError: If a value has no JSON form, or `apiVersion`, `kind` or `metadata` another type than Kubernetes
            defines; names its path and type.
        ValueError: If a number or text has no JSON form, or the manifest nests too deep.
    """

    def __init__(self, scope: Construct, id: str, manifest: Mapping[str, Any] | pydantic.BaseModel) -> None:
        """Make the object."""
        plain = json_values.to_json(manifest, "manifest", keeps=_is_of_jsii)
        _check(plain, manifest)
        jsii.create(type(self), self, [scope, id, plain])  # pyright: ignore[reportUnknownMemberType]


_METADATA = {"labels": dict, "annotations": dict, "finalizers": list, "ownerReferences": list}
"""Fields of metadata that cdk8s would spread into whatever it is given, a letter a key for text."""

_WORDS = {str: "text", dict: "a mapping", list: "a list"}


def _check(plain: Json, given: object) -> None:
    """Refuse what cdk8s would fail on without a word about the field, or would make something else of."""
    if not isinstance(plain, dict):
        msg = f"manifest must be a mapping or a model, not {type(given).__name__}"
        raise TypeError(msg)
    fields = cast("dict[str, Json]", plain)
    for field in ("apiVersion", "kind"):
        if field not in fields:
            msg = f"manifest.{field} is missing"
            raise TypeError(msg)
        _check_type(fields[field], str, field)
    metadata = fields.get("metadata")
    if metadata is not None:
        _check_type(metadata, dict, "metadata")
    if isinstance(metadata, dict):
        for field, kind in _METADATA.items():
            if (value := cast("dict[str, Json]", metadata).get(field)) is not None:
                _check_type(value, kind, f"metadata.{field}")


def _check_type(value: Json, kind: type, path: str) -> None:
    # What is of jsii may become a value of that type.
    if not isinstance(value, kind) and not _is_of_jsii(value):
        msg = f"manifest.{path} must be {_WORDS[kind]}, not {type(value).__name__}"
        raise TypeError(msg)


def _is_of_jsii(value: object) -> bool:
    """Return whether jsii knows how to hand a value to the kernel: objects, structs and enums of its packages do."""
    return hasattr(type(value), "__jsii_type__") or hasattr(type(value), "__jsii_ifaces__")
