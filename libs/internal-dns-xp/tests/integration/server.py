"""An InternalDNS in the cluster and its pod on the node, all made from what the chart composes."""

import json
import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from cdk8s_function.testing import Reconcile
from node.cluster import Cluster
from node.containers import Images, Pod
from node.network import Network

NAMESPACE = "internal-dns"
DOMAIN = "internal.example.org"
DNS_PORT = 5353
HEALTH_PORT = 9090
EXTERNAL_DNS_PORT = 7979


class Server:
    """One InternalDNS.

    Attributes:
        pod: Its pod.
    """

    def __init__(
        self,
        *,
        cluster: Cluster,
        network: Network,
        images: Images | None,
        compose: Callable[..., Reconcile],
        folder: pathlib.Path,
        name: str,
        spec: Mapping[str, Any],
        namespace: str = NAMESPACE,
    ) -> None:
        """Compose it, put its objects into the cluster, and start its pod if there are images."""
        self.cluster = cluster
        self._network = network
        self._images = images
        self._compose = compose
        self._folder = folder
        self._runs = 0
        self.volume = folder / "volume"
        self.namespace = namespace
        self.xr: dict[str, Any] = {
            "apiVersion": "dns.internal/v1alpha1",
            "kind": "InternalDNS",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"domain": DOMAIN, **spec},
        }
        self._observed: dict[str, Mapping[str, Any]] = {}
        self.compose()
        # As Crossplane does, once the Service has its address.
        self.compose()
        if images:
            self.start()

    def compose(self, **spec: Any) -> None:
        """Reconcile it once, with fields of its spec changed."""
        self.xr["spec"] |= spec
        # What it has made, as it is by now.
        self._observe({key: (each["kind"], each["metadata"]["name"]) for key, each in self._observed.items()})
        made = self._compose(self.xr, self._observed)
        self.cluster.apply(_namespace(self.namespace))
        self.cluster.apply(*made.objects.values(), namespace=self.namespace)
        self.status = made.status
        self.conditions = made.conditions
        self._observe({key: (each["kind"], each["metadata"]["name"]) for key, each in made.objects.items()})

    def _observe(self, places: Mapping[str, tuple[str, str]]) -> None:
        found = {key: self.cluster.find(*place, namespace=self.namespace) for key, place in places.items()}
        self._observed = {key: each for key, each in found.items() if each}

    @property
    def keys(self) -> Sequence[str]:
        """What its objects are called in the composition."""
        return list(self._observed)

    def object(self, key: str) -> Mapping[str, Any]:
        """Return one of its objects as it is in the cluster."""
        return self._observed[key]

    def start(self, before: Callable[[Pod], None] = lambda _: None) -> None:
        """Start its pod.

        Args:
            before: Called before the pod's first container starts.
        """
        assert self._images
        self._runs += 1
        self.pod = Pod(
            self._observed["deployment"],
            cluster=self.cluster,
            network=self._network,
            images=self._images,
            folder=self._folder / f"pod{self._runs}",
            volume=self.volume,
            before=before,
        )

    def break_database(self) -> None:
        """Overwrite the database while PowerDNS runs, so that nothing of it can be read."""
        file = self.volume / "pdns.sqlite3"
        with file.open("r+b") as database:
            database.write(os.urandom(file.stat().st_size))
        for log in self.volume.glob("*-wal"):
            with log.open("r+b") as content:
                content.truncate(0)

    def close(self) -> None:
        """End its pod and delete its objects."""
        if self._runs:
            self.pod.kill()
        for each in self._observed.values():
            name = f"{each['kind']}/{each['metadata']['name']}"
            if each["kind"] == "PersistentVolumeClaim":
                # There is no controller here to lift the protection of a claim in use.
                unprotected = '--patch={"metadata":{"finalizers":null}}'
                self.cluster.kubectl("patch", f"--namespace={self.namespace}", "--type=merge", name, unprotected)
            self.cluster.kubectl("delete", f"--namespace={self.namespace}", "--ignore-not-found", "--wait=false", name)

    def logs(self) -> str:
        """Return what its containers printed."""
        return "\n".join(f"=== {name}\n{each.log[-6000:]}" for name, each in self.pod.containers.items())

    def ask(self, name: str, kind: str = "A", *, tcp: bool = False, ipv6: bool = False) -> dns.message.Message:
        """Return the answer to a query.

        Args:
            name: The name, below the domain unless it ends with a dot.
            kind: The record type.
            tcp: Whether to ask by TCP.
            ipv6: Whether to ask by IPv6.
        """
        query = dns.message.make_query(name if name.endswith(".") else f"{name}.{DOMAIN}.", kind)
        ask = dns.query.tcp if tcp else dns.query.udp
        with self.pod.namespace.entered():
            return ask(query, self.pod.address6 if ipv6 else self.pod.address, port=DNS_PORT, timeout=3)

    def resolve(self, name: str, kind: str = "A", **how: bool) -> list[str]:
        """Return the values of a name's records, in order."""
        rdtype = dns.rdatatype.from_text(kind)
        answer = [each for each in self.ask(name, kind, **how).answer if each.rdtype == rdtype]
        return sorted(line.split(maxsplit=4)[4] for each in answer for line in each.to_text().splitlines())

    def code(self, name: str, kind: str = "A") -> str:
        """Return the response code to a query."""
        return dns.rcode.to_text(self.ask(name, kind).rcode())

    def await_ready(self, seconds: float = 60) -> None:
        """Wait until the pod is ready."""
        eventually(lambda: self.pod.is_ready, within=seconds)

    def zone(self) -> dict[tuple[str, str], list[str]]:
        """Return all records of its zone, as PowerDNS' API has them."""
        return {
            (each["name"].removesuffix(f"{DOMAIN}.").removesuffix("."), each["type"]): [
                record["content"] for record in each["records"]
            ]
            for each in self.api("GET", f"/zones/{DOMAIN}.")["rrsets"]
        }

    def api(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Return what PowerDNS' API responds."""
        secret = self._observed["secret"]["metadata"]["name"]
        key = self.cluster.secret(secret, namespace=self.namespace)["api-key"].decode()
        url = f"http://127.0.0.1:8081/api/v1/servers/localhost{path}"
        text = self.pod.namespace.run("python3", "-c", _CALL, method, url, key, json.dumps(fields) if fields else "")
        return json.loads(text) if text.strip() else None


def copy_volume(source: pathlib.Path, target: pathlib.Path) -> None:
    """Make a volume the copy of another, with the owners of its files."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "--archive", source, target], check=True, timeout=30)


_CALL = """
import sys, urllib.request
method, url, key, body = sys.argv[1:]
request = urllib.request.Request(url, body.encode() or None, {"X-API-Key": key}, method=method)
print(urllib.request.urlopen(request).read().decode())
"""


def eventually(holds: Callable[[], object], *, within: float) -> float:
    """Wait until something holds, and return the seconds that took."""
    began = time.monotonic()
    while True:
        try:
            if holds():
                return time.monotonic() - began
        except (EOFError, OSError, dns.exception.DNSException):
            pass
        assert time.monotonic() - began < within, f"not within {within} s"
        time.sleep(0.1)


def ingress(
    name: str,
    *hosts: str,
    addresses: Sequence[str] = (),
    names: Sequence[str] = (),
    annotations: Mapping[str, str] | None = None,
    namespace: str = "default",
    **fields: Any,
) -> dict[str, Any]:
    """Return an Ingress and its status."""
    backend = {"service": {"name": name, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    balancers = [{"ip": address} for address in addresses] + [{"hostname": each} for each in names]
    prefix = "external-dns.alpha.kubernetes.io/"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {f"{prefix}{key}": value for key, value in (annotations or {}).items()},
        },
        "spec": {"rules": [{"host": host, "http": {"paths": paths}} for host in hosts], **fields},
        "status": {"loadBalancer": {"ingress": balancers}},
    }


def put(cluster: Cluster, *ingresses: Mapping[str, Any]) -> None:
    """Put ingresses into the cluster, with the status an ingress controller gives them."""
    for namespace in {each["metadata"]["namespace"] for each in ingresses}:
        cluster.apply(_namespace(namespace))
        here = [each for each in ingresses if each["metadata"]["namespace"] == namespace]
        cluster.apply(*here, namespace=namespace)
        cluster.apply_status(*(each for each in here if "status" in each))


def _namespace(name: str) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"} if name == NAMESPACE else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
