"""A cluster of one node by kind, where Docker is.

The node gets the same registry, names and ingress controller as `cluster.node`
gives its own, so that one suite runs on both. kind brings the rest: network,
names of Services and a default storage class.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from cluster import addons, addresses, images, kubectl, retry, tools
from cluster.api import ClusterError
from cluster.images import Image
from cluster.layout import Layout
from cluster.pushed import Pushed
from cluster.requirements import UnmetError

NODE_IMAGE = "KIND_NODE_IMAGE"
"""The variable with the image of the node, where it is not kind's default: its name, or the archive that has it."""

_API_SECONDS = 180.0
_LOADED = "Loaded image: "

_REGISTRIES = "/etc/containerd/certs.d"
_COREDNS_HOSTS = (
    "hosts {{\n            {address} registry.localhost\n            fallthrough\n        }}\n        kubernetes "
)


def node_image() -> str:
    """Return the name of the image that KIND_NODE_IMAGE chooses, or "" for kind's default.

    An archive is loaded into Docker, which kind takes images from before it pulls.

    Raises:
        ClusterError: If Docker does not load it.
    """
    chosen = os.environ.get(NODE_IMAGE, "")
    if not pathlib.Path(chosen).is_file():
        return chosen
    done = subprocess.run(["docker", "load", "--input", chosen], capture_output=True, text=True, check=False)
    names = [line.removeprefix(_LOADED) for line in done.stdout.splitlines() if line.startswith(_LOADED)]
    if not names:
        msg = f"docker load has no image of {NODE_IMAGE}={chosen}: {' '.join(done.stderr.split())}"
        raise ClusterError(msg)
    return names[0]


def configuration(image: str) -> dict[str, Any]:
    """Return what kind makes a cluster of (https://kind.sigs.k8s.io/docs/user/configuration/).

    Args:
        image: The image of the node, or "" for kind's default.
    """
    # Hosts with version 1 of control groups are still common in continuous integration.
    kubelet = {"kind": "KubeletConfiguration", "failCgroupV1": False}
    node = {"role": "control-plane"}
    if image:
        node["image"] = image
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "containerdConfigPatches": [
            f'[plugins."io.containerd.cri.v1.images".registry]\n  config_path = "{_REGISTRIES}"\n',
            # Many containers lack CAP_SYS_RESOURCE, which a lower oom_score_adj needs.
            '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n',
        ],
        "kubeadmConfigPatches": [yaml.safe_dump(kubelet)],
        "nodes": [node],
    }


class Kind:
    """The cluster.

    Args:
        layout: Its files.
    """

    def __init__(self, layout: Layout) -> None:
        """Hold what is needed; starts nothing."""
        self.layout = layout
        self._container = f"{layout.name}-control-plane"
        self._kubeconfig = layout.root.with_suffix(".kubeconfig")
        self._pushed = Pushed(layout.root.with_suffix(".pushed.json"))

    @property
    def command(self) -> str:
        """A command line for it, which a verb completes, where bin/ is on PATH."""
        return f"cluster --kind kind --name {self.layout.name}"

    def check(self) -> None:
        """Check that this host can run it.

        Raises:
            UnmetError: If there is no Docker.
        """
        if (
            not shutil.which("docker")
            or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
        ):
            msg = "kind needs Docker, and `docker info` fails: start Docker, or run bin/e2e --cluster node as root"
            raise UnmetError(msg)

    def up(self) -> None:
        """Bring it up, or make sure that it is.

        Raises:
            UnmetError: If there is no Docker.
            ClusterError: If it does not come up.
        """
        self.check()
        self._kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        if self.layout.name not in self._kind("get", "clusters").split():
            self._create()
        self._serve_registry()
        self._name_registry()
        self.push(images.build(["contour"]))
        addons.apply_ingress_controller(self)
        self.kubectl("rollout", "status", "deployment", "contour", "--namespace=projectcontour", "--timeout=180s")

    def down(self) -> None:
        """End all of it, and remove what it left."""
        self._kind("delete", "cluster", f"--name={self.layout.name}", f"--kubeconfig={self._kubeconfig}")
        for file in (self._kubeconfig, self.layout.root.with_suffix(".pushed.json")):
            file.unlink(missing_ok=True)

    def restart(self) -> None:
        """Start its node again as after a power failure: files stay, processes and pods do not."""
        subprocess.run(["docker", "restart", "--signal=KILL", self._container], check=True, stdout=subprocess.DEVNULL)
        self._serve_registry()
        self.push(self._pushed.images())
        # Until then kubectl is refused, and no command waits.
        retry.until(lambda: self.kubectl("get", "--raw=/readyz"), ClusterError, _API_SECONDS)

    def enter(self, command: Sequence[str]) -> list[str]:
        """Return a command as it is: kind's API server listens on this host."""
        return list(command)

    def environment(self) -> Mapping[str, str]:
        """Return what commands need in their environment."""
        return {"KUBECONFIG": str(self._kubeconfig)}

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Return what kubectl prints.

        Raises:
            ClusterError: If it fails.
        """
        return kubectl.run([tools.executable("kubectl"), f"--kubeconfig={self._kubeconfig}", *arguments], text=text)

    def push(self, archives: Sequence[Image]) -> None:
        """Put images into the registry."""
        for image in archives:
            subprocess.run(["docker", "cp", str(image.archive), f"{self._container}:/image.tar"], check=True)
            self.crane("push", "/image.tar", f"127.0.0.1:{addresses.REGISTRY_PORT}/{image.name}")
            self._pushed.add(image)

    def crane(self, *arguments: str) -> None:
        """Run crane where the registry is 127.0.0.1:5000."""
        # It prints each layer that it pushes.
        self._on_node("crane", *arguments, quiet=True)

    def build(self, context: pathlib.Path, archive: pathlib.Path, arguments: Mapping[str, str]) -> None:
        """Build an image of a Dockerfile whose base is one of bin/images, with Docker."""
        for image in images.build(["function-cdk8s"]):
            subprocess.run(["docker", "load", "--input", str(image.archive)], check=True, stdout=subprocess.DEVNULL)
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        command = ["docker", "build", "--tag=cluster-build", *given, str(context)]
        subprocess.run(command, check=True, env={**os.environ, "DOCKER_BUILDKIT": "0"})
        subprocess.run(["docker", "save", "--output", str(archive), "cluster-build"], check=True)

    def keep_logs(self, folder: str) -> None:
        """Copy the logs of its programs and pods into a folder."""
        # This runs after a failure, which a failure here must not hide; kind prints why.
        with contextlib.suppress(subprocess.CalledProcessError):
            self._kind("export", "logs", folder, f"--name={self.layout.name}")

    def _create(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "kind.yaml"
            file.write_text(yaml.safe_dump(configuration(node_image())), encoding="utf-8")
            self._kind(
                "create",
                "cluster",
                f"--name={self.layout.name}",
                f"--config={file}",
                f"--kubeconfig={self._kubeconfig}",
                "--wait=180s",
            )

    def _serve_registry(self) -> None:
        crane = tools.executable("crane")
        subprocess.run(["docker", "cp", crane, f"{self._container}:/usr/local/bin/crane"], check=True)
        port = addresses.REGISTRY_PORT
        endpoint = f"http://127.0.0.1:{port}"
        self._on_node(
            "sh",
            "-euc",
            f"""
            crane catalog 127.0.0.1:{port} >/dev/null 2>&1 && exit
            mkdir -p /var/registry {_REGISTRIES}/_default
            printf 'server = "{endpoint}"\\n[host."{endpoint}"]\\n' >{_REGISTRIES}/_default/hosts.toml
            nohup crane registry serve --address 0.0.0.0:{port} --disk /var/registry >/var/log/registry.log 2>&1 &
            until crane catalog 127.0.0.1:{port} >/dev/null 2>&1; do sleep 0.2; done
            """,
        )

    def _name_registry(self) -> None:
        address = self.kubectl("get", "node", "--output=jsonpath={.items[0].status.addresses[0].address}")
        found = yaml.safe_load(self.kubectl("get", "configmap", "coredns", "--namespace=kube-system", "--output=yaml"))
        corefile = found["data"]["Corefile"]
        if "registry.localhost" in corefile:
            return
        named = corefile.replace("kubernetes ", _COREDNS_HOSTS.format(address=address), 1)
        patch = yaml.safe_dump({"data": {"Corefile": named}})
        self.kubectl("patch", "configmap", "coredns", "--namespace=kube-system", f"--patch={patch}")
        self.kubectl("rollout", "restart", "deployment", "coredns", "--namespace=kube-system")

    def _on_node(self, *command: str, quiet: bool = False) -> None:
        subprocess.run(["docker", "exec", self._container, *command], check=True, capture_output=quiet)

    def _kind(self, *arguments: str) -> str:
        kind = tools.executable("kind")
        return subprocess.run([kind, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
