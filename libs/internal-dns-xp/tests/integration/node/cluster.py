"""etcd and kube-apiserver, in the node's network."""

import base64
import json
import os
import pathlib
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from node.network import NODE_ADDRESS, Network

_WORKSPACE = pathlib.Path(__file__).parents[5]
_START_SECONDS = 90
PORT = 6443

ACCESS = pathlib.Path(__file__).parents[3] / "access"
"""The project's manifests for administrators."""


class KubectlError(Exception):
    """kubectl says no."""


def executable(name: str) -> str:
    """Return the path of one of the workspace's tools."""
    done = subprocess.run(
        [_WORKSPACE / "bin/provision", name], check=True, stdout=subprocess.PIPE, text=True, timeout=900
    )
    return done.stdout.splitlines()[-1]


def module_folder(tool: str, module: str) -> pathlib.Path:
    """Return the folder of a Go module that one of the workspace's tools is built with, downloaded on first use."""
    command = [_WORKSPACE / "tools/provision/go-module", tool, module]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=900)
    return pathlib.Path(done.stdout.strip())


class Cluster:
    """An API server with nothing behind it: objects stay as they are put."""

    def __init__(self, network: Network, folder: pathlib.Path) -> None:
        """Start it."""
        self._network = network
        self._folder = folder
        self._kubectl = executable("kubectl")
        self._token = secrets.token_hex(16)
        self._keys()
        self._processes = [self._start_etcd(), self._start_api_server()]
        self._write_kubeconfig()
        self._await()

    def close(self) -> None:
        """Stop it."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    @property
    def certificate(self) -> str:
        """Certificate of the API server's authority, in PEM."""
        return (self._folder / "pki/apiserver.crt").read_text(encoding="utf-8")

    def kubectl(self, *arguments: str, objects: Sequence[Mapping[str, Any]] = ()) -> str:
        """Return what kubectl prints.

        Args:
            *arguments: Its arguments.
            objects: What it reads from standard input.

        Raises:
            KubectlError: If it fails.
        """
        command = [*self._network.node.prefix(), self._kubectl, f"--kubeconfig={self._folder}/kubeconfig", *arguments]
        text = yaml.safe_dump_all(objects) if objects else None
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise KubectlError(" ".join(done.stderr.split()))
        return done.stdout

    def apply(self, *objects: Mapping[str, Any], namespace: str = "default", manager: str = "test") -> None:
        """Put objects, as Crossplane does: by server-side apply, any unknown field an error."""
        self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={manager}",
            "--validate=strict",
            f"--namespace={namespace}",
            "--filename=-",
            objects=objects,
        )

    def apply_status(self, *objects: Mapping[str, Any]) -> None:
        """Give objects a status, as a controller does."""
        self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=controller",
            "--subresource=status",
            "--filename=-",
            objects=objects,
        )

    def grant(self) -> None:
        """Let the namespace internal-dns read ingresses, as an administrator does."""
        self.kubectl("apply", f"--filename={ACCESS}/sources.yaml")

    def get(self, kind: str, name: str, *, namespace: str = "default") -> dict[str, Any]:
        """Return an object."""
        return json.loads(self.kubectl("get", kind, name, f"--namespace={namespace}", "--output=json"))

    def find(self, kind: str, name: str, *, namespace: str = "default") -> dict[str, Any] | None:
        """Return an object, or none if it is not there."""
        found = self.kubectl("get", kind, name, f"--namespace={namespace}", "--output=json", "--ignore-not-found")
        return json.loads(found) if found else None

    def run_as_written(self, script: str) -> str:
        """Return what shell commands print that call kubectl."""
        settings = {
            "PATH": f"{pathlib.Path(self._kubectl).parent}:{os.environ['PATH']}",
            "KUBECONFIG": f"{self._folder}/kubeconfig",
            "HOME": str(self._folder),
        }
        command = [*self._network.node.prefix(), "sh", "-euc", script]
        done = subprocess.run(command, env=settings, check=True, stdout=subprocess.PIPE, text=True, timeout=120)
        return done.stdout

    def secret(self, name: str, *, namespace: str) -> dict[str, bytes]:
        """Return what a Secret holds."""
        data = self.get("secret", name, namespace=namespace)["data"]
        return {key: base64.b64decode(value) for key, value in data.items()}

    def token(self, account: str, *, namespace: str) -> str:
        """Return a token of a service account."""
        return self.kubectl("create", "token", account, f"--namespace={namespace}").strip()

    def _keys(self) -> None:
        (self._folder / "pki").mkdir(parents=True)
        for command in (["genrsa", "-out", "sa.key", "2048"], ["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]):
            subprocess.run(["openssl", *command], cwd=self._folder / "pki", check=True, capture_output=True, timeout=60)
        (self._folder / "tokens.csv").write_text(f"{self._token},admin,admin,system:masters\n", encoding="utf-8")

    def _start_etcd(self) -> subprocess.Popen[bytes]:
        return self._start(
            "etcd",
            f"--data-dir={self._folder}/etcd",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
        )

    def _start_api_server(self) -> subprocess.Popen[bytes]:
        pki = self._folder / "pki"
        return self._start(
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--cert-dir={pki}",
            f"--advertise-address={NODE_ADDRESS}",
            f"--secure-port={PORT}",
            "--service-cluster-ip-range=198.18.32.0/24,fd00:18:1::/112",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            f"--token-auth-file={self._folder}/tokens.csv",
            "--authorization-mode=RBAC",
        )

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [*self._network.node.prefix(), executable(name), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
            )

    def _write_kubeconfig(self) -> None:
        cluster = {"server": f"https://127.0.0.1:{PORT}", "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "node", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "node", "context": {"cluster": "node", "user": "admin"}}],
            "current-context": "node",
        }
        (self._folder / "kubeconfig").write_text(yaml.safe_dump(config), encoding="utf-8")

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.kubectl("get", "--raw=/readyz")
                # Made by the API server itself, shortly after it is ready.
                self.kubectl("get", "namespace", "default")
                return
            except KubectlError as error:
                if time.monotonic() > deadline or any(process.poll() is not None for process in self._processes):
                    log = (self._folder / "kube-apiserver.log").read_text(encoding="utf-8")[-2000:]
                    msg = f"the API server did not start: {error}: {log}"
                    raise TimeoutError(msg) from error
                time.sleep(0.2)
