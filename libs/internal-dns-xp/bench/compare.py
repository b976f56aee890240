"""Compare the server of the chart with CoreDNS' k8s_gateway and file plugin and Tailscale's nameserver, in one run.

    bin/nx run internal-dns-xp:compare

Every contender is one pod behind a Service on one cluster, knows the hosts of the same hundred Ingresses, and takes its
turn. The nameserver of Tailscale's operator has names below ts.net alone, which a ConfigMap gives it: here a hundred.

    discovery   seconds from `kubectl apply` of an Ingress to the first right answer; both are asked about the same one
    restart     longest time without a right answer after its pod was killed
    memory      working set of all its containers, in MiB
    load        queries per second that it answers, as fast as one dnsperf asks
"""

import concurrent.futures
import functools
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dns.exception
import dns.message
import dns.query
import yaml

WORKSPACE = pathlib.Path(__file__).parents[3]
BENCH = pathlib.Path(__file__).parent
CLUSTER = [str(WORKSPACE / "bin/cluster"), "--name", os.environ.get("COMPARE_CLUSTER", "compare")]
IMAGES = ["coredns", "dns-client", "external-dns", "k8s-gateway", "k8s-nameserver", "powerdns"]

DOMAIN = "internal.example.org"
ADDRESS = "198.18.0.80"
"""What Contour writes into the status of each Ingress (tools/e2e/manifests/contour.yaml)."""

HOSTS = [f"host{number}.{DOMAIN}" for number in range(100)]
TAILNET = "tailnet.ts.net"
PODS = {
    "internal-dns": ("internal-dns", "app.kubernetes.io/instance=dns"),
    "k8s_gateway": ("compare", "app=k8s-gateway"),
    "file": ("compare", "app=file"),
    "tailscale": ("compare", "app=tailscale"),
}
"""The contenders, each with the namespace and the label of its pod and Service."""

DISCOVERING = ("internal-dns", "k8s_gateway")
"""The contenders that learn of an Ingress by themselves."""

ROUNDS = 5
LIMIT_SECONDS = 120.0
RESTART_SECONDS = 20.0
LOAD_SECONDS = 5
QUERY_SECONDS = 0.5
PAUSE_SECONDS = 0.02


def main() -> None:
    """Bring a cluster up, measure on it, and take it down."""
    if sys.argv[1:] == ["measure"]:
        return measure()
    try:
        run(*CLUSTER, "up")
        push()
        run(*CLUSTER, "exec", sys.executable, __file__, "measure", show=True)
    finally:
        run(*CLUSTER, "down")
    return None


def run(*command: str, text: str = "", show: bool = False) -> str:
    """Return what a command that succeeds prints, or show it."""
    output = None if show else subprocess.PIPE
    return subprocess.run(command, check=True, stdout=output, input=text, text=True, cwd=WORKSPACE).stdout or ""


def push() -> None:
    """Put the images of the contenders into the cluster's registry."""
    for name, reference in images().items():
        archive, _ = run("bin/images", "build", name).split()
        run(*CLUSTER, "push", archive, reference.partition("/")[2])


def images() -> dict[str, str]:
    """Return the references of the images that the contenders need."""
    listed = json.loads(run("bin/images", "list", "--json"))
    return {each["name"]: each["references"][0] for each in listed if each["name"] in IMAGES}


def measure() -> None:
    """Install the contenders, and print what was measured, as JSON."""
    servers = install()
    for name, server in servers.items():
        wait_for(lambda name=name, server=server: all(map(asks(server), hosts(name))), f"{name} answers for all hosts")
    found = {
        "discovery": discovery({name: servers[name] for name in DISCOVERING}),
        "load": in_turns(servers, load),
        "memory": {name: memory(*PODS[name]) for name in servers},
        "restart": in_turns(servers, restart),
    }
    print(json.dumps({name: summary(each) for name, each in found.items()}, indent=2))


def install() -> dict[str, str]:
    """Install the contenders and the Ingresses; return the address of each."""
    zone = [f"$ORIGIN {DOMAIN}.", "$TTL 60", "@ SOA ns1 hostmaster 1 10800 3600 604800 30", "@ NS ns1"]
    zone += [f"{name}. A {ADDRESS}" for name in ["ns1." + DOMAIN, *HOSTS]]
    corefile = f".:1053 {{\n errors\n ready\n file /etc/coredns/zone {DOMAIN}\n}}\n"
    config = {"Corefile": corefile, "zone": "\n".join(zone) + "\n"}
    kubectl("apply", "--kustomize", "libs/internal-dns-xp/access")
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "internal-dns"}}, *composed())
    contenders = (BENCH / "contenders.yaml").read_text(encoding="utf-8")
    for name, reference in images().items():
        contenders = contenders.replace(f"image: {name}\n", f"image: {reference}\n")
    apply(*yaml.safe_load_all(contenders))
    records = {"version": "v1alpha1", "ip4": {f"{name}.": [ADDRESS] for name in hosts("tailscale")}}
    apply(config_map("file", config), config_map("tailscale", {"records.json": json.dumps(records)}))
    apply(*(ingress(name) for name in HOSTS))
    kubectl("apply", "--filename", "stacks/internal-dns/client/client.yaml")
    kubectl("create", "configmap", "probe", "--namespace", "dns-client", "--from-literal=none=")
    kubectl("rollout", "status", "deployment/client", "--namespace", "dns-client", "--timeout=120s")
    return {
        name: kubectl("get", "service", "-n", namespace, "-l", label, "-o", "jsonpath={.items[0].spec.clusterIP}")
        if name == "internal-dns"
        else kubectl("get", "service", "-n", namespace, name.replace("_", "-"), "-o", "jsonpath={.spec.clusterIP}")
        for name, (namespace, label) in PODS.items()
    }


def hosts(contender: str) -> list[str]:
    """Return the hosts that a contender answers for."""
    return [host.replace(DOMAIN, TAILNET) for host in HOSTS] if contender == "tailscale" else HOSTS


def config_map(name: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Return a ConfigMap of a contender."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "compare"}, "data": data}


def composed() -> Iterator[dict[str, Any]]:
    """Yield what the chart composes of the local stack's InternalDNS, without the InternalDNS that owns it."""
    rendered = run(
        *("bin/function-cdk8s", "render", "stacks/internal-dns/local/internaldns.yaml"),
        "libs/internal-dns-xp/package/apis/internaldns/composition.yaml",
    )
    for each in yaml.safe_load_all(rendered):
        if each["kind"] != "InternalDNS":
            del each["metadata"]["ownerReferences"]
            yield each


def ingress(host: str) -> dict[str, Any]:
    """Return an Ingress of a host."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    metadata = {"name": host.partition(".")[0], "namespace": "compare"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": [rule]}}


def kubectl(*arguments: str, text: str = "") -> str:
    """Return what kubectl prints."""
    return run("bin/kubectl", *arguments, text=text)


def apply(*manifests: Mapping[str, Any]) -> None:
    """Apply manifests."""
    kubectl("apply", "--filename=-", text=yaml.safe_dump_all(manifests))


def asks(server: str) -> Callable[[str], bool]:
    """Return a function that asks a server for a name, and returns whether the answer is right."""

    def ask(name: str) -> bool:
        try:
            answer = dns.query.udp(dns.message.make_query(name, "A"), server, timeout=QUERY_SECONDS)
        except (OSError, dns.exception.DNSException):
            return False
        return any(ADDRESS in rrset.to_text() for rrset in answer.answer)

    return ask


def wait_for(holds: Callable[[], bool], what: str) -> float:
    """Wait until something holds; return the seconds that took.

    Raises:
        SystemExit: If it never does.
    """
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > LIMIT_SECONDS:
            sys.exit(f"not within {LIMIT_SECONDS:.0f} s: {what}")
        time.sleep(PAUSE_SECONDS)
    return time.monotonic() - began


def discovery(servers: Mapping[str, str]) -> dict[str, list[float]]:
    """Return the seconds that each server took to answer for a new Ingress, in each round."""
    taken: dict[str, list[float]] = {name: [] for name in servers}
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        for number in range(ROUNDS):
            name = f"fresh{number}.{DOMAIN}"
            waits = {
                server: pool.submit(wait_for, functools.partial(asks(address), name), name)
                for server, address in servers.items()
            }
            apply(ingress(name))
            for server, wait in waits.items():
                taken[server].append(wait.result())
    return taken


def in_turns(servers: Mapping[str, str], act: Callable[[str, str], float]) -> dict[str, list[float]]:
    """Return what was measured of each server in each round; they take turns."""
    found: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            found[name].append(act(name, server))
    return found


def restart(name: str, server: str) -> float:
    """Kill a server's pod, and return its longest time without a right answer."""
    namespace, label = PODS[name]
    ask = asks(server)
    answered = [time.monotonic()]
    kubectl("delete", "pod", "-n", namespace, "-l", label, "--grace-period=0", "--force", "--wait=false")
    end = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < end or answered[-1] < end - 1:
        if ask(hosts(name)[0]):
            answered.append(time.monotonic())
        if time.monotonic() > end + LIMIT_SECONDS:
            sys.exit(f"{name} does not come back")
        time.sleep(PAUSE_SECONDS)
    return max(later - earlier for earlier, later in itertools.pairwise(answered))


def load(name: str, server: str) -> float:
    """Return the queries per second that a server answers."""
    queries = "".join(f"{host} A\n" for host in hosts(name))
    script = f"cat >/tmp/queries; dnsperf -s {server} -d /tmp/queries -c 2 -q 100 -l {LOAD_SECONDS}"
    printed = kubectl("exec", "-i", "-n", "dns-client", "deployment/client", "--", "sh", "-euc", script, text=queries)
    found = re.search(r"Queries per second:\s+([0-9.]+)", printed)
    if not found:
        sys.exit(f"dnsperf measured nothing of {name}:\n{printed}")
    return float(found[1])


def memory(namespace: str, label: str) -> list[float]:
    """Return the MiB that all containers of a pod use, as its kubelet tells."""
    pod = kubectl("get", "pod", "-n", namespace, "-l", label, "-o", "jsonpath={.items[0].metadata.name}")
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    stats = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    [found] = [each for each in stats["pods"] if each["podRef"]["name"] == pod]
    return [sum(each["memory"]["workingSetBytes"] for each in found["containers"]) / 2**20]


def summary(found: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """Return median and range of what was measured of each."""
    return {name: f"{statistics.median(each):.4g} ({min(each):.4g} to {max(each):.4g})" for name, each in found.items()}


if __name__ == "__main__":
    main()
