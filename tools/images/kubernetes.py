"""The images of Kubernetes' own programs, which kubeadm runs as pods on a kind node; `bin/cluster` runs processes.

The manifests that kubeadm writes have their commands.
"""

from images import parts, programs
from images.archive import Config
from images.image import Image

_ETCD = "go.etcd.io/etcd/server/v3"
_FOLDER = "usr/local/bin"
_MODULE = "k8s.io/kubernetes"
_REGISTRY = "registry.k8s.io"


def version() -> str:
    """Return the version of Kubernetes."""
    return programs.version("kubernetes", _MODULE)


def api_server() -> Image:
    """Return the API server's image."""
    return _program("kube-apiserver", of=version())


def controller_manager() -> Image:
    """Return the controllers' image."""
    return _program("kube-controller-manager", of=version())


def scheduler() -> Image:
    """Return the scheduler's image."""
    return _program("kube-scheduler", of=version())


def proxy() -> Image:
    """Return the image of the program that makes packet filters of Services, and of what it calls."""
    return Image(
        name="kube-proxy",
        summary="bin/kube-proxy, and Debian's iptables, nftables and conntrack",
        layers=[
            parts.debian("kube-proxy"),
            parts.packet_filters(),
            parts.program("kube-proxy", f"{_FOLDER}/kube-proxy"),
        ],
        config=Config(),
        version=version(),
        repositories=[f"{_REGISTRY}/kube-proxy"],
    )


def etcd() -> Image:
    """Return the store's image."""
    return _program("etcd", of=programs.version("etcd", _ETCD))


def _program(name: str, *, of: str) -> Image:
    return Image(
        name=name,
        summary=f"bin/{name}",
        layers=[parts.program(name, f"{_FOLDER}/{name}")],
        config=Config(),
        version=of,
        repositories=[f"{_REGISTRY}/{name}"],
    )
