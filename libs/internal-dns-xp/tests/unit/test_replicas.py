"""Two replicas: each has its own server, and what they share changes nothing of the first."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdk8s_function.testing import Reconcile, Scenario

Chart = Callable[..., Scenario]

OWN = {"service-2", "data-2", "deployment-2"}


def service(address: str, **status: Any) -> dict[str, Any]:
    return {"spec": {"clusterIP": address, "clusterIPs": [address]}, "status": status}


def balancer(address: str) -> dict[str, Any]:
    return {"loadBalancer": {"ingress": [{"ip": address}]}}


def template(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    return found[key]["spec"]["template"]


def paused(result: Reconcile) -> list[bool]:
    return [result.objects[key]["spec"].get("paused", False) for key in ("deployment", "deployment-2")]


def condition(result: Reconcile, name: str) -> tuple[str, str, str]:
    [found] = [each for each in result.conditions if each["type"] == name]
    return found["status"], found["reason"], found.get("message", "")


class TestObjects:
    def test_the_second_has_a_service_a_volume_and_a_pod_of_its_own(self, scenario: Chart) -> None:
        one = scenario().until_stable().objects
        two = scenario(replicas=2).until_stable().objects

        assert two.keys() - one.keys() == {*OWN, "disruption-budget"}
        assert one.keys() <= two.keys()
        names = {key: each["metadata"]["name"] for key, each in two.items()}
        assert {key: names[key] for key in one} == {key: each["metadata"]["name"] for key, each in one.items()}
        [data] = [each for each in template(two, "deployment-2")["spec"]["volumes"] if each["name"] == "data"]
        assert data["persistentVolumeClaim"]["claimName"] == names["data-2"]

    def test_each_service_and_deployment_selects_one_pod_and_the_budget_both(self, scenario: Chart) -> None:
        found = scenario(replicas=2).until_stable().objects
        labels = {key: template(found, key)["metadata"]["labels"].items() for key in ("deployment", "deployment-2")}

        for key, other in (("", "-2"), ("-2", "")):
            for selector in (
                found[f"service{key}"]["spec"]["selector"],
                found[f"deployment{key}"]["spec"]["selector"]["matchLabels"],
            ):
                assert selector.items() <= labels[f"deployment{key}"]
                assert not selector.items() <= labels[f"deployment{other}"]
        both = {
            "matchLabels": {"app.kubernetes.io/instance": "dns"},
            "matchExpressions": [
                {"key": "app.kubernetes.io/name", "operator": "In", "values": ["internal-dns", "internal-dns-2"]}
            ],
        }
        assert {dict(each)["app.kubernetes.io/name"] for each in labels.values()} == {"internal-dns", "internal-dns-2"}
        assert found["network-policy"]["spec"]["podSelector"] == both
        assert found["disruption-budget"]["spec"] == {
            "minAvailable": 1,
            "selector": both,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }
        for key in labels:
            spread = template(found, key)["spec"]["topologySpreadConstraints"]
            assert [(each["topologyKey"], each["whenUnsatisfiable"], each["labelSelector"]) for each in spread] == [
                ("topology.kubernetes.io/zone", "ScheduleAnyway", both),
                ("kubernetes.io/hostname", "ScheduleAnyway", both),
            ]

    def test_each_zone_has_the_same_owner_as_only_its_own_external_dns_writes_to_it(self, scenario: Chart) -> None:
        found = scenario(replicas=2).until_stable().objects
        first, second = (template(found, key)["spec"]["containers"] for key in ("deployment", "deployment-2"))
        assert [first[0], first[2]] == [second[0], second[2]]
        assert "--pdns-server=http://127.0.0.1:8082" in second[2]["args"]

    def test_with_one_there_is_no_budget_that_would_keep_a_node_from_being_drained(self, scenario: Chart) -> None:
        assert "disruption-budget" not in scenario().until_stable().objects


class TestFromOneToTwoAndBack:
    def test_the_first_keeps_its_objects_and_its_pod(self, scenario: Chart) -> None:
        dns = scenario().until_stable()
        before = dns.objects

        dns.change({"replicas": 2}).until_stable().ready()
        two = dns.objects
        dns.change({"replicas": 1}).until_stable().ready()

        for key in before:
            if key != "records":  # The nameserver's addresses.
                assert template(two, key) == template(before, key) if key == "deployment" else two[key] == before[key]
        assert dns.objects == before

    def test_the_second_starts_while_the_first_goes_on(self, scenario: Chart) -> None:
        dns = scenario().until_stable()
        dns.change({"replicas": 2, "ttl": 30}).unready("deployment-2")
        dns.step().step().step()
        assert paused(dns.last) == [True, False]
        assert condition(dns.last, "Serving") == (
            "True",
            "Degraded",
            (
                "replica 2 of 2: the zone has not been compared with the sources yet; if it stays so, kubectl logs "
                "-n internal-dns -l app.kubernetes.io/instance=dns -c external-dns shows why; "
                "until it is ready, the other one answers and keeps its settings and version"
            ),
        )
        dns.settle("deployment-2").until_stable().ready()
        assert paused(dns.last) == [False, False]


class TestRollout:
    def test_two_new_ones_start_at_once(self, scenario: Chart) -> None:
        dns = scenario(replicas=2)
        assert paused(dns.step().last) == [False, False]
        assert paused(dns.step().last) == [False, False]

    def test_the_second_follows_when_the_first_is_ready_again(self, scenario: Chart) -> None:
        dns = scenario(replicas=2).until_stable()

        dns.change({"ttl": 30}).unready("deployment").step()
        assert paused(dns.last) == [False, True]
        assert paused(dns.step().step().last) == [False, True]
        dns.settle("deployment").until_stable().ready()

        assert paused(dns.last) == [False, False]
        pauses = [paused(each) for each in dns.history]
        assert [True, True] not in pauses
        templates = [template(dns.objects, key)["metadata"]["annotations"] for key in ("deployment", "deployment-2")]
        assert templates[0] == templates[1]

    def test_a_broken_version_reaches_only_the_first_and_can_be_taken_back(self, scenario: Chart) -> None:
        dns = scenario(replicas=2).until_stable()

        dns.change({"powerdnsVersion": "5.1.999"}).unready("deployment").step().step().step()
        assert paused(dns.last) == [False, True]
        dns.change({"powerdnsVersion": "5.1.4"}).step()
        assert paused(dns.last)[0] is False
        dns.settle("deployment").until_stable().ready()
        assert paused(dns.last) == [False, False]


class TestAddresses:
    @pytest.mark.parametrize(
        ("mode", "more", "want"),
        [
            ("none", {}, ["10.96.0.53", "10.96.0.54"]),
            ("loadBalancer", {}, ["100.64.0.53", "100.64.0.54"]),
            (
                "subnetRoute",
                {"service": {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.54"}},
                ["10.96.0.53", "10.96.0.54"],
            ),
        ],
    )
    def test_the_status_has_those_of_both(
        self, scenario: Chart, mode: str, more: dict[str, Any], want: list[str]
    ) -> None:
        observed = {
            "service": service("10.96.0.53", **balancer("100.64.0.53")),
            "service-2": service("10.96.0.54", **balancer("100.64.0.54")),
        }
        result = scenario(replicas=2, tailscale={"mode": mode}, **more, observed=observed).last

        status = result.status
        assert (status["nameserverIP"], status["nameserverIPs"]) == (want[0], want)
        if mode == "none":
            assert "splitDNS" not in status
        else:
            assert json.loads(status["splitDNS"]) == {"internal.example.org": want}
        assert status.get("routes") == ([f"{each}/32" for each in want] if mode == "subnetRoute" else None)
        assert condition(result, "AddressKnown")[:2] == ("True", "Assigned")
        declared = json.loads(result.objects["records"]["data"]["records.json"])
        assert [[each["content"] for each in found["records"]] for found in declared if found["type"] == "A"] == [want]

    def test_one_that_is_missing_is_named(self, scenario: Chart) -> None:
        observed = {"service": service("10.96.0.53", **balancer("100.64.0.53")), "service-2": service("10.96.0.54")}
        result = scenario(replicas=2, tailscale={"mode": "loadBalancer"}, observed=observed).last

        assert json.loads(result.status["splitDNS"]) == {"internal.example.org": ["100.64.0.53"]}
        assert condition(result, "AddressKnown") == (
            "False",
            "Waiting",
            (
                "replica 2 of 2: the Tailscale operator has not given the Service an address: "
                "kubectl describe -n internal-dns service -l app.kubernetes.io/instance=dns shows why"
            ),
        )

    def test_each_is_a_machine_of_its_own(self, scenario: Chart) -> None:
        tailscale = {"mode": "expose", "hostname": "dns", "tags": ["tag:dns"]}
        result = scenario(replicas=2, tailscale=tailscale).last

        annotations = [result.objects[key]["metadata"]["annotations"] for key in ("service", "service-2")]
        assert [each["tailscale.com/hostname"] for each in annotations] == ["dns", "dns-2"]
        assert {each["tailscale.com/tags"] for each in annotations} == {"tag:dns"}
        assert condition(result, "AddressKnown")[:2] == ("False", "NotReported")

    def test_each_gets_its_cluster_ip(self, scenario: Chart) -> None:
        chosen = {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.54"}
        found = scenario(replicas=2, service=chosen).last.objects
        assert [found[key]["spec"]["clusterIP"] for key in ("service", "service-2")] == ["10.96.0.53", "10.96.0.54"]

    def test_another_than_the_seconds_own_is_refused(self, scenario: Chart) -> None:
        observed = {"service": service("10.96.0.53"), "service-2": service("10.96.0.7")}
        chosen = {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.54"}
        assert scenario(replicas=2, service=chosen, observed=observed).refusal() == (
            "spec.service.secondClusterIP: the Service has '10.96.0.7' and cannot change to '10.96.0.54'; "
            "give '10.96.0.7' or leave it out, or delete the Service to have it made again"
        )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"tailscale": {"mode": "subnetRoute"}, "service": {"clusterIP": "10.96.0.53"}},
            (
                "spec: tailscale.mode 'subnetRoute' with 2 replicas needs service.secondClusterIP: "
                "the second route is made for that address"
            ),
        ),
        (
            {"tailscale": {"mode": "expose", "hostname": "d" * 62}},
            ("spec: tailscale.hostname has at most 61 letters with 2 replicas: the second machine's name ends with -2"),
        ),
        (
            {"service": {"clusterIP": "10.96.0.53", "secondClusterIP": "10.96.0.53"}},
            "spec.service: secondClusterIP must be another address than clusterIP, not '10.96.0.53' too",
        ),
    ],
)
def test_what_does_not_fit_two_is_refused(scenario: Chart, spec: dict[str, Any], message: str) -> None:
    assert message in scenario(replicas=2, **spec).refusal()
