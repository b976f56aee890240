"""An ApiObject made of a whole manifest, for charts written without generated classes.

cdk8s's own ApiObject takes nothing but metadata from Python
(cdk8s-team/cdk8s-core#1297): a spec has to be patched in, at two more calls to
Node.js for each object.
"""

from collections.abc import Mapping
from typing import Any

import cdk8s
import jsii
from constructs import Construct

from cdk8s_function.kernel.node import assembly


class Manifest(cdk8s.ApiObject, metaclass=jsii.JSIIMeta, jsii_type=f"{assembly.NAME}.Manifest"):
    """A Kubernetes object.

    Args:
        scope: The construct it belongs to.
        id: Its id there; the path of ids is the object's identity.
        manifest: The object as Kubernetes has it. Without `metadata.name` it
            gets the name cdk8s makes of its path.
    """

    def __init__(self, scope: Construct, id: str, manifest: Mapping[str, Any]) -> None:
        """Make the object."""
        jsii.create(type(self), self, [scope, id, dict(manifest)])  # pyright: ignore[reportUnknownMemberType]
