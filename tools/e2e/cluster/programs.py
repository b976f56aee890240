"""The command lines of a node's programs."""

import pathlib
from collections.abc import Mapping

from cluster import addresses
from cluster.configuration import NODE_NAME
from cluster.layout import Layout

ETCD_PORT = 2379

TOOLS = (
    "containerd",
    "containerd-shim-runc-v2",
    "crane",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubectl",
    "kubelet",
)
"""Tools of bin/ that a node is made of."""


def commands(layout: Layout, tools: Mapping[str, pathlib.Path]) -> dict[str, list[str]]:
    """Return the command line of each program, in the order to start them in.

    Args:
        layout: The cluster's files.
        tools: The executables.
    """
    made = {
        "etcd": _etcd(layout),
        "kube-apiserver": _api_server(layout),
        "kube-controller-manager": _controller_manager(layout),
        "kube-scheduler": [f"--kubeconfig={layout.kubeconfigs}/scheduler.conf", "--leader-elect=false"],
        "containerd": [f"--config={layout.configuration}/containerd.toml"],
        "crane": [
            "registry",
            "serve",
            f"--address=0.0.0.0:{addresses.REGISTRY_PORT}",
            f"--disk={layout.data}/registry",
        ],
        "kubelet": [
            f"--config={layout.configuration}/kubelet.yaml",
            f"--kubeconfig={layout.kubeconfigs}/kubelet.conf",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={addresses.NODE}",
            f"--root-dir={layout.data}/kubelet",
        ],
        "kube-proxy": [
            f"--kubeconfig={layout.kubeconfig}",
            "--proxy-mode=iptables",
            f"--cluster-cidr={addresses.PODS}",
            f"--hostname-override={NODE_NAME}",
            # The limit belongs to the host's network namespace, not to this one.
            "--conntrack-max-per-core=0",
        ],
    }
    return {name: [str(tools[name]), *arguments] for name, arguments in made.items()}


def _etcd(layout: Layout) -> list[str]:
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", "http://127.0.0.1:2380"
    return [
        f"--data-dir={layout.data}/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        # A cluster for tests need not survive the host's power failure.
        "--unsafe-no-fsync",
    ]


def _api_server(layout: Layout) -> list[str]:
    pki = layout.certificates
    return [
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--advertise-address={addresses.NODE}",
        f"--secure-port={addresses.API_PORT}",
        f"--service-cluster-ip-range={addresses.SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        # The node has no name that resolves.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{addresses.CLUSTER_DOMAIN}",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
    ]


def _controller_manager(layout: Layout) -> list[str]:
    pki = layout.certificates
    return [
        f"--kubeconfig={layout.kubeconfigs}/controller-manager.conf",
        "--leader-elect=false",
        f"--root-ca-file={pki}/ca.crt",
        f"--service-account-private-key-file={pki}/sa.key",
        "--use-service-account-credentials=true",
    ]
