"""The configuration files of a node's programs."""

import json
import pathlib
from typing import Any

import yaml
from release.published import REGISTRY

from cluster import addresses
from cluster.layout import Layout

NODE_NAME = "node"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

_CNI_VERSION = "1.0.0"
_PUBLISHED = f"""
[[registry]]
prefix = "{REGISTRY}"
location = "127.0.0.1:{addresses.REGISTRY_PORT}/{REGISTRY.partition("/")[2]}"
insecure = true
"""
"""Where buildah takes the base of an image from."""


def write(layout: Layout, *, kubernetes_version: str, plugins: pathlib.Path, pause: str) -> None:
    """Write all of them.

    Args:
        layout: Where to.
        kubernetes_version: Version of Kubernetes, like "v1.36.3".
        plugins: Folder of the CNI plugins.
        pause: The image that holds a pod's namespaces.
    """
    folder = layout.configuration
    for each in (folder / "cni", folder / "registries/_default", layout.logs, layout.data / "registry"):
        each.mkdir(parents=True, exist_ok=True)
    (folder / "kubeadm.yaml").write_text(yaml.safe_dump_all(_kubeadm(layout, kubernetes_version)), encoding="utf-8")
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(layout)), encoding="utf-8")
    (folder / "containerd.toml").write_text(_containerd(layout, plugins, pause), encoding="utf-8")
    (folder / "cni/10-pods.conflist").write_text(json.dumps(_cni()), encoding="utf-8")
    # No other registry can be reached: whatever an image's registry, it comes from the node's own.
    endpoint = f"http://{addresses.NODE}:{addresses.REGISTRY_PORT}"
    hosts = f'server = "{endpoint}"\n[host."{endpoint}"]\n'
    (folder / "registries/_default/hosts.toml").write_text(hosts, encoding="utf-8")
    (folder / "registries.conf").write_text(_PUBLISHED, encoding="utf-8")


def _kubeadm(layout: Layout, version: str) -> list[dict[str, Any]]:
    api = "kubeadm.k8s.io/v1beta4"
    return [
        {
            "apiVersion": api,
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": addresses.NODE, "bindPort": addresses.API_PORT},
            "nodeRegistration": {"name": NODE_NAME, "criSocket": f"unix://{CONTAINERD_SOCKET}"},
        },
        {
            "apiVersion": api,
            "kind": "ClusterConfiguration",
            "kubernetesVersion": version,
            "certificatesDir": str(layout.certificates),
            "networking": {
                "dnsDomain": addresses.CLUSTER_DOMAIN,
                "podSubnet": addresses.PODS,
                "serviceSubnet": addresses.SERVICES,
            },
        },
    ]


def _kubelet(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": addresses.NODE,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.certificates / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "clusterDNS": [addresses.CLUSTER_DNS],
        "clusterDomain": addresses.CLUSTER_DOMAIN,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "enforceNodeAllocatable": ["pods"],
        # Not a share: one percent of a large disk is more than a run writes.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "100Mi", "imagefs.available": "100Mi"},
        # Hosts with version 1 of control groups are still common in continuous integration.
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "resolvConf": "",
        # A ConfigMap's change reaches its pod within this time.
        "syncFrequency": "10s",
    }


def _containerd(layout: Layout, plugins: pathlib.Path, pause: str) -> str:
    # Many containers lack CAP_SYS_RESOURCE, which a lower oom_score_adj needs: restrict_oom_score_adj.
    return f"""
version = 3
root = "{layout.data}/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{pause}"

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = "{layout.configuration}/registries"

[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["{plugins}"]
conf_dir = "{layout.configuration}/cni"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def _cni() -> dict[str, Any]:
    # ptp routes each pod on its own: with a bridge, answers from a pod to its neighbour would pass the Service's
    # address translation by, unless the kernel has br_netfilter.
    addressing = {
        "type": "host-local",
        "dataDir": "/run/cni",
        "ranges": [[{"subnet": addresses.PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": _CNI_VERSION,
        "name": "pods",
        "plugins": [
            {"type": "ptp", "ipMasq": False, "ipam": addressing},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
