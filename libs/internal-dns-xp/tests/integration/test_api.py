"""What a real API server takes and refuses: of InternalDNS objects by the XRD, and of the objects composed."""

import copy
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from cdk8s_function.testing import CompositionError
from node.cluster import ACCESS, Cluster, KubectlError, module_folder
from server import Server, eventually, ingress

PROJECT = pathlib.Path(__file__).parents[2]
Spec = Mapping[str, Any]
FIXED: Spec = {"service": {"clusterIP": "10.96.0.53"}}
ROUTED: Spec = {"tailscale": {"mode": "subnetRoute"}, **FIXED}
TWO: Spec = {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.54"}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    spec: Spec
    error: str = ""


@dataclasses.dataclass(frozen=True)
class Change:
    name: str
    before: Spec
    after: Spec
    error: str = ""


ACCEPTED = [
    Case("the oldest versions that are safe", {"powerdnsVersion": "5.0.7", "externalDnsVersion": "v0.21.0"}),
    Case("newer versions", {"powerdnsVersion": "5.2.0", "externalDnsVersion": "v0.22.3"}),
    Case("a domain of one label", {"domain": "internal"}),
    Case("the domain for home networks", {"domain": "lan.home.arpa"}),
    Case("a domain that only looks like a reserved one", {"domain": "mylocal"}),
    Case("an IPv6 address for the Service", {"service": {"clusterIP": "fd00::53"}}),
    Case("a route to a fixed address", ROUTED),
    Case("a machine in the tailnet", {"tailscale": {"mode": "expose", "hostname": "dns", "tags": ["tag:dns"]}}),
    Case("networks of clients", {"networkPolicy": {"clients": ["100.64.0.0/10", "fd7a:115c:a1e0::/48"]}}),
    Case("a digest alone", {"images": {"powerdns": {"digest": f"sha256:{'0' * 64}"}}}),
    Case("no records", {"records": []}),
    Case("half a processor", {"resources": {"sidecar": {"limits": {"cpu": "0.5", "ephemeral-storage": "1Gi"}}}}),
    Case("no limits", {"resources": {"powerdns": {"requests": {"memory": "512Mi"}, "limits": {}}}}),
    Case("two replicas", {"replicas": 2, "tailscale": {"mode": "expose", "hostname": "d" * 61}}),
    Case("two routes to fixed addresses", {**ROUTED, "replicas": 2, "service": TWO}),
]

REFUSED = [
    Case("no domain", {"domain": None}, "spec.domain: Required value"),
    Case(
        "a domain that is no DNS name", {"domain": "foo_bar.example"}, 'spec.domain: Invalid value: "foo_bar.example"'
    ),
    Case("a domain in upper case", {"domain": "Internal.example"}, "spec.domain: Invalid value"),
    Case("a domain of MagicDNS", {"domain": "x.ts.net"}, "MagicDNS answers for 'ts.net' itself"),
    Case("a domain of multicast DNS", {"domain": "corp.local"}, "by multicast DNS"),
    Case("a domain that clients take for themselves", {"domain": "localhost"}, "for themselves"),
    Case("a domain that is an address", {"domain": "10.0.0.1"}, "for an IPv4 address"),
    Case("a domain that ends like an address", {"domain": "a.0x7f"}, "for an IPv4 address"),
    Case("a domain of the Internet's own", {"domain": "10.in-addr.arpa"}, "'home.arpa' is for networks like this"),
    Case("a size that is none", {"storageSize": "big"}, "spec.storageSize: Invalid value"),
    Case("PowerDNS that one packet crashes", {"powerdnsVersion": "5.1.3"}, "from 5.0.7 in 5.0, or from 5.1.4"),
    Case("PowerDNS that one packet crashes, older", {"powerdnsVersion": "5.0.6"}, "from 5.0.7 in 5.0, or from 5.1.4"),
    Case("PowerDNS of another major", {"powerdnsVersion": "4.9.7"}, "spec.powerdnsVersion: Invalid value"),
    Case("external-dns that ignores the TTL", {"externalDnsVersion": "v0.20.0"}, "from v0.21.0"),
    Case("an interval too short", {"syncInterval": "4s"}, "spec.syncInterval: Invalid value"),
    Case("an interval too long", {"syncInterval": "56s"}, "spec.syncInterval: Invalid value"),
    Case("a TTL of nothing", {"ttl": 0}, "spec.ttl: Invalid value: 0"),
    Case("an unknown source", {"sources": ["pod"]}, "spec.sources[0]: Unsupported value"),
    Case("a source twice", {"sources": ["ingress", "ingress"]}, "spec.sources[1]: Duplicate value"),
    Case("two namespaces", {"namespaces": ["a", "b"]}, "leave it empty and choose by ingressClasses or labelSelector"),
    Case("a route to no fixed address", {"tailscale": {"mode": "subnetRoute"}}, "needs service.clusterIP"),
    Case("a machine name for no machine", {"tailscale": {"hostname": "dns"}}, "for the modes expose and loadBalancer"),
    Case("an unknown mode", {"tailscale": {"mode": "funnel"}}, "spec.tailscale.mode: Unsupported value"),
    Case("an address that is none", {"service": {"clusterIP": "1.2.3"}}, "must be an IP address"),
    Case("a target that is none", {"targets": {"default": ["1.2.3.4.5"]}}, "must be an IP address"),
    Case("a network with host bits", {"networkPolicy": {"clients": ["10.0.0.1/8"]}}, "must be a network"),
    Case("a network that is none", {"networkPolicy": {"clients": ["10.0.0.0/99"]}}, "must be a network"),
    Case(
        "two entries of one name and type",
        {"records": [{"name": "a", "type": "A", "values": ["10.0.0.1"]}] * 2},
        "spec.records[1]: Duplicate value",
    ),
    Case("a record without values", {"records": [{"name": "a", "type": "A", "values": []}]}, "values"),
    Case("a record of another type", {"records": [{"name": "a", "type": "MX", "values": ["x"]}]}, "Unsupported value"),
    Case("three replicas", {"replicas": 3}, "spec.replicas: Invalid value: 3"),
    Case("two routes to one fixed address", {**ROUTED, "replicas": 2}, "needs service.secondClusterIP"),
    Case(
        "a machine name without room for the second's",
        {"replicas": 2, "tailscale": {"mode": "expose", "hostname": "d" * 62}},
        "at most 61 letters with 2 replicas",
    ),
    Case(
        "one address twice",
        {"service": {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.53"}},
        "must be another address than clusterIP",
    ),
    Case(
        "a request above the limit that is the default",
        {"resources": {"powerdns": {"requests": {"memory": "512Mi"}}}},
        "a request cannot exceed the limit",
    ),
    Case(
        "an amount of something unknown",
        {"resources": {"powerdns": {"limits": {"memroy": "64Mi"}}}},
        "give amounts of cpu, memory, ephemeral-storage",
    ),
    Case("an amount of nothing", {"resources": {"sidecar": {"requests": {"cpu": "0.0"}}}}, "requests.cpu"),
    Case("an unknown field", {"domian": "x"}, 'unknown field "spec.domian"'),
]

CHANGES = [
    Change("another domain", {}, {"domain": "other.example.org"}, "domain is immutable"),
    Change("a size that the storage class could not give, taken back", {"storageSize": "2Gi"}, {"storageSize": "1Gi"}),
    Change("a larger volume", {"storageSize": "1Gi"}, {"storageSize": "1025Mi"}),
    Change("another class", {"storageClassName": "a"}, {"storageClassName": "b"}, "storageClassName is immutable"),
    Change("a class where none was", {}, {"storageClassName": "b"}, "storageClassName is immutable"),
    Change("no class where one was", {"storageClassName": "a"}, {}, "storageClassName is immutable"),
    Change("an address where none was", {}, FIXED),
    Change("another address", FIXED, {"service": {"clusterIP": "10.96.0.54"}}),
    Change("no address where one was", FIXED, {}),
    Change("a second replica", {"replicas": 1}, {"replicas": 2}),
    Change("one replica less, and its address", {"replicas": 2, "service": TWO}, FIXED),
    Change("another second address", {"service": TWO}, {"service": {**TWO, "secondClusterIP": "10.96.0.55"}}),
    Change("an older version", {"powerdnsVersion": "5.1.4"}, {"powerdnsVersion": "5.0.7"}),
    Change("another mode", {"tailscale": {"mode": "expose"}}, {"tailscale": {"mode": "loadBalancer"}}),
]


def internal_dns(spec: Spec) -> dict[str, Any]:
    given = {"domain": "internal.example.org", **spec}
    return {
        "apiVersion": "dns.internal/v1alpha1",
        "kind": "InternalDNS",
        "metadata": {"name": "dns", "namespace": "default"},
        "spec": {name: value for name, value in given.items() if value is not None},
    }


def create(cluster: Cluster, spec: Spec, *options: str) -> None:
    cluster.kubectl("create", "--validate=strict", "--filename=-", *options, objects=[internal_dns(spec)])


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_an_internal_dns_is_accepted(api_server: Cluster, case: Case) -> None:
    create(api_server, case.spec, "--dry-run=server")


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_an_internal_dns_is_refused(api_server: Cluster, case: Case) -> None:
    with pytest.raises(KubectlError) as refusal:
        create(api_server, case.spec, "--dry-run=server")
    assert case.error in str(refusal.value)


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.name)
def test_a_change_of_an_internal_dns(api_server: Cluster, case: Change) -> None:
    create(api_server, case.before)
    try:
        change = ("replace", "--validate=strict", "--filename=-")
        if not case.error:
            api_server.kubectl(*change, objects=[internal_dns(case.after)])
            return
        with pytest.raises(KubectlError) as refusal:
            api_server.kubectl(*change, objects=[internal_dns(case.after)])
        assert case.error in str(refusal.value)
    finally:
        api_server.kubectl("delete", "internaldns", "dns")


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize("example", sorted((PROJECT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_each_example_is_accepted(api_server: Cluster, example: pathlib.Path) -> None:
    documents = [each for each in yaml.safe_load_all(example.read_text(encoding="utf-8")) if each]
    [xr] = [each for each in documents if each["kind"] == "InternalDNS"]
    xr["metadata"]["namespace"] = "default"
    api_server.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", objects=[xr])


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"namespaces": ["internal-dns"]},
        {"tailscale": {"mode": "loadBalancer", "hostname": "dns", "tags": ["tag:dns"]}},
        {"tailscale": {"mode": "expose"}},
        {"networkPolicy": {"clients": ["100.64.0.0/10"], "metricsNamespaces": ["monitoring"]}},
        {"storageClassName": "local", "images": {"pullSecrets": ["pull"]}},
    ],
    ids=str,
)
def test_the_objects_are_valid_and_the_pod_restricted(compose_in: Callable[..., Server], spec: Spec) -> None:
    # Strict validation against the API server's own OpenAPI schemas, where an unknown field is an error.
    server = compose_in(**spec)

    template = copy.deepcopy(server.object("deployment")["spec"]["template"])
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"]["name"] = "pod"
    # The namespace enforces the pod security standard `restricted`.
    admit = ("create", "--dry-run=server", "--namespace=internal-dns", "--validate=strict", "--filename=-")
    server.cluster.kubectl(*admit, objects=[pod])
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        server.cluster.kubectl(*admit, objects=[pod])


def crossplanes_own_rules() -> list[dict[str, Any]]:
    """Return the rules of Crossplane's own ClusterRole, of the chart in the module that Crossplane is built from."""
    module = module_folder("crossplane-core", "github.com/crossplane/crossplane/v2")
    template = (module / "cluster/charts/crossplane/templates/clusterrole.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(template.partition("\nrules:\n")[2].partition("{{")[0])


def test_crossplane_may_compose_each_object_with_what_an_administrator_grants(
    api_server: Cluster, compose_in: Callable[..., Server]
) -> None:
    server = compose_in(namespaces=["internal-dns"], replicas=2)
    objects = {key: server.object(key) for key in server.keys}
    own = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "crossplane"}}
    api_server.apply({**own, "rules": crossplanes_own_rules()})
    api_server.kubectl("create", "clusterrolebinding", "crossplane", "--clusterrole=crossplane", "--user=crossplane")

    def refused() -> set[str]:
        return {key for key, each in objects.items() if not may_apply(api_server, each)}

    assert refused() == {"data", "data-2", "disruption-budget", "network-policy", "role", "role-binding"}
    api_server.kubectl("apply", f"--filename={ACCESS}/crossplane.yaml")
    # Crossplane's own ClusterRole aggregates it, by a controller that is not here.
    granted = "--clusterrole=crossplane-internal-dns"
    api_server.kubectl("create", "clusterrolebinding", "crossplane-granted", granted, "--user=crossplane")
    eventually(lambda: not refused(), within=10)


def may_apply(cluster: Cluster, manifest: Mapping[str, Any]) -> bool:
    fields = {key: value for key, value in manifest.items() if key != "status"}
    metadata = {"name": manifest["metadata"]["name"], "namespace": manifest["metadata"]["namespace"]}
    options = (
        "--as=crossplane",
        "--server-side",
        "--force-conflicts",
        "--field-manager=crossplane",
        "--dry-run=server",
    )
    try:
        cluster.kubectl("apply", *options, "--filename=-", objects=[{**fields, "metadata": metadata}])
    except KubectlError as refusal:
        if "forbidden" not in str(refusal):
            raise
        return False
    return True


def test_composing_again_changes_nothing(compose_in: Callable[..., Server]) -> None:
    server = compose_in()
    before = {key: server.object(key)["metadata"]["resourceVersion"] for key in ("secret", "deployment", "settings")}
    server.compose()
    after = {key: server.object(key)["metadata"]["resourceVersion"] for key in before}
    assert after == before


def test_a_cluster_ip_can_be_given_and_left_out_and_be_another_for_a_new_service(
    compose_in: Callable[..., Server],
) -> None:
    server = compose_in()

    def address() -> str:
        return server.object("service")["spec"]["clusterIP"]

    assigned = address()
    for given in ({"clusterIP": assigned}, {}):
        server.compose(service=given)
        assert address() == assigned
    # Of the part of the range from which the API server assigns none itself while it has others.
    other = "198.18.32.9"
    with pytest.raises(CompositionError, match=f"spec.service.clusterIP: the Service has '{assigned}'"):
        server.compose(service={"clusterIP": other})
    name = server.object("service")["metadata"]["name"]
    server.cluster.kubectl("delete", f"--namespace={server.namespace}", "service", name)
    server.compose(service={"clusterIP": other})
    assert address() == other


HOSTNAMES = ACCESS / "hostnames.yaml"
ODD_HOSTNAMES = [
    "WEB.x.org",
    "\uff57eb.x.org",
    "w\u00adeb.x.org",
    "b\u00fccher.x.org",
    r"we\b.x.org",
    r"\119eb.x.org",
    "xn--web-.x.org",
    "xn--.x.org",
    "web..x.org",
    "w/eb.x.org",
    "w eb.x.org",
    "a.*.x.org",
    "web.x.org,WEB.x.org",
]
PLAIN_HOSTNAMES = ["web.x.org", "web.x.org.", "*.x.org", "a.x.org, _b.x.org", "xn--bcher-kva.x.org", "x", ""]


@pytest.fixture
def hostnames_are_checked(api_server: Cluster) -> Iterator[None]:
    """Apply the policy for annotations, and remove it, each until the API server does as told."""
    odd = ingress("odd", "rule.x.org", annotations={"hostname": "WEB.x.org"})
    api_server.kubectl("apply", f"--filename={HOSTNAMES}")
    eventually(lambda: "give names" in refusal(api_server, odd), within=30)
    yield
    api_server.kubectl("delete", f"--filename={HOSTNAMES}")
    eventually(lambda: not refusal(api_server, odd), within=30)


def refusal(cluster: Cluster, manifest: Mapping[str, Any]) -> str:
    """Return why an object is not applied; empty if it would be."""
    try:
        cluster.kubectl(
            "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename=-", objects=[manifest]
        )
    except KubectlError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("hostnames_are_checked")
def test_another_spelling_of_a_host_is_kept_out_by_the_policy_for_it(api_server: Cluster) -> None:
    def told(hostname: str, kind: str, key: str = "hostname") -> str:
        made = ingress("checked", "rule.x.org", annotations={key: hostname})
        if kind == "Service":
            made = {**made, "apiVersion": "v1", "kind": kind, "spec": {"ports": [{"port": 80}]}, "status": {}}
        return refusal(api_server, made)

    for kind in ("Ingress", "Service"):
        for hostname in ODD_HOSTNAMES:
            assert (
                f"metadata.annotations[external-dns.alpha.kubernetes.io/hostname]: {hostname}: give names of lower-case"
                " letters, digits, - and _, with * as first label at most, separated by commas; no label ends with -"
            ) in told(hostname, kind)
        assert [told(hostname, kind) for hostname in PLAIN_HOSTNAMES] == [""] * len(PLAIN_HOSTNAMES)
    internal = told("WEB.x.org", "Service", "internal-hostname")
    assert "metadata.annotations[external-dns.alpha.kubernetes.io/internal-hostname]: WEB.x.org: give names" in internal


def test_what_has_another_spelling_already_can_be_changed_and_deleted(
    api_server: Cluster, request: pytest.FixtureRequest
) -> None:
    odd = ingress("odd-before", "odd-before.x.org", annotations={"hostname": "ODD.x.org"})
    api_server.apply(odd)
    request.getfixturevalue("hostnames_are_checked")

    changed = {**odd, "metadata": {**odd["metadata"], "labels": {"changed": "true"}}}
    assert refusal(api_server, changed) == ""
    other = ingress("odd-before", "odd-before.x.org", annotations={"hostname": "ODDER.x.org"})
    assert "ODDER.x.org: give names of lower-case letters" in refusal(api_server, other)
    api_server.kubectl("delete", "ingress", "odd-before")
