"""The objects of an InternalDNS, and what must hold of them whatever the snapshots say."""

import base64
import copy
import ipaddress
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from cdk8s_function.testing import Reconcile
from internal_dns import external_dns, layout, powerdns
from internal_dns.pod import sidecar
from syrupy.assertion import SnapshotAssertion

Compose = Callable[..., Reconcile]
Objects = dict[str, dict[str, Any]]

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
KEY = "the-api-key"
NAME_FIELDS = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName"}
SECRET = {"kind": "Secret", "apiVersion": "v1", "data": {"api-key": base64.b64encode(KEY.encode()).decode()}}


def objects(result: Reconcile) -> Objects:
    return dict(result.objects)


def pod(found: Objects) -> dict[str, Any]:
    return found["deployment"]["spec"]["template"]["spec"]


def containers(found: Objects) -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in pod(found)["containers"]}


def arguments(found: Objects) -> list[str]:
    return containers(found)["external-dns"]["args"]


def settings(found: Objects) -> dict[str, str]:
    lines = found["settings"]["data"]["pdns.conf"].splitlines()
    return dict(line.split("=", 1) for line in lines)


def records(found: Objects) -> dict[tuple[str, str], list[str]]:
    declared = json.loads(found["records"]["data"]["records.json"])
    return {(each["name"], each["type"]): [record["content"] for record in each["records"]] for each in declared}


def service(*addresses: str, **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {"clusterIP": addresses[0], "clusterIPs": list(addresses)},
        "status": status,
    }


def is_selected(labels: Mapping[str, str], selector: Mapping[str, Any]) -> bool:
    """Return whether a label selector with matchLabels and `In` selects an object with these labels."""
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def shown(result: Reconcile) -> Mapping[str, Any]:
    """Return a result without the programs' text, and what is a digest of it."""
    found = copy.deepcopy(objects(result))
    found["programs"]["data"] = sorted(found["programs"]["data"])
    for each in found.values():
        if each["kind"] == "Deployment":
            each["spec"]["template"]["metadata"]["annotations"]["dns.internal/settings-hash"] = "…"
            if "annotations" in each["metadata"]:
                each["metadata"]["annotations"]["dns.internal/template-hash"] = "…"
    return {
        "objects": found,
        "status": result.status,
        "conditions": [(name, *condition(result, name)) for name in ("AddressKnown", "Serving")],
    }


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_example_composes_as_before(example: pathlib.Path, compose: Compose, snapshot: SnapshotAssertion) -> None:
    documents = [each for each in yaml.safe_load_all(example.read_text(encoding="utf-8")) if each]
    [xr] = [each for each in documents if each["kind"] == "InternalDNS"]
    assert shown(compose(xr=xr, observed={"secret": SECRET})) == snapshot


class TestIdentity:
    def test_objects_keep_their_keys(self, compose: Compose) -> None:
        assert sorted(objects(compose())) == [
            "account",
            "data",
            "deployment",
            "network-policy",
            "programs",
            "records",
            "secret",
            "service",
            "settings",
        ]

    def test_two_of_one_namespace_share_no_object(self, compose: Compose) -> None:
        names = [
            {(each["kind"], each["metadata"]["name"]) for each in objects(compose(name=name)).values()}
            for name in ("dns", "other")
        ]
        assert not names[0] & names[1]

    def test_two_of_one_namespace_select_their_own_pod(self, compose: Compose) -> None:
        one, other = (objects(compose(name=name)) for name in ("dns", "other"))

        labels = one["deployment"]["spec"]["template"]["metadata"]["labels"]
        assert one["service"]["spec"]["selector"].items() <= labels.items()
        assert is_selected(labels, one["network-policy"]["spec"]["podSelector"])
        assert not is_selected(labels, other["network-policy"]["spec"]["podSelector"])
        assert not other["service"]["spec"]["selector"].items() <= labels.items()
        assert not other["deployment"]["spec"]["selector"]["matchLabels"].items() <= labels.items()

    @pytest.mark.parametrize("other", [{"name": "other"}, {"namespace": "other"}])
    def test_two_own_other_records(self, compose: Compose, other: dict[str, str]) -> None:
        def owner(found: Objects) -> str:
            return next(each for each in arguments(found) if each.startswith("--txt-owner-id="))

        assert owner(objects(compose())) != owner(objects(compose(**other)))

    def test_nothing_is_outside_the_namespace_or_of_the_cluster(self, compose: Compose) -> None:
        for manifest in objects(compose()).values():
            assert manifest["metadata"].get("namespace") in {None, "internal-dns"}
            assert manifest["kind"] not in {"ClusterRole", "ClusterRoleBinding", "Connector", "Namespace"}


class TestKey:
    def test_it_is_made_once(self, compose: Compose) -> None:
        first = objects(compose())
        again = objects(compose(observed={"secret": first["secret"]}))
        assert again == first

    def test_another_server_gets_another(self, compose: Compose) -> None:
        one, other = (objects(compose())["secret"]["data"]["api-key"] for _ in range(2))
        assert one != other
        assert len(base64.b64decode(one)) >= 32

    def test_powerdns_gets_only_its_hash(self, compose: Compose) -> None:
        found = objects(compose(observed={"secret": SECRET}))

        conf = base64.b64decode(found["secret"]["data"]["api.conf"]).decode()
        assert conf == f"api-key={powerdns.hashed(KEY)}\n"
        mounted = {each["name"] for each in containers(found)["powerdns"]["volumeMounts"]}
        assert "key" not in mounted
        assert KEY not in json.dumps({key: each for key, each in found.items() if key != "secret"})

    def test_a_new_key_makes_a_new_pod(self, compose: Compose) -> None:
        hashes = {
            json.dumps(objects(compose(observed=observed))["deployment"]["spec"]["template"]["metadata"])
            for observed in ({"secret": SECRET}, {})
        }
        assert len(hashes) == 2

    def test_its_hash_is_in_the_form_of_pdnsutil(self) -> None:
        assert powerdns.hashed("a") == powerdns.hashed("a") != powerdns.hashed("b")
        name, parameters, salt, digest = powerdns.hashed("a").removeprefix("$").split("$")
        assert (name, parameters) == ("scrypt", "ln=10,p=1,r=8")
        assert (len(base64.b64decode(salt)), len(base64.b64decode(digest))) == (16, 32)


class TestPod:
    def test_it_is_restricted(self, compose: Compose) -> None:
        found = pod(objects(compose()))

        assert found["securityContext"]["runAsNonRoot"]
        assert found["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in found["containers"]:
            context = container["securityContext"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert not context["allowPrivilegeEscalation"]
            assert context["readOnlyRootFilesystem"]
            assert context["runAsUser"] > 0
            assert {"memory"} <= container["resources"]["limits"].keys()
            assert all(port["containerPort"] > 1024 for port in container["ports"])

    def test_only_external_dns_gets_a_token(self, compose: Compose) -> None:
        found = objects(compose())
        holders = [
            name
            for name, container in containers(found).items()
            if any(mount["name"] == "token" for mount in container["volumeMounts"])
        ]
        assert holders == ["external-dns"]
        assert pod(found)["automountServiceAccountToken"] is False
        assert found["account"]["automountServiceAccountToken"] is False

    def test_each_mount_has_its_volume_and_each_volume_its_object(self, compose: Compose) -> None:
        found = objects(compose())
        names = {each["metadata"]["name"] for each in found.values()}
        volumes = {volume["name"]: volume for volume in pod(found)["volumes"]}
        for container in containers(found).values():
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
        for volume in volumes.values():
            for source, field in (
                ("configMap", "name"),
                ("secret", "secretName"),
                ("persistentVolumeClaim", "claimName"),
            ):
                if source in volume:
                    assert volume[source][field] in names

    def test_one_pod_at_a_time(self, compose: Compose) -> None:
        spec = objects(compose())["deployment"]["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})

    def test_external_dns_starts_once_the_sidecar_takes_its_calls(self, compose: Compose) -> None:
        found = pod(objects(compose()))["containers"]
        assert [container["name"] for container in found] == ["powerdns", "sidecar", "external-dns"]
        hook = found[1]["lifecycle"]["postStart"]["exec"]["command"]
        assert hook == ["python3", "-m", "internal_dns.pod.listening", "8082"]

    def test_a_static_record_makes_no_new_pod(self, compose: Compose) -> None:
        record = {"name": "www", "type": "A", "values": ["10.0.0.1"]}
        before, after = (
            objects(compose(observed={"secret": SECRET}, records=each))["deployment"] for each in ([], [record])
        )
        assert before == after

    @pytest.mark.parametrize("change", [{"ttl": 30}, {"syncInterval": "10s"}, {"powerdnsVersion": "5.0.7"}])
    def test_another_setting_does(self, compose: Compose, change: dict[str, Any]) -> None:
        before, after = (
            objects(compose(observed={"secret": SECRET}, **each))["deployment"]["spec"]["template"]
            for each in ({}, change)
        )
        assert before != after

    def test_the_sidecar_has_all_its_modules(self, compose: Compose) -> None:
        programs = objects(compose())["programs"]["data"]
        assert {"__init__.py", "database.py", "sidecar.py", "lookup.py", "relay.py"} <= programs.keys()
        assert not [name for name in programs if not name.endswith(".py")]
        mount = f"{layout.PROGRAMS}/internal_dns/pod"
        for name in ("powerdns", "sidecar"):
            container = containers(objects(compose()))[name]
            assert mount in {each["mountPath"] for each in container["volumeMounts"]}
            assert {"name": "PYTHONPATH", "value": layout.PROGRAMS} in container["env"]


class TestImages:
    def test_the_default_versions_have_their_digests(self, compose: Compose) -> None:
        found = containers(objects(compose()))
        powerdns = (
            "docker.io/powerdns/pdns-auth-51:5.1.4"
            "@sha256:bb5b1c133bcca1dd455075321de7d55db4945a8d7f2ba23339e3c7bbe416b205"
        )
        assert {name: container["image"] for name, container in found.items()} == {
            "powerdns": powerdns,
            "sidecar": powerdns,
            "external-dns": (
                "registry.k8s.io/external-dns/external-dns:v0.21.0"
                "@sha256:f53faaf71cb270d1ca9dce6ea0c94bfebf1a18696263487f0fbc74b9bf2bd7ff"
            ),
        }

    def test_another_version_has_none(self, compose: Compose) -> None:
        found = containers(objects(compose(powerdnsVersion="5.1.5", externalDnsVersion="v0.21.1")))
        assert found["powerdns"]["image"] == "docker.io/powerdns/pdns-auth-51:5.1.5"
        assert found["external-dns"]["image"] == "registry.k8s.io/external-dns/external-dns:v0.21.1"

    def test_the_repository_of_powerdns_follows_its_minor(self, compose: Compose) -> None:
        found = containers(objects(compose(powerdnsVersion="5.0.7")))
        image = "docker.io/powerdns/pdns-auth-50:5.0.7"
        assert (found["powerdns"]["image"], found["sidecar"]["image"]) == (image, image)

    def test_an_image_of_a_mirror_has_the_digest_that_is_given_or_none(self, compose: Compose) -> None:
        digest = f"sha256:{'0' * 64}"
        images = {
            "powerdns": {"registry": "mirror.example:5000/hub", "digest": digest},
            "externalDns": {"registry": "mirror.example:5000/k8s"},
            "pullSecrets": ["pull"],
        }
        found = objects(compose(images=images))
        assert containers(found)["powerdns"]["image"] == f"mirror.example:5000/hub/powerdns/pdns-auth-51:5.1.4@{digest}"
        external_dns = containers(found)["external-dns"]["image"]
        assert external_dns == "mirror.example:5000/k8s/external-dns/external-dns:v0.21.0"
        assert pod(found)["imagePullSecrets"] == [{"name": "pull"}]

    def test_a_digest_goes_before_the_default_one(self, compose: Compose) -> None:
        digest = f"sha256:{'0' * 64}"
        found = containers(objects(compose(images={"externalDns": {"digest": digest}})))
        assert found["external-dns"]["image"] == f"registry.k8s.io/external-dns/external-dns:v0.21.0@{digest}"


class TestAnswers:
    def test_a_client_forgets_what_is_gone_and_what_was_not_there_within_two_minutes(self, compose: Compose) -> None:
        found = objects(compose())
        minimum = int(settings(found)["default-soa-content"].split()[-1])
        interval, ttl = 30, 60
        assert f"--interval={interval}s" in arguments(found)
        assert f"--min-ttl={ttl}s" in arguments(found)
        assert interval + ttl < 120
        assert minimum + interval < 120
        # Seen in 6 s, held until the first look after the hold, and cached.
        hold = json.loads(found["settings"]["data"]["sidecar.json"])["holdSeconds"]
        assert (hold, 6 + hold + sidecar.ROUND_SECONDS + ttl) == (40, 111)

    def test_the_api_stays_in_the_pod(self, compose: Compose) -> None:
        found = objects(compose())
        assert settings(found)["webserver-address"] == "127.0.0.1"
        assert "--pdns-server=http://127.0.0.1:8082" in arguments(found)
        exposed = {port["containerPort"] for each in containers(found).values() for port in each["ports"]}
        assert exposed == {5353, 7979, 9090}

    def test_no_zone_transfer_and_no_call_home(self, compose: Compose) -> None:
        found = settings(objects(compose()))
        assert (found["disable-axfr"], found["security-poll-suffix"]) == ("yes", "")

    def test_external_dns_makes_addresses_only_and_names_its_prefixes(self, compose: Compose) -> None:
        found = arguments(objects(compose()))
        assert [each for each in found if "record-types" in each] == [
            "--managed-record-types=A",
            "--managed-record-types=AAAA",
        ]
        assert "--annotation-prefix=external-dns.alpha.kubernetes.io/" in found
        assert "--txt-prefix=edns-%{record_type}." in found
        assert "--txt-wildcard-replacement=_wild" in found
        assert "--policy=sync" in found

    def test_sources_and_filters(self, compose: Compose) -> None:
        found = arguments(
            objects(
                compose(
                    sources=["ingress", "service", "gateway-httproute"],
                    namespaces=["team-a"],
                    ingressClasses=["internal", "tailnet"],
                    labelSelector="dns=internal",
                    targets={"default": ["100.64.0.7", "fd7a::7"]},
                )
            )
        )
        assert {
            "--source=ingress",
            "--ignore-ingress-tls-spec",
            "--source=service",
            "--service-type-filter=LoadBalancer",
            "--source=gateway-httproute",
            "--namespace=team-a",
            "--ingress-class=internal",
            "--ingress-class=tailnet",
            "--label-filter=dns=internal",
            "--default-targets=100.64.0.7",
            "--default-targets=fd7a::7",
            "--force-default-targets",
        } <= set(found)

    def test_static_records_are_as_powerdns_stores_them(self, compose: Compose) -> None:
        found = records(
            objects(
                compose(
                    records=[
                        {"name": "@", "type": "TXT", "values": ["v=1; it's, here"]},
                        {"name": "*.apps", "type": "AAAA", "values": ["FD00:0::1"]},
                        {"name": "www", "type": "CNAME", "values": ["web.internal.example.org"]},
                        {"name": "long", "type": "TXT", "values": ["x" * 300]},
                    ]
                )
            )
        )
        assert found == {
            ("internal.example.org.", "NS"): ["ns1.internal.example.org."],
            ("internal.example.org.", "TXT"): ['"v=1; it\'s, here"'],
            ("*.apps.internal.example.org.", "AAAA"): ["fd00::1"],
            ("www.internal.example.org.", "CNAME"): ["web.internal.example.org."],
            ("long.internal.example.org.", "TXT"): [f'"{"x" * 255}" "{"x" * 45}"'],
        }

    def test_the_nameserver_resolves_to_itself(self, compose: Compose) -> None:
        found = records(objects(compose(observed={"service": service("10.96.0.53", "fd00::53")})))
        assert found["ns1.internal.example.org.", "A"] == ["10.96.0.53"]
        assert found["ns1.internal.example.org.", "AAAA"] == ["fd00::53"]


class TestNetwork:
    def test_queries_come_by_udp_and_tcp_to_port_53(self, compose: Compose) -> None:
        found = objects(compose())
        ports = {(port["protocol"], port["port"], port["targetPort"]) for port in found["service"]["spec"]["ports"]}
        named = {port["name"]: port["containerPort"] for port in containers(found)["powerdns"]["ports"]}
        assert ports == {("UDP", 53, "dns"), ("TCP", 53, "dns-tcp")}
        assert named == {"dns": 5353, "dns-tcp": 5353}

    def test_answers_go_on_while_external_dns_fails(self, compose: Compose) -> None:
        assert objects(compose())["service"]["spec"]["publishNotReadyAddresses"]

    def test_the_policy_lets_queries_in_and_calls_to_the_api_server_out(self, compose: Compose) -> None:
        policy = objects(compose())["network-policy"]["spec"]
        assert policy["ingress"] == [{"ports": [{"port": 5353, "protocol": "UDP"}, {"port": 5353, "protocol": "TCP"}]}]
        assert policy["egress"] == [{"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}]
        assert policy["policyTypes"] == ["Ingress", "Egress"]

    def test_clients_can_be_narrowed_and_metrics_opened(self, compose: Compose) -> None:
        chosen = {"clients": ["100.64.0.0/10"], "metricsNamespaces": ["monitoring"]}
        queries, metrics = objects(compose(networkPolicy=chosen))["network-policy"]["spec"]["ingress"]
        assert queries["from"] == [{"ipBlock": {"cidr": "100.64.0.0/10"}}]
        assert {port["port"] for port in metrics["ports"]} == {7979, 9090}

    def test_the_policy_can_be_left_to_others(self, compose: Compose) -> None:
        assert "network-policy" not in objects(compose(networkPolicy={"enabled": False}))


class TestAccess:
    def test_of_the_own_namespace_the_chart_grants_it(self, compose: Compose) -> None:
        found = objects(compose(namespaces=["internal-dns"], sources=["ingress", "service"]))
        assert found["role"]["rules"] == [
            {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "watch"]},
        ]
        assert found["role-binding"]["roleRef"]["name"] == found["role"]["metadata"]["name"]
        [subject] = found["role-binding"]["subjects"]
        assert subject["name"] == found["account"]["metadata"]["name"] == pod(found)["serviceAccountName"]

    @pytest.mark.parametrize(
        "spec",
        [{}, {"namespaces": ["team-a"]}, {"namespaces": ["internal-dns"], "sources": ["gateway-httproute"]}],
    )
    def test_of_more_an_administrator_does(self, compose: Compose, spec: dict[str, Any]) -> None:
        result = compose(**spec)
        assert not {"role", "role-binding"} & objects(result).keys()
        assert result.status["serviceAccount"] == "internal-dns-dns"


class TestStorage:
    def test_it_cannot_shrink(self, refuse: Callable[..., str]) -> None:
        claim = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
        message = refuse(storageSize="1Gi", observed={"data": claim})
        assert message == "spec.storageSize: cannot shrink from '2Gi' to '1Gi'; give '2Gi' or more"

    @pytest.mark.parametrize(
        ("present", "least"),
        [
            ("2G", "1908Mi"),
            ("1500M", "1431Mi"),
            ("3e9", "2862Mi"),
            ("3k", "1Mi"),
            ("1Pi", "1024Ti"),
            ("1024Gi", "1Ti"),
            ("1.5Gi", "1536Mi"),
            ("1500G", "1397Gi"),
        ],
    )
    def test_a_claim_of_any_quantity_is_compared(
        self, compose: Compose, refuse: Callable[..., str], present: str, least: str
    ) -> None:
        claim = {"spec": {"resources": {"requests": {"storage": present}}}}
        assert objects(compose(storageSize=least, observed={"data": claim}))["data"]["spec"]["resources"] == {
            "requests": {"storage": least}
        }
        if least != "1Mi":
            message = refuse(storageSize="1Mi", observed={"data": claim})
            assert message == f"spec.storageSize: cannot shrink from '{present}' to '1Mi'; give '{least}' or more"

    def test_it_can_grow(self, compose: Compose) -> None:
        claim = {"spec": {"resources": {"requests": {"storage": "1024Mi"}}}}
        found = objects(compose(storageSize="2Gi", observed={"data": claim}))
        assert found["data"]["spec"]["resources"] == {"requests": {"storage": "2Gi"}}

    def test_a_class_is_passed_on_and_none_is_not(self, compose: Compose) -> None:
        assert objects(compose(storageClassName="local"))["data"]["spec"]["storageClassName"] == "local"
        assert "storageClassName" not in objects(compose())["data"]["spec"]


class TestClusterIP:
    def test_another_than_the_services_is_refused(self, refuse: Callable[..., str]) -> None:
        message = refuse(service={"clusterIP": "10.96.0.53"}, observed={"service": service("10.96.0.7", "fd00::53")})
        assert message == (
            "spec.service.clusterIP: the Service has '10.96.0.7' and cannot change to '10.96.0.53'; "
            "give '10.96.0.7' or leave it out, or delete the Service to have it made again"
        )

    def test_of_two_families_the_first_counts(self, refuse: Callable[..., str]) -> None:
        message = refuse(service={"clusterIP": "fd00::53"}, observed={"service": service("10.96.0.7", "fd00::53")})
        assert message.startswith("spec.service.clusterIP: the Service has '10.96.0.7' and cannot change to 'fd00::53'")

    @pytest.mark.parametrize(
        ("given", "observed", "made"),
        [
            ("10.96.0.53", {"spec": {}}, "10.96.0.53"),
            ("10.96.0.53", {"spec": {"clusterIP": ""}}, "10.96.0.53"),
            ("10.96.0.53", service("10.96.0.53", "fd00::53"), "10.96.0.53"),
            ("fd00:0::53", service("fd00::53"), "fd00::53"),
        ],
        ids=["none yet", "an empty one", "the first of two families", "another spelling"],
    )
    def test_the_services_own_is_kept(self, compose: Compose, given: str, observed: dict[str, Any], made: str) -> None:
        found = objects(compose(service={"clusterIP": given}, observed={"service": observed}))
        assert found["service"]["spec"]["clusterIP"] == made

    def test_it_can_be_left_out_again(self, compose: Compose) -> None:
        found = objects(compose(observed={"service": service("10.96.0.7")}))
        assert "clusterIP" not in found["service"]["spec"]


class TestTailscale:
    def test_without_it_the_service_is_of_the_cluster(self, compose: Compose) -> None:
        found = objects(compose())["service"]
        assert found["spec"]["type"] == "ClusterIP"
        assert "annotations" not in found["metadata"]

    def test_expose(self, compose: Compose) -> None:
        result = compose(tailscale={"mode": "expose", "hostname": "dns", "tags": ["tag:dns", "tag:k8s"]})
        found = objects(result)["service"]
        assert found["metadata"]["annotations"] == {
            "tailscale.com/expose": "true",
            "tailscale.com/hostname": "dns",
            "tailscale.com/tags": "tag:dns,tag:k8s",
        }
        assert found["spec"]["type"] == "ClusterIP"

    def test_expose_knows_no_address_and_says_so(self, compose: Compose) -> None:
        result = compose(tailscale={"mode": "expose"}, observed={"service": service("10.96.0.53")})
        assert "nameserverIP" not in result.status
        assert condition(result, "AddressKnown")[:2] == ("False", "NotReported")

    def test_load_balancer(self, compose: Compose) -> None:
        balancer = {"ingress": [{"hostname": "dns.tail1234.ts.net"}, {"ip": "100.64.0.53"}, {"ip": "fd7a::53"}]}
        result = compose(
            tailscale={"mode": "loadBalancer", "hostname": "dns"},
            observed={"service": service("10.96.0.53", loadBalancer=balancer)},
        )
        spec = objects(result)["service"]["spec"]
        assert (spec["type"], spec["loadBalancerClass"]) == ("LoadBalancer", "tailscale")
        assert spec["allocateLoadBalancerNodePorts"] is False
        assert result.status["nameserverIP"] == "100.64.0.53"
        assert result.status["nameserverIPs"] == ["100.64.0.53", "fd7a::53"]
        assert result.status["tailnetName"] == "dns.tail1234.ts.net"
        assert json.loads(result.status["splitDNS"]) == {"internal.example.org": ["100.64.0.53", "fd7a::53"]}
        assert records(objects(result))["ns1.internal.example.org.", "A"] == ["100.64.0.53"]

    def test_load_balancer_without_address_yet(self, compose: Compose) -> None:
        result = compose(tailscale={"mode": "loadBalancer"}, observed={"service": service("10.96.0.53")})
        assert condition(result, "AddressKnown") == (
            "False",
            "Waiting",
            (
                "the Tailscale operator has not given the Service an address: "
                "kubectl describe -n internal-dns service -l app.kubernetes.io/instance=dns shows why"
            ),
        )

    def test_subnet_route(self, compose: Compose) -> None:
        result = compose(
            tailscale={"mode": "subnetRoute"},
            service={"clusterIP": "10.96.0.53"},
            observed={"service": service("10.96.0.53")},
        )
        assert objects(result)["service"]["spec"]["clusterIP"] == "10.96.0.53"
        assert result.status["route"] == "10.96.0.53/32"
        assert ipaddress.ip_network(result.status["route"]).num_addresses == 1
        assert json.loads(result.status["splitDNS"]) == {"internal.example.org": ["10.96.0.53"]}

    @pytest.mark.parametrize(("routed", "beside"), [("10.96.0.53", "fd00::53"), ("fd00::53", "10.96.0.53")])
    def test_on_two_families_only_the_routed_address_is_a_resolver(
        self, compose: Compose, routed: str, beside: str
    ) -> None:
        result = compose(
            tailscale={"mode": "subnetRoute"},
            service={"clusterIP": routed},
            observed={"service": service(routed, beside)},
        )
        assert result.status["nameserverIPs"] == [routed]
        assert json.loads(result.status["splitDNS"]) == {"internal.example.org": [routed]}
        assert ipaddress.ip_address(routed) in ipaddress.ip_network(result.status["route"])
        servers = [values for (name, _), values in records(objects(result)).items() if name.startswith("ns1.")]
        assert servers == [[routed]]


class TestConditions:
    def test_serving_follows_the_deployment(self, compose: Compose) -> None:
        def of(status: str) -> tuple[str, str, str]:
            deployment = {"status": {"conditions": [{"type": "Available", "status": status}]}}
            return condition(compose(observed={"deployment": deployment}), "Serving")

        assert of("True")[:2] == ("True", "Synced")
        status, reason, message = of("False")
        assert (status, reason) == ("False", "NotReady")
        assert message.startswith("the zone has not been compared with the sources yet; if it stays so, kubectl logs ")
        assert condition(compose(), "Serving")[0] == "Unknown"

    def test_with_the_same_world_they_say_the_same(self, compose: Compose) -> None:
        one, again = (compose(observed={"secret": SECRET}) for _ in range(2))
        assert (one.conditions, one.status) == (again.conditions, again.status)


def condition(result: Reconcile, name: str) -> tuple[str, str, str]:
    [found] = [each for each in result.conditions if each["type"] == name]
    return found["status"], found["reason"], found.get("message", "")


def test_the_owner_of_records_has_the_namespace_and_name() -> None:
    assert external_dns.owner(name="dns", namespace="a") == "internal-dns.a.dns"
