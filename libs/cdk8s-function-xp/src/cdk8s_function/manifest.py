"""An ApiObject made of a whole manifest, for charts written without generated classes.

cdk8s's own ApiObject takes nothing but metadata from Python
(cdk8s-team/cdk8s-core#1297): a spec has to be patched in, at two more calls to
Node.js for each object.
"""

from collections.abc import Mapping
from typing import Any

import cdk8s
import jsii
import pydantic
from constructs import Construct

from cdk8s_function.chart import json_values
from cdk8s_function.kernel.node import assembly


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
        TypeError: If a value has no JSON form; names its path and type.
        ValueError: If a number has no JSON form, or the manifest nests too deep.
    """

    def __init__(self, scope: Construct, id: str, manifest: Mapping[str, Any] | pydantic.BaseModel) -> None:
        """Make the object."""
        plain = json_values.to_json(manifest, "manifest", keeps=_is_of_jsii)
        jsii.create(type(self), self, [scope, id, plain])  # pyright: ignore[reportUnknownMemberType]


def _is_of_jsii(value: object) -> bool:
    """Return whether jsii knows how to hand a value to the kernel: objects, structs and enums of its packages do."""
    return hasattr(type(value), "__jsii_type__") or hasattr(type(value), "__jsii_ifaces__")
