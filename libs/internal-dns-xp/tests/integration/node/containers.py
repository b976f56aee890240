"""Run a Deployment's pod as the kubelet and its runtime would, from nothing but its manifest.

Each container gets a root of its own from its image, read-only where it says so,
its volumes, its user without capabilities, a process number of 1, its probes and
its restarts. All share the pod's network.
"""

import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from node.cluster import PORT, Cluster
from node.network import NODE_ADDRESS, Network

Manifest = Mapping[str, Any]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BACK_OFF_SECONDS = 1.0
_TICK_SECONDS = 0.1
_HOOK_SECONDS = 60.0
_BOUNDING = "-all,+setgid,+setuid,+sys_chroot"
"""What is left to the command that changes root and user; its user's programs have nothing of it."""

_START = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/up" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$WORK/up,workdir=$WORK/work" "$WORK/root"
mkdir -p "$WORK/root/proc" "$WORK/root/dev"
mount -t proc proc "$WORK/root/proc"
mount -t tmpfs tmpfs "$WORK/root/dev"
for device in null random urandom zero; do
    touch "$WORK/root/dev/$device"; mount --bind "/dev/$device" "$WORK/root/dev/$device"
done
printf '%s\\n' "$MOUNTS" | while read -r mode source target; do
    [ -n "$target" ] || continue
    mkdir -p "$WORK/root$target"
    mount --bind "$source" "$WORK/root$target"
    [ "$mode" = rw ] || mount -o remount,bind,ro "$WORK/root$target"
done
mount -o remount,bind,ro "$WORK/root"
exec env --ignore-environment "$@"
"""


class Images:
    """What stands for the images: a root file system each, and a command.

    Args:
        powerdns: For the PowerDNS image.
        external_dns: The executable, for the external-dns image.
        folder: Where to make root file systems.
    """

    def __init__(self, *, powerdns: pathlib.Path, external_dns: pathlib.Path, folder: pathlib.Path) -> None:
        """Make the image of external-dns, which holds nothing else."""
        distroless = folder / "external-dns"
        (distroless / "bin").mkdir(parents=True)
        shutil.copy(external_dns, distroless / "bin/external-dns")
        self._by_repository: dict[str, tuple[pathlib.Path, list[str]]] = {
            "powerdns/pdns-auth-50": (powerdns, []),
            "powerdns/pdns-auth-51": (powerdns, []),
            "external-dns/external-dns": (distroless, ["/bin/external-dns"]),
        }

    def find(self, reference: str) -> tuple[pathlib.Path, list[str]]:
        """Return the root and the entry point of an image."""
        repository = reference.partition("@")[0].rpartition(":")[0].partition("/")[2]
        return self._by_repository[repository]


class Container:
    """One container of a pod, started again whenever it ends or its probes say so.

    Attributes:
        name: Its name.
        starts: How often it was started.
        is_ready: Whether its readiness probe passed; without one, whether it started.
        log_file: What it prints.
    """

    def __init__(self, pod: "Pod", manifest: Manifest) -> None:
        """Hold its manifest; the pod starts it."""
        self.name: str = manifest["name"]
        self.starts = 0
        self.is_ready = False
        self.log_file = pod.folder / f"{self.name}.log"
        self._pod = pod
        self._manifest = manifest
        self._image, self._entry_point = pod.images.find(manifest["image"])
        self._process: subprocess.Popen[bytes] | None = None
        self._started = False
        self._failures: dict[str, int] = {}
        self._next: dict[str, float] = {}
        self._restart_at = 0.0

    @property
    def log(self) -> str:
        """What it has printed."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """Its first process, as this host numbers it."""
        assert self._process
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text(encoding="utf-8").split()[0])

    def start(self) -> None:
        """Start it."""
        context = self._manifest["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert context["capabilities"]["drop"] == ["ALL"]
        assert not context["allowPrivilegeEscalation"]
        work = self._pod.folder / f"{self.name}.root"
        work.mkdir(exist_ok=True)
        settings = {
            "PATH": os.environ["PATH"],
            "WORK": str(work),
            "IMAGE": str(self._image),
            "MOUNTS": "\n".join(self._pod.mount(each) for each in self._manifest["volumeMounts"]),
        }
        command = [*self._entry_point, *self._manifest.get("command", []), *self._manifest.get("args", [])]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._pod.namespace.prefix(),
                    *("unshare", "--mount", "--pid", "--fork", "sh", "-c", _START, self.name),
                    *(f"{name}={value}" for name, value in self._environment().items()),
                    *("/usr/bin/setpriv", "--no-new-privs", f"--bounding-set={_BOUNDING}"),
                    *("/usr/sbin/chroot", f"--userspec={self._user}", f"--groups={self._pod.group}"),
                    *(str(work / "root"), *command),
                ],
                env=settings,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.starts += 1
        if hook := self._manifest.get("lifecycle", {}).get("postStart"):
            self._follow_up(hook["exec"]["command"])
        self._started = "startupProbe" not in self._manifest
        self._failures.clear()
        now = time.monotonic()
        self._next = {
            kind: now + self._manifest[kind].get("initialDelaySeconds", 0)
            for kind in ("startupProbe", "livenessProbe", "readinessProbe")
            if kind in self._manifest
        }

    def _follow_up(self, command: Sequence[str]) -> None:
        """Run the hook that follows its start, which the start of the next container waits for."""
        deadline = time.monotonic() + _HOOK_SECONDS
        while time.monotonic() < deadline:
            try:
                # It can be run only once the container has its root and its user.
                if self.execute(command, timeout_seconds=_HOOK_SECONDS):
                    return
            except (IndexError, FileNotFoundError):
                pass
            time.sleep(_TICK_SECONDS)
        msg = f"{self.name}: its postStart hook does not succeed"
        raise TimeoutError(msg)

    def stop(self, *, grace_seconds: float) -> float:
        """Stop it as the kubelet does, and return how many seconds that took."""
        began = time.monotonic()
        assert self._process
        if self._process.poll() is None:
            hook = self._manifest.get("lifecycle", {}).get("preStop")
            if hook:
                self.execute(hook["exec"]["command"], timeout_seconds=grace_seconds)
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(max(0.1, began + grace_seconds - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill()
        self.is_ready = False
        return time.monotonic() - began

    def kill(self) -> None:
        """End it at once."""
        # The end of a namespace's first process ends all in it. That of unshare does not: what it asks the kernel for
        # with --kill-child is void once its child has changed its user (prctl(2), PR_SET_PDEATHSIG).
        if not self._process or self._process.poll() is not None:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except (FileNotFoundError, IndexError, ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def signal(self, number: int) -> None:
        """Send a signal to its first process."""
        try:
            os.kill(self.pid, number)
        except (ProcessLookupError, FileNotFoundError, IndexError):
            return

    def execute(self, command: Sequence[str], *, timeout_seconds: float) -> bool:
        """Run a command in it and return whether that succeeded."""
        user, group = self._user.split(":")
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--root", "--wd"]
        try:
            done = subprocess.run(
                [*inside, f"--setuid={user}", f"--setgid={group}", "--", *command],
                env=self._environment(),
                capture_output=True,
                check=False,
                timeout=timeout_seconds,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def tick(self) -> None:
        """Do what is due: a probe, a restart."""
        assert self._process
        if self._process.poll() is not None:
            self.is_ready = False
            if not self._restart_at:
                self._restart_at = time.monotonic() + _BACK_OFF_SECONDS
            elif time.monotonic() >= self._restart_at:
                self._restart_at = 0.0
                self.start()
            return
        for kind in ("startupProbe",) if not self._started else ("livenessProbe", "readinessProbe"):
            probe = self._manifest.get(kind)
            if probe and time.monotonic() >= self._next[kind]:
                self._take(kind, probe)
        if self._started and "readinessProbe" not in self._manifest:
            self.is_ready = True

    def _take(self, kind: str, probe: Manifest) -> None:
        passed = self._passes(probe)
        self._next[kind] = time.monotonic() + probe["periodSeconds"]
        self._failures[kind] = 0 if passed else self._failures.get(kind, 0) + 1
        failed = self._failures[kind] >= probe["failureThreshold"]
        if kind == "readinessProbe":
            self.is_ready = passed or (self.is_ready and not failed)
        elif failed:
            self.stop(grace_seconds=self._pod.grace_seconds)
        elif kind == "startupProbe" and passed:
            self._started = True

    def _passes(self, probe: Manifest) -> bool:
        timeout = probe["timeoutSeconds"]
        if "exec" in probe:
            try:
                return self.execute(probe["exec"]["command"], timeout_seconds=timeout)
            except (IndexError, FileNotFoundError):
                return False
        try:
            return self._pod.http(probe["httpGet"]["port"], probe["httpGet"]["path"], timeout_seconds=timeout)[0] < 400
        except OSError:
            return False

    @property
    def _user(self) -> str:
        context = self._manifest["securityContext"]
        return f"{context['runAsUser']}:{context['runAsGroup']}"

    def _environment(self) -> dict[str, str]:
        found = {
            "PATH": _PATH,
            "KUBERNETES_SERVICE_HOST": NODE_ADDRESS,
            "KUBERNETES_SERVICE_PORT": str(PORT),
        }
        for each in self._manifest.get("env", []):
            if "value" in each:
                found[each["name"]] = each["value"]
                continue
            reference = each["valueFrom"]["secretKeyRef"]
            found[each["name"]] = self._pod.secret(reference["name"])[reference["key"]].decode()
        return found


class Pod:
    """The pod of a Deployment.

    Attributes:
        namespace: Its network.
        address: Its IPv4 address.
        address6: Its IPv6 address.
        containers: Its containers by name.
    """

    def __init__(
        self,
        deployment: Manifest,
        *,
        cluster: Cluster,
        network: Network,
        images: Images,
        folder: pathlib.Path,
        volume: pathlib.Path,
        before: Callable[["Pod"], None] = lambda _: None,
    ) -> None:
        """Start it.

        Args:
            deployment: The Deployment.
            cluster: Where its other objects are.
            network: Where to be.
            images: What to run.
            folder: A folder of its own.
            volume: What its PersistentVolumeClaim stands for.
            before: Called when it has its network, and before its first container starts.
        """
        self._cluster = cluster
        self._namespace_name: str = deployment["metadata"]["namespace"]
        self._spec: Manifest = deployment["spec"]["template"]["spec"]
        self.images = images
        self.folder = folder
        self.group: int = self._spec["securityContext"]["fsGroup"]
        self.grace_seconds: float = self._spec["terminationGracePeriodSeconds"]
        self._volumes = {each["name"]: self._prepare(each, volume) for each in self._spec["volumes"]}
        self.namespace, self.address, self.address6 = network.add_pod()
        self.containers = {each["name"]: Container(self, each) for each in self._spec["containers"]}
        self._stopped = threading.Event()
        before(self)
        for container in self.containers.values():
            container.start()
        self._keepers = [
            threading.Thread(target=self._keep, args=(container,)) for container in self.containers.values()
        ]
        for keeper in self._keepers:
            keeper.start()

    @property
    def is_ready(self) -> bool:
        """Whether all its containers are ready."""
        return all(container.is_ready for container in self.containers.values())

    def delete(self) -> float:
        """Stop it as the kubelet does, and return the seconds its slowest container took."""
        self._halt()
        taken = max(container.stop(grace_seconds=self.grace_seconds) for container in self.containers.values())
        self.namespace.close()
        return taken

    def kill(self) -> None:
        """End it at once, as a node that loses power."""
        self._halt()
        for container in self.containers.values():
            container.kill()
        self.namespace.close()

    def mount(self, mount: Manifest) -> str:
        """Return mode, source and target of a volume mount."""
        mode = "ro" if mount.get("readOnly") else "rw"
        return f"{mode} {self._volumes[mount['name']]} {mount['mountPath']}"

    def secret(self, name: str) -> dict[str, bytes]:
        """Return what a Secret of its namespace holds."""
        return self._cluster.secret(name, namespace=self._namespace_name)

    def update_volumes(self) -> None:
        """Bring ConfigMaps up to date in place, as the kubelet does every minute or so."""
        for volume in self._spec["volumes"]:
            if "configMap" in volume:
                self._write(self._volumes[volume["name"]], self._files(volume))

    def http(self, port: int, path: str, *, timeout_seconds: float = 5.0) -> tuple[int, str]:
        """Return status and body of a page of the pod."""
        with self.namespace.entered():
            connection = http.client.HTTPConnection(self.address, port, timeout=timeout_seconds)
            connection.connect()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def _halt(self) -> None:
        self._stopped.set()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self, container: Container) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            container.tick()

    def _prepare(self, volume: Manifest, claim: pathlib.Path) -> pathlib.Path:
        if "persistentVolumeClaim" in volume:
            name = volume["persistentVolumeClaim"]["claimName"]
            self._cluster.get("persistentvolumeclaim", name, namespace=self._namespace_name)
            folder = claim
        else:
            folder = self.folder / "volumes" / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        self._write(folder, self._files(volume))
        if "emptyDir" in volume or "persistentVolumeClaim" in volume:
            # The kubelet gives a volume to the pod's group.
            os.chown(folder, -1, self.group)
            folder.chmod(0o2775)
        return folder

    def _files(self, volume: Manifest) -> dict[str, bytes]:
        if "configMap" in volume:
            source = volume["configMap"]
            data = self._cluster.get("configmap", source["name"], namespace=self._namespace_name)["data"]
            return _chosen({key: text.encode() for key, text in data.items()}, source)
        if "secret" in volume:
            return _chosen(self.secret(volume["secret"]["secretName"]), volume["secret"])
        if "projected" in volume:
            return {
                "token": self._cluster.token(self._spec["serviceAccountName"], namespace=self._namespace_name).encode(),
                "ca.crt": self._cluster.certificate.encode(),
                "namespace": self._namespace_name.encode(),
            }
        return {}

    def _write(self, folder: pathlib.Path, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            new = folder / f".{name}.new"
            new.write_bytes(content)
            os.chown(new, 0, self.group)
            new.chmod(0o440)
            new.rename(folder / name)


def _chosen(data: Mapping[str, bytes], source: Manifest) -> dict[str, bytes]:
    if "items" not in source:
        return dict(data)
    return {item["path"]: data[item["key"]] for item in source["items"]}
