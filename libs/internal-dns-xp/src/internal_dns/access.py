"""The service account of external-dns, and what it may read.

A namespaced XR composes nothing outside its namespace and nothing cluster-scoped
(crossplane v2.3, composition_functions.go). This is also safer: a person
who can create an InternalDNS in one namespace must not read other namespaces by
it. So the chart grants what lies in its own namespace. Everything else an
administrator grants once, with the manifests in this project's `access/`.
"""

from collections.abc import Sequence

from cdk8s_function import Json

from internal_dns.api import sources
from internal_dns.api.sources import Source
from internal_dns.api.spec import InternalDnsSpec

_GROUP = "rbac.authorization.k8s.io"


def account_name(xr_name: str) -> str:
    """Return the name of an InternalDNS' service account.

    It has no hash, unlike other names: an administrator writes it into a binding
    before the object exists.
    """
    return f"internal-dns-{xr_name}"


def is_local(spec: InternalDnsSpec, namespace: str | None) -> bool:
    """Return whether all that external-dns reads is in the XR's own namespace, so that a Role can grant it."""
    return spec.namespaces == [namespace] and all(source.is_namespaced for source in spec.sources)


def account(name: str) -> Json:
    """Return the ServiceAccount."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name},
        "automountServiceAccountToken": False,
    }


def role(chosen: Sequence[Source]) -> Json:
    """Return the Role that lets external-dns read sources of the namespace.

    Args:
        chosen: The sources, all of them namespaced.
    """
    return {"apiVersion": f"{_GROUP}/v1", "kind": "Role", "rules": sources.rules(chosen)}


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
