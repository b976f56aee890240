"""Names that stay the same from one reconcile to the next.

Crossplane knows a composed resource by its composition-resource-name, the key.
It is the object's construct path below the chart, without the `Resource` and
`Default` that cdk8s constructs give their one child, as in cdk8s's own names.

cdk8s makes an object's name in the cluster of the readable parts of its path and
a hash of the whole path. Two XRs of different kinds or namespaces can share a
name and construct ids, so each chart is in a scope whose id differs between
them. The id consists of characters that cdk8s drops from the readable part of a
name, so that only the hash changes.
"""

import hashlib

_HIDDEN_COMPONENTS = frozenset({"resource", "default"})
_SIGNS = "!#$%&()*+,<=>?@~"
"""Sixteen characters that no DNS label or label value has: cdk8s drops them from names, not from the hash."""
_SCOPE_ID_BYTES = 8


def key_of(path: str) -> str:
    """Return the composition-resource-name of the object at a construct path below its chart."""
    components = path.split("/")
    shown = [component for component in components if component.lower() not in _HIDDEN_COMPONENTS]
    return "/".join(shown or components)


def scope_id(*, api_version: str, kind: str, namespace: str | None) -> str:
    """Return the id of the scope of an XR's chart.

    Args:
        api_version: The XR's apiVersion. Its version does not count: a new
            version of an API must not rename objects.
        kind: The XR's kind.
        namespace: The XR's namespace, if it has one.
    """
    group = api_version.rpartition("/")[0]
    digest = hashlib.sha256("\n".join((group, kind, namespace or "")).encode()).digest()
    return "".join(_SIGNS[byte >> 4] + _SIGNS[byte & 15] for byte in digest[:_SCOPE_ID_BYTES])
