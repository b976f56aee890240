"""A cluster of one node in namespaces of this host: up, down, restart."""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence

from cluster import (
    addons,
    addresses,
    configuration,
    control_groups,
    images,
    kubectl,
    programs,
    requirements,
    retry,
    tools,
)
from cluster.api import ClusterError
from cluster.images import Image
from cluster.layout import Layout
from cluster.namespaces import Namespaces
from cluster.pushed import Pushed

_API_SECONDS = 120.0
_REGISTRY_SECONDS = 30.0
_READY_SECONDS = 180
_REMOVE_SECONDS = 30.0


class Node:
    """The cluster.

    Args:
        layout: Its files.
    """

    def __init__(self, layout: Layout) -> None:
        """Hold what is needed; starts nothing."""
        self.layout = layout
        self._namespaces = Namespaces(layout)
        self._pushed = Pushed(layout.root / "pushed.json")

    @property
    def is_up(self) -> bool:
        """Whether the node runs."""
        return self._namespaces.node() is not None

    @property
    def command(self) -> str:
        """A command line for it, which a verb completes, where bin/ is on PATH."""
        return f"cluster --name {self.layout.name}"

    def check(self) -> None:
        """Check that this host can run it.

        Raises:
            UnmetError: If not; names all that is missing.
        """
        requirements.check(self.layout.root)

    def up(self) -> None:
        """Bring it up, or make sure that it is: a second call changes nothing.

        Raises:
            UnmetError: If this host cannot run it.
            ClusterError: If it does not come up; its files stay, the logs among them.
        """
        self.check()
        with self._locked():
            self._start()
            self.push(images.for_node())
            addons.apply(self, volumes=self.layout.data / "volumes")
            self.kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={_READY_SECONDS}s")
            addons.wait(self, seconds=_READY_SECONDS)

    def down(self) -> None:
        """End all of it, and remove its files and control groups."""
        with self._locked():
            self._namespaces.close()
            retry.until(lambda: control_groups.remove(self.layout.cgroup), OSError, within_seconds=_REMOVE_SECONDS)
            shutil.rmtree(self.layout.root, ignore_errors=True)
        self.layout.lock.unlink(missing_ok=True)

    def restart(self) -> None:
        """Start the node again as after a power failure: files stay, processes and pods do not."""
        with self._locked():
            self._namespaces.stop()
            retry.until(lambda: control_groups.remove(self.layout.cgroup), OSError, within_seconds=_REMOVE_SECONDS)
            self._start()

    def enter(self, command: Sequence[str]) -> list[str]:
        """Return a command line that runs a command where the cluster's addresses are reached."""
        return self._namespaces.enter(command)

    def environment(self) -> Mapping[str, str]:
        """Return what commands need in their environment."""
        return {"KUBECONFIG": str(self.layout.kubeconfig)}

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Return what kubectl prints.

        Raises:
            ClusterError: If it fails.
        """
        return kubectl.run(
            self.enter([tools.executable("kubectl"), f"--kubeconfig={self.layout.kubeconfig}", *arguments]), text=text
        )

    def push(self, archives: Sequence[Image]) -> None:
        """Put images into the registry."""
        for image in archives:
            self.crane("push", str(image.archive), f"127.0.0.1:{addresses.REGISTRY_PORT}/{image.name}")
            self._pushed.add(image)

    def crane(self, *arguments: str) -> None:
        """Run crane where the registry is 127.0.0.1:5000."""
        command = self.enter([tools.executable("crane"), *arguments])
        subprocess.run(command, check=True, capture_output=True)

    def build(self, context: pathlib.Path, archive: pathlib.Path, arguments: Mapping[str, str]) -> None:
        """Build an image of a Dockerfile whose base is in the registry, with buildah."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        with tempfile.TemporaryDirectory() as folder:
            store = ("--storage-driver=vfs", f"--root={folder}/root", f"--runroot={folder}/run")
            for command in (
                ["build", "--isolation=chroot", "--tag=image", *given, str(context)],
                ["push", "image", f"docker-archive:{archive}"],
            ):
                subprocess.run(
                    self.enter(["buildah", *store, *command]),
                    check=True,
                    stdout=subprocess.DEVNULL,
                    env={
                        **os.environ,
                        "CONTAINERS_REGISTRIES_CONF": str(self.layout.configuration / "registries.conf"),
                    },
                )

    def keep_logs(self, folder: str) -> None:
        """Copy the logs of its programs and pods into a folder."""
        shutil.copytree(self.layout.logs, folder, dirs_exist_ok=True)
        command = ("cluster-info", "dump", "--all-namespaces", f"--output-directory={folder}/pods", "--output=yaml")
        with contextlib.suppress(ClusterError, ProcessLookupError):
            self.kubectl(*command)

    def _start(self) -> None:
        if self.is_up:
            return
        executables = tools.provision(programs.TOOLS)
        self.layout.root.mkdir(parents=True, exist_ok=True)
        configuration.write(
            self.layout,
            kubernetes_version=_version(executables["kubelet"]),
            plugins=requirements.plugins(),
            pause=images.reference("pause"),
        )
        if not self.layout.kubeconfig.exists():
            self._certify(executables["kubeadm"])
        control_groups.make(self.layout.cgroup)
        commands = self.layout.configuration / "commands.json"
        commands.write_text(json.dumps(programs.commands(self.layout, executables)), encoding="utf-8")
        self._namespaces.open()
        self._namespaces.start(commands, path=executables["containerd-shim-runc-v2"].parent)
        retry.until(lambda: self.kubectl("get", "--raw=/readyz"), ClusterError, _API_SECONDS)
        catalogue = [str(executables["crane"]), "catalog", f"127.0.0.1:{addresses.REGISTRY_PORT}"]
        retry.until(
            lambda: subprocess.run(self.enter(catalogue), check=True, capture_output=True),
            subprocess.CalledProcessError,
            _REGISTRY_SECONDS,
        )
        self.push(self._pushed.images())

    def _certify(self, kubeadm: pathlib.Path) -> None:
        """Make keys, certificates and kubeconfigs, with Kubernetes' own tool."""
        config = f"--config={self.layout.configuration}/kubeadm.yaml"
        folder = f"--kubeconfig-dir={self.layout.kubeconfigs}"
        for phase in (["certs", "all"], ["kubeconfig", "all", folder], ["kubeconfig", "super-admin", folder]):
            subprocess.run([kubeadm, "init", "phase", *phase, config], check=True, capture_output=True, text=True)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        self.layout.lock.parent.mkdir(parents=True, exist_ok=True)
        with self.layout.lock.open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _version(kubelet: pathlib.Path) -> str:
    done = subprocess.run([kubelet, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]
