"""Where a cluster keeps its files."""

import dataclasses
import os
import pathlib

WORKSPACE = pathlib.Path(__file__).parents[3]
MANIFESTS = pathlib.Path(__file__).parents[1] / "manifests"


def cache() -> pathlib.Path:
    """Return the folder of provisioned tools and clusters, as tools/provision chooses it."""
    if chosen := os.environ.get("FUNCTION_CDK8S_CACHE"):
        return pathlib.Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (pathlib.Path(base) if base else pathlib.Path.home() / ".cache") / "function-cdk8s"


@dataclasses.dataclass(frozen=True)
class Layout:
    """The files of one cluster.

    Attributes:
        name: The cluster's name.
        root: The folder that holds them all.
    """

    name: str
    root: pathlib.Path

    @property
    def lock(self) -> pathlib.Path:
        """The lock of whoever changes the cluster, beside its folder so that it outlives it."""
        return self.root.with_name(f"{self.root.name}.lock")

    @property
    def processes(self) -> pathlib.Path:
        """What holds the namespaces."""
        return self.root / "processes.json"

    @property
    def certificates(self) -> pathlib.Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def kubeconfigs(self) -> pathlib.Path:
        """A kubeconfig for each program, and people's."""
        return self.root / "kubeconfigs"

    @property
    def kubeconfig(self) -> pathlib.Path:
        """The kubeconfig of an administrator."""
        return self.kubeconfigs / "super-admin.conf"

    @property
    def configuration(self) -> pathlib.Path:
        """Configuration files of the programs."""
        return self.root / "etc"

    @property
    def data(self) -> pathlib.Path:
        """What the programs store."""
        return self.root / "data"

    @property
    def logs(self) -> pathlib.Path:
        """What the programs print."""
        return self.root / "logs"

    @property
    def cgroup(self) -> str:
        """The control group of all pods, below each hierarchy's root."""
        return f"function-cdk8s-{self.name}"


def of(name: str) -> Layout:
    """Return the layout of a cluster."""
    return Layout(name, cache() / "clusters" / name)
