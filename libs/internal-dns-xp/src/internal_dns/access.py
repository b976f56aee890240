"""Who external-dns is to the API server, and what it may read.

A namespaced XR composes nothing outside its namespace and nothing cluster-scoped
(crossplane v2.3, composition_functions.go). That suits: whoever may make an
InternalDNS in a namespace must not get to read other namespaces by it. So the
chart grants what it can, the ingresses of its own namespace, and an
administrator grants more once, with the manifests in this project's `access/`.
"""

from collections.abc import Sequence

from cdk8s_function import Json

from internal_dns.spec import InternalDnsSpec

_GROUP = "rbac.authorization.k8s.io"


def account_name(xr_name: str) -> str:
    """Return the name of an InternalDNS' service account.

    Unlike other names it has no hash: an administrator writes it down in a
    binding before the object is there.
    """
    return f"internal-dns-{xr_name}"


def is_local(spec: InternalDnsSpec, namespace: str | None) -> bool:
    """Return whether external-dns reads nothing but ingresses of the XR's own namespace.

    The Gateway source reads namespaces, which are cluster-scoped.
    """
    return spec.namespaces == [namespace] and spec.sources == ["ingress"]


def account(name: str) -> Json:
    """Return the ServiceAccount."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name},
        "automountServiceAccountToken": False,
    }


def role() -> Json:
    """Return the Role that lets it read the namespace's ingresses."""
    rules = [{"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["get", "list", "watch"]}]
    return {"apiVersion": f"{_GROUP}/v1", "kind": "Role", "rules": rules}


def binding(*, account: str, role: str, namespace: str | None) -> Json:
    """Return the RoleBinding between the two.

    Args:
        account: The service account's name.
        role: The role's name.
        namespace: The namespace of both.
    """
    subjects: Sequence[Json] = [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": _GROUP, "kind": "Role", "name": role},
        "subjects": subjects,
    }
