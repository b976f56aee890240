"""What a node needs besides Kubernetes: names, volumes and an ingress controller.

The manifests of local-path-provisioner, and Contour's API and roles, are those of
the pinned modules; what is in `manifests/` has no module to come from.
"""

import pathlib
import string

import yaml

from cluster import addresses, images, tools
from cluster.api import Cluster
from cluster.configuration import NODE_NAME
from cluster.layout import MANIFESTS

_VOLUMES = "/opt/local-path-provisioner"
"""Where local-path-provisioner's manifest keeps volumes."""

_CONTOUR = ("00-common", "01-crds", "02-rbac", "02-role-contour")
_WAITED_FOR = (
    ("kube-system", "coredns"),
    ("local-path-storage", "local-path-provisioner"),
    ("projectcontour", "contour"),
)


def apply(cluster: Cluster, *, volumes: pathlib.Path) -> None:
    """Put everything into a cluster.

    Args:
        cluster: The cluster.
        volumes: The folder for persistent volumes.
    """
    _apply(cluster, own("access"))
    _apply(cluster, own("coredns"))
    _apply(cluster, _storage(volumes))
    apply_ingress_controller(cluster)


def apply_ingress_controller(cluster: Cluster) -> None:
    """Put Contour into the cluster: the part of it that writes the status of ingresses, without Envoy."""
    module = tools.module_folder("contour", "github.com/projectcontour/contour")
    for name in _CONTOUR:
        # The definitions are too large for the annotation of a client-side apply.
        _apply(cluster, (module / f"examples/contour/{name}.yaml").read_text(encoding="utf-8"))
    _apply(cluster, own("contour"))


def wait(cluster: Cluster, *, seconds: int) -> None:
    """Wait until everything is available."""
    for namespace, name in _WAITED_FOR:
        cluster.kubectl("rollout", "status", "deployment", name, f"--namespace={namespace}", f"--timeout={seconds}s")


def _apply(cluster: Cluster, text: str) -> None:
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", text=text)


def own(name: str) -> str:
    """Return a manifest of `manifests/`, with addresses and versions filled in."""
    template = string.Template((MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return template.substitute(
        cluster_dns=addresses.CLUSTER_DNS,
        cluster_domain=addresses.CLUSTER_DOMAIN,
        contour=tools.version("contour"),
        coredns=tools.version("coredns").removeprefix("v"),
        ingresses=addresses.INGRESSES,
        node=addresses.NODE,
        node_name=NODE_NAME,
    )


def _storage(folder: pathlib.Path) -> str:
    module = tools.module_folder("local-path-provisioner", "github.com/rancher/local-path-provisioner")
    text = (module / "deploy/local-path-storage.yaml").read_text(encoding="utf-8")
    objects = list(
        yaml.safe_load_all(
            text.replace(_VOLUMES, str(folder)).replace("image: busybox", f"image: {images.reference('busybox')}")
        )
    )
    for each in objects:
        if each["kind"] == "StorageClass":
            each["metadata"].setdefault("annotations", {})["storageclass.kubernetes.io/is-default-class"] = "true"
    return yaml.safe_dump_all(objects)
