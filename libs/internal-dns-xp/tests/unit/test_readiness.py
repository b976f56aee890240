"""What the conditions Serving and Fresh say of a pod that is not available, and of nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdk8s_function.testing import Reconcile, Scenario

Chart = Callable[..., Scenario]

COMPARED = (
    "the zone has not been compared with the sources yet; if it stays so, kubectl logs -n internal-dns "
    "-l app.kubernetes.io/instance=dns -c external-dns shows why"
)
NOT_READ = '{"level":"fatal","msg":"failed to sync *v1.Ingress after 1m0s: context deadline exceeded"}'


def pod(name: str = "dns-1", *, app: str = "internal-dns", made: str = "2026-01-01", **status: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": app, "app.kubernetes.io/instance": "dns"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "internal-dns",
            "labels": labels,
            "creationTimestamp": f"{made}T00:00:00Z",
        },
        "status": status,
    }


def containers(*ready: str, **of_one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status of a pod in which some containers are ready."""
    names = ("powerdns", "sidecar", "external-dns")
    more = {name.replace("_", "-"): fields for name, fields in of_one.items()}
    return {"containerStatuses": [{"name": name, "ready": name in ready, **more.get(name, {})} for name in names]}


def waiting(reason: str, message: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def ended(message: str) -> dict[str, Any]:
    return {**waiting("CrashLoopBackOff", "back-off 10s"), "lastState": {"terminated": {"message": message}}}


def composed(scenario: Chart, *pods: Mapping[str, Any], claim: str = "Bound", **spec: Any) -> Reconcile:
    """Return the reconcile of an InternalDNS whose pod is not available."""
    dns = scenario(required=pods, **spec).until_stable()
    dns.unready("deployment").observe("data", {"status": {"phase": claim}})
    return dns.step().last


def condition(result: Reconcile, name: str) -> tuple[str, str, str]:
    [found] = [each for each in result.conditions if each["type"] == name]
    return found["status"], found["reason"], found.get("message", "")


NO_GRANT = "external-dns could not read the sources within a minute: "
NO_PORT = "or spec.networkPolicy.apiServerPorts lacks the API server's port"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        pytest.param(containers("powerdns"), COMPARED, id="the gate is closed"),
        pytest.param({}, COMPARED, id="a pod without a status"),
        pytest.param(
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are\navailable"}]},
            "its pod has no node: 0/1 nodes are available",
            id="no node",
        ),
        pytest.param(
            containers(powerdns=waiting("ImagePullBackOff", 'Back-off pulling image "x"')),
            "container 'powerdns' does not start: ImagePullBackOff: Back-off pulling image \"x\"",
            id="an image that cannot be pulled",
        ),
        pytest.param(
            containers(sidecar=waiting("CreateContainerConfigError", "secret not found")),
            "container 'sidecar' does not start: CreateContainerConfigError: secret not found",
            id="a container that cannot be made",
        ),
        pytest.param(containers(powerdns=waiting("ContainerCreating", "")), COMPARED, id="it is starting"),
        pytest.param(
            containers(external_dns=ended(NOT_READ)),
            f"{NO_GRANT}service account 'internal-dns-dns' needs a ClusterRoleBinding, if it has none, {NO_PORT}",
            id="no grant",
        ),
        pytest.param(
            containers(external_dns=ended("panic")),
            "container 'external-dns' does not start: CrashLoopBackOff: back-off 10s",
            id="it ends for another reason",
        ),
    ],
)
def test_serving_says_what_is_in_the_way(scenario: Chart, status: Mapping[str, Any], message: str) -> None:
    assert condition(composed(scenario, pod(**status)), "Serving") == ("False", "NotReady", message)


def test_a_pending_volume_is_named(scenario: Chart) -> None:
    result = composed(scenario, pod(), claim="Pending")
    name = result.objects["data"]["metadata"]["name"]
    assert condition(result, "Serving")[2] == (
        f"PersistentVolumeClaim {name!r} is pending: kubectl describe it for the reason"
    )


def test_the_charts_own_grant_is_named_where_it_is_enough(scenario: Chart) -> None:
    result = composed(scenario, pod(**containers(external_dns=ended(NOT_READ))), namespaces=["internal-dns"])
    assert condition(result, "Serving")[2] == f"{NO_GRANT}its Role or RoleBinding is missing, {NO_PORT}"


def test_while_changes_do_not_reach_clients_it_serves_and_is_not_called_synced(scenario: Chart) -> None:
    result = composed(scenario, pod(**containers("powerdns", "sidecar")))
    name = result.objects["data"]["metadata"]["name"]
    assert condition(result, "Serving") == ("True", "Stale", "")
    assert condition(result, "Fresh") == (
        "False",
        "Stale",
        (
            "changes do not reach clients, and records stay as they are: the log of the container 'sidecar' says why; "
            f"if PersistentVolumeClaim {name!r} is full, give a larger spec.storageSize if its storage class "
            "can expand volumes"
        ),
    )


def test_the_newest_pod_of_a_replica_counts(scenario: Chart) -> None:
    old = pod("old", made="2025-01-01", **containers("powerdns", "sidecar"))
    other = pod("other", app="internal-dns-2", made="2027-01-01", **containers("powerdns", "sidecar"))
    result = composed(scenario, old, other, pod(**containers("external-dns")))
    assert condition(result, "Serving")[0] == "False"
    assert condition(result, "Fresh")[:2] == ("True", "ChangesReachClients")


REFUSED = (
    'cannot compose resources: cannot run Composition pipeline step "compose": fetching resources for pods: '
    "cannot list required resources: Timeout: failed waiting for *unstructured.Unstructured Informer to sync"
)
"""How Crossplane v2.3 says that it may not read pods: its client waits for them until the reconcile's time is out."""


def after(chart: Chart, synced: str, message: str) -> Scenario:
    """Return an InternalDNS whose pod is not available, one reconcile after one that ended so."""
    condition = {"type": "Synced", "status": synced, "reason": "ReconcileError", "message": message}
    xr = {
        "apiVersion": "dns.internal/v1alpha1",
        "kind": "InternalDNS",
        "metadata": {"name": "dns", "namespace": "internal-dns"},
        "spec": {"domain": "internal.example.org"},
        "status": {"conditions": [condition]},
    }
    there = {"deployment": {"status": {"conditions": [{"type": "Available", "status": "False"}]}}}
    return chart(xr, observed=there).unready("deployment").step()


UNREADABLE = (
    "its pod is not ready, and Crossplane may not read pods to tell why: apply access/crossplane.yaml of this version"
)


def test_an_internal_dns_is_composed_though_crossplane_may_not_read_its_pods(chart: Chart) -> None:
    refused = after(chart, "False", REFUSED).requirements({})

    assert refused.objects.keys() == after(chart, "True", "").objects.keys()
    assert condition(refused.last, "Serving") == (
        "False",
        "NotReady",
        UNREADABLE,
    )
    assert condition(refused.last, "Fresh") == ("Unknown", "NotKnown", "it is not known whether changes reach clients")


@pytest.mark.parametrize(
    ("synced", "message"),
    [
        pytest.param("True", "", id="the reconcile before succeeded"),
        pytest.param("False", "cannot compose resources: fetching resources for other things", id="another failure"),
    ],
)
def test_the_pods_are_asked_for_again_after(chart: Chart, synced: str, message: str) -> None:
    after(chart, synced, message).requirements({"pods": {"kind": "Pod", "namespace": "internal-dns"}})


def test_the_pods_are_asked_for_only_while_one_is_not_available(scenario: Chart) -> None:
    dns = scenario().until_stable().requirements({})
    assert condition(dns.last, "Fresh") == ("True", "ChangesReachClients", "")
    labels = {"matchLabels": {"app.kubernetes.io/instance": "dns"}}
    dns.unready("deployment").step()
    dns.requirements({"pods": {"apiVersion": "v1", "kind": "Pod", "namespace": "internal-dns", **labels}})
