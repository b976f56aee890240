"""Ingresses come, change and go, and a DNS client sees it."""

import contextlib
import pathlib
import re
import socket
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.update
import dns.xfr
import pytest
from node import cluster
from server import DNS_PORT, DOMAIN, EXTERNAL_DNS_PORT, HEALTH_PORT, Server, copy_volume, eventually, ingress, put

Serve = Callable[..., Server]

PROJECT = pathlib.Path(__file__).parents[2]


def test_an_ingress_resolves_changes_and_is_gone(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    assert server.code("web") == "NXDOMAIN"

    put(server.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1", "fd00::1"]))
    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=10)
    for tcp in (False, True):
        for ipv6 in (False, True):
            assert server.resolve("web", tcp=tcp, ipv6=ipv6) == ["10.0.0.1"]
            assert server.resolve("web", "AAAA", tcp=tcp, ipv6=ipv6) == ["fd00::1"]

    put(server.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.2", "10.0.0.3"]))
    eventually(lambda: server.resolve("web") == ["10.0.0.2", "10.0.0.3"], within=10)
    eventually(lambda: server.resolve("web", "AAAA") == [], within=10)

    # What docs/limits.md says of ownership records: whoever can query them reads the Ingress' name.
    assert "external-dns/resource=ingress/default/web" in server.resolve("edns-a.web", "TXT")[0]

    server.cluster.kubectl("delete", "ingress", "web")
    eventually(lambda: server.code("web") == "NXDOMAIN", within=10)
    assert not [name for name, _ in server.zone() if "web" in name]


def test_a_hundred_ingresses(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    hosts = {f"host{number}": f"10.1.0.{number}" for number in range(1, 101)}

    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in hosts.items()))
    eventually(lambda: all(server.resolve(host) == [ip] for host, ip in hosts.items()), within=20)

    taken: list[float] = []
    for host in [*hosts, *hosts, *hosts]:
        began = time.perf_counter()
        server.ask(host)
        taken.append(time.perf_counter() - began)
    assert statistics.quantiles(taken, n=100)[-1] < 0.5

    server.cluster.kubectl("delete", "ingress", "--all", "--wait=false")
    # Most of the zone at once is held for 40 to 45 seconds, see test_deletion_hold.py.
    eventually(lambda: all(server.code(host) == "NXDOMAIN" for host in hosts), within=60)


def test_two_side_by_side_keep_to_their_own(serve: Serve) -> None:
    one, other = serve(), serve(domain="other.example.org")
    for server in (one, other):
        server.await_ready()
    put(
        one.cluster,
        ingress("one", f"web.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("other", "web.other.example.org", addresses=["10.0.0.2"]),
    )

    eventually(lambda: one.resolve("web") == ["10.0.0.1"], within=10)
    eventually(lambda: other.resolve("web.other.example.org.") == ["10.0.0.2"], within=10)
    assert one.code("web.other.example.org.") == "REFUSED"
    assert other.code(f"web.{DOMAIN}.") == "REFUSED"

    other.pod.delete()
    one.cluster.kubectl("delete", "ingress", "other")
    assert one.resolve("web") == ["10.0.0.1"]


def test_a_client_may_keep_an_answer_a_minute_and_a_missing_name_half_of_that(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    put(
        server.cluster,
        ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("slow", f"slow.{DOMAIN}", addresses=["10.0.0.1"], annotations={"ttl": "600"}),
    )
    eventually(lambda: server.resolve("web") and server.resolve("slow"), within=10)

    assert server.ask("web").answer[0].ttl == 60
    assert server.ask("slow").answer[0].ttl == 600
    [authority] = server.ask("nothing").authority
    assert authority.to_text().split()[1:4] == ["30", "IN", "SOA"]
    assert authority.to_text().split()[-1] == "30"


def test_what_operations_watches_is_there(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    operations = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    watched = set(re.findall(r"\b(?:internal_dns|external_dns)_[a-z_]+", operations))

    pages = [server.pod.http(port, "/metrics") for port in (HEALTH_PORT, EXTERNAL_DNS_PORT)]
    shown = {name for _, page in pages for name in re.findall(r"^([a-z_]+)[ {]", page, re.MULTILINE)}
    assert watched
    assert watched <= shown


def test_no_one_gets_more_than_answers(serve: Serve) -> None:
    server = serve()
    server.await_ready()

    assert server.code("example.com.") == "REFUSED"
    assert not server.ask("example.com.").flags & dns.flags.RA
    with pytest.raises(dns.xfr.TransferError), server.pod.namespace.entered():
        list(dns.query.xfr(server.pod.address, DOMAIN, port=DNS_PORT, timeout=3))
    update = dns.update.UpdateMessage(DOMAIN)
    update.add("intruder", 60, "A", "10.6.6.6")
    with server.pod.namespace.entered():
        refusal = dns.query.udp(update, server.pod.address, port=DNS_PORT, timeout=3)
    assert dns.rcode.to_text(refusal.rcode()) == "REFUSED"
    assert server.code("intruder") == "NXDOMAIN"
    with pytest.raises(OSError, match="refused"):
        server.pod.http(8081, "/api/v1/servers")
    with pytest.raises(OSError, match="refused"):
        server.pod.http(8082, "/api/v1/servers")


def test_of_itself_it_tells_its_name_and_nothing_else(serve: Serve) -> None:
    server = serve()
    server.await_ready()

    def told(name: str) -> tuple[str, list[str]]:
        with server.pod.namespace.entered():
            query = dns.message.make_query(name, "TXT", rdclass="CH")
            answer = dns.query.udp(query, server.pod.address, port=DNS_PORT, timeout=3)
        return dns.rcode.to_text(answer.rcode()), [each.to_text().partition("TXT ")[2] for each in answer.answer]

    for name in ("version.bind.", "version.pdns.", "id.server."):
        assert told(name) == ("NOERROR", ['"internal-dns"'])
    for name in ("hostname.bind.", "version.server.", "authors.bind.", "example.com."):
        assert told(name) == ("REFUSED", [])


def test_idle_connections_keep_no_one_from_tcp(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    with contextlib.ExitStack() as stack:
        with server.pod.namespace.entered():
            for _ in range(250):
                stack.enter_context(socket.create_connection((server.pod.address, DNS_PORT), timeout=3))
        # Another client is answered at once, and the same one after the idle connections have ended.
        assert server.resolve(f"{DOMAIN}.", "NS", tcp=True, ipv6=True) == [f"ns1.{DOMAIN}."]
        eventually(lambda: server.resolve(f"{DOMAIN}.", "NS", tcp=True) == [f"ns1.{DOMAIN}."], within=10)


def test_a_volume_of_another_domain_answers_for_the_present_one_alone(serve: Serve) -> None:
    server = serve(domain="old.example.org")
    server.await_ready()
    put(server.cluster, ingress("old", "web.old.example.org", addresses=["10.0.0.1"]))
    eventually(lambda: server.resolve("web.old.example.org.") == ["10.0.0.1"], within=10)
    server.pod.delete()

    server.compose(domain=DOMAIN)
    server.start()
    server.await_ready()
    assert server.code("web.old.example.org.") == "REFUSED"
    assert server.resolve(f"{DOMAIN}.", "NS") == [f"ns1.{DOMAIN}."]
    assert "zone old.example.org. of another domain is deleted" in server.pod.containers["sidecar"].log


def test_a_volume_of_another_internal_dns_keeps_no_record_of_its(serve: Serve) -> None:
    # As a backup that is restored into another namespace, for example.
    old, new = serve(), serve()
    for server in (old, new):
        server.await_ready()
    put(
        old.cluster,
        ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("gone", f"gone.{DOMAIN}", addresses=["10.0.0.2"]),
    )
    eventually(lambda: old.resolve("web") == ["10.0.0.1"] and old.resolve("gone") == ["10.0.0.2"], within=10)
    for server in (old, new):
        server.pod.delete()
    copy_volume(old.volume, new.volume)

    put(old.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.3"]))
    old.cluster.kubectl("delete", "ingress", "gone")
    new.start()
    new.await_ready()
    assert new.resolve("web") == ["10.0.0.3"]
    assert new.code("gone") == "NXDOMAIN"


def test_a_static_record_that_another_changed_is_back_within_a_round(serve: Serve) -> None:
    server = serve(records=[{"name": "printer", "type": "A", "values": ["10.9.9.9"]}])
    server.await_ready()
    time.sleep(11)  # Two rounds in which nothing changes: the zone is not read again.
    records = [{"content": "10.66.66.66", "disabled": False}]
    taken = {"name": f"printer.{DOMAIN}.", "type": "A", "ttl": 60, "changetype": "REPLACE", "records": records}
    server.api("PATCH", f"/zones/{DOMAIN}.", {"rrsets": [taken]})
    eventually(lambda: server.resolve("printer") == ["10.9.9.9"], within=10)


def test_static_records_win_over_ingresses_and_need_no_restart(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    put(
        server.cluster,
        ingress("wiki", f"wiki.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.2"]),
        ingress("shop", f"shop.{DOMAIN}", addresses=["10.0.0.3"]),
    )
    eventually(lambda: all(server.resolve(host) for host in ("wiki", "web", "shop")), within=10)

    declared = [
        {"name": "wiki", "type": "CNAME", "values": [f"shop.{DOMAIN}"]},
        {"name": "web", "type": "A", "values": ["10.9.9.9"]},
        {"name": "@", "type": "TXT", "values": ["v=1; it's, here"]},
        {"name": "*.apps", "type": "AAAA", "values": ["fd00::7"]},
    ]
    server.compose(records=declared)
    server.pod.update_volumes()
    eventually(lambda: server.resolve("wiki", "CNAME") == [f"shop.{DOMAIN}."], within=15)
    assert server.resolve("wiki") == ["10.0.0.3"]
    assert server.resolve("web") == ["10.9.9.9"]
    assert server.resolve(f"{DOMAIN}.", "TXT") == ['"v=1; it\'s, here"']
    assert server.resolve("some.apps", "AAAA") == ["fd00::7"]

    # external-dns has compared once more, and left them alone.
    put(server.cluster, ingress("new", f"new.{DOMAIN}", addresses=["10.0.0.4"]))
    eventually(lambda: server.resolve("new") == ["10.0.0.4"], within=10)
    assert server.resolve("web") == ["10.9.9.9"]
    assert server.resolve("wiki", "CNAME") == [f"shop.{DOMAIN}."]
    assert server.resolve("shop") == ["10.0.0.3"]
    assert "no A record wiki" in server.pod.containers["sidecar"].log

    server.compose(records=[])
    server.pod.update_volumes()
    seen: set[tuple[str, ...]] = set()

    def ingresses_are_back() -> bool:
        found = tuple(server.resolve("web")), tuple(server.resolve("wiki"))
        seen.update(found)
        return found == (("10.0.0.2",), ("10.0.0.1",))

    eventually(ingresses_are_back, within=45)
    # Never without an address: each static record is served until the ingress' record is made.
    assert seen == {("10.9.9.9",), ("10.0.0.2",), ("10.0.0.3",), ("10.0.0.1",)}
    eventually(lambda: server.code("some.apps") == "NXDOMAIN", within=15)
    assert server.resolve(f"{DOMAIN}.", "TXT") == []
    assert {container.starts for container in server.pod.containers.values()} == {1}


def test_the_nameserver_resolves_to_the_services_address(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    addresses = server.object("service")["spec"]["clusterIPs"]

    assert server.resolve(f"{DOMAIN}.", "NS") == [f"ns1.{DOMAIN}."]
    assert server.resolve("ns1") + server.resolve("ns1", "AAAA") == addresses
    assert server.status["nameserverIPs"] == addresses


def test_default_targets_stand_for_load_balancers(serve: Serve) -> None:
    server = serve(targets={"default": ["10.7.0.7", "fd00::7"]})
    server.await_ready()
    put(
        server.cluster,
        ingress("web", f"web.{DOMAIN}", addresses=["192.0.2.1"]),
        ingress("named", f"named.{DOMAIN}", names=["lb.cloud.example.com"]),
        ingress("pending", f"pending.{DOMAIN}"),
    )

    for host in ("web", "named"):
        eventually(lambda host=host: server.resolve(host) == ["10.7.0.7"], within=10)
        assert server.resolve(host, "AAAA") == ["fd00::7"]
    assert server.code("pending") == "NXDOMAIN"


def test_class_and_labels_choose_ingresses(serve: Serve) -> None:
    server = serve(ingressClasses=["internal"], labelSelector="dns in (yes)")
    server.await_ready()
    chosen = ingress("chosen", f"chosen.{DOMAIN}", addresses=["10.0.0.1"], ingressClassName="internal")
    other_class = ingress("class", f"class.{DOMAIN}", addresses=["10.0.0.1"], ingressClassName="public")
    unlabelled = ingress("label", f"label.{DOMAIN}", addresses=["10.0.0.1"], ingressClassName="internal")
    for each in (chosen, other_class):
        each["metadata"]["labels"] = {"dns": "yes"}
    put(server.cluster, chosen, other_class, unlabelled)

    eventually(lambda: server.resolve("chosen") == ["10.0.0.1"], within=10)
    assert (server.code("class"), server.code("label")) == ("NXDOMAIN", "NXDOMAIN")


def test_of_its_own_namespace_it_reads_without_an_administrator(serve: Serve, api_server: cluster.Cluster) -> None:
    api_server.kubectl("delete", "clusterrolebinding", "internal-dns-sources")
    try:
        server = serve(namespaces=["internal-dns"], sources=["ingress", "service"])
        server.await_ready()
        put(
            server.cluster,
            load_balancer("service", f"service.{DOMAIN}", addresses=["10.0.0.3"], namespace="internal-dns"),
            ingress("own", f"own.{DOMAIN}", addresses=["10.0.0.1"], namespace="internal-dns"),
            ingress("foreign", f"foreign.{DOMAIN}", addresses=["10.0.0.2"]),
        )
        eventually(lambda: server.resolve("own") == ["10.0.0.1"], within=10)
        eventually(lambda: server.resolve("service") == ["10.0.0.3"], within=10)
        assert server.code("foreign") == "NXDOMAIN"
    finally:
        api_server.grant()
        api_server.kubectl("delete", "service", "service", "--namespace=internal-dns", "--ignore-not-found")


def test_without_leave_to_read_it_is_not_ready(serve: Serve, api_server: cluster.Cluster) -> None:
    api_server.kubectl("delete", "clusterrolebinding", "internal-dns-sources")
    try:
        server = serve()
        eventually(lambda: server.pod.http(HEALTH_PORT, "/healthz")[0] == 200, within=10)
        # It waits a minute for its first list, then leaves.
        eventually(lambda: "failed to sync" in server.pod.containers["external-dns"].log, within=90)
        assert server.pod.http(HEALTH_PORT, "/readyz")[0] == 503
        assert not server.pod.is_ready
    finally:
        api_server.grant()
    server.await_ready(120)


def load_balancer(
    name: str,
    *hosts: str,
    addresses: Sequence[str] = (),
    annotations: Mapping[str, str] | None = None,
    namespace: str = "default",
    **fields: Any,
) -> dict[str, Any]:
    """Return a Service and its status."""
    given = {**(annotations or {}), **({"hostname": ",".join(hosts)} if hosts else {})}
    kept = {"type": "LoadBalancer", "ports": [{"port": 80}], **fields}
    ingress = [{"ip": address} for address in addresses]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {f"external-dns.alpha.kubernetes.io/{key}": value for key, value in given.items()},
        },
        "spec": kept,
        **({"status": {"loadBalancer": {"ingress": ingress}}} if kept["type"] == "LoadBalancer" else {}),
    }


def test_services_get_records_as_ingresses_do(serve: Serve, api_server: cluster.Cluster) -> None:
    api_server.kubectl("apply", f"--filename={cluster.ACCESS}/service-sources.yaml")
    static = {"name": "static", "type": "A", "values": ["10.5.0.2"]}
    server = serve(sources=["ingress", "service"], syncInterval="5s", records=[static])
    server.await_ready()
    spelled = rf"vi\ctim.{DOMAIN}"
    services = [
        load_balancer("database", f"database.{DOMAIN}", f"db.{DOMAIN}", addresses=["10.0.0.2", "fd00::2"]),
        load_balancer("unnamed", addresses=["10.0.0.3"]),
        load_balancer("pending", f"pending.{DOMAIN}"),
        load_balancer("inside", f"inside.{DOMAIN}", type="ClusterIP"),
        load_balancer("headless", f"headless.{DOMAIN}", type="ClusterIP", clusterIP="None"),
        load_balancer("node", f"node.{DOMAIN}", type="NodePort"),
        load_balancer("internal", annotations={"internal-hostname": f"cluster.{DOMAIN}"}, addresses=["10.0.0.5"]),
        load_balancer("spelled", spelled, f"static.{DOMAIN}", f"ns1.{DOMAIN}", addresses=["10.66.66.66"]),
    ]
    put(
        server.cluster,
        ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]),
        ingress("victim", f"victim.{DOMAIN}", addresses=["10.5.0.1"]),
        *services,
    )
    try:
        eventually(lambda: server.resolve("database") == ["10.0.0.2"], within=15)
        assert server.resolve("database", "AAAA") == ["fd00::2"]
        assert server.resolve("db") == ["10.0.0.2"]
        assert server.resolve("web") == ["10.0.0.1"]
        assert server.resolve("victim") == ["10.5.0.1"]
        assert server.resolve("static") == ["10.5.0.2"]
        assert server.resolve("ns1") == server.object("service")["spec"]["clusterIPs"][:1]
        cluster_ip = server.cluster.get("service", "internal", namespace="default")["spec"]["clusterIP"]
        assert server.resolve("cluster") == [cluster_ip]
        for name in ("unnamed", "pending", "inside", "headless", "node"):
            assert server.code(name) == "NXDOMAIN"
        assert "external-dns/resource=service/default/database" in server.resolve("edns-a.database", "TXT")[0]
        says = f"no A record {spelled}. of service/default/spelled: a name has lower-case letters"
        assert says in server.pod.containers["sidecar"].log

        put(server.cluster, load_balancer("database", f"database.{DOMAIN}", addresses=["10.0.0.4"]))
        eventually(lambda: server.resolve("database") == ["10.0.0.4"], within=15)
        eventually(lambda: server.code("db") == "NXDOMAIN", within=15)
    finally:
        server.cluster.kubectl("delete", "service", *(each["metadata"]["name"] for each in services))
    eventually(lambda: server.code("database") == "NXDOMAIN", within=15)


@pytest.mark.usefixtures("gateway_api")
def test_gateway_routes_get_records_as_ingresses_do(serve: Serve) -> None:
    server = serve(sources=["ingress", "gateway-httproute"])
    server.await_ready()
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "gateway", "namespace": "default"},
        "spec": {
            "gatewayClassName": "internal",
            "listeners": [
                {"name": "http", "port": 80, "protocol": "HTTP"},
                {"name": "wild", "port": 81, "protocol": "HTTP", "hostname": f"*.listened.{DOMAIN}"},
            ],
        },
        "status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.80"}]},
    }
    parent = {"name": "gateway"}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "route", "namespace": "default"},
        "spec": {"parentRefs": [parent], "hostnames": [f"routed.{DOMAIN}"]},
        "status": {
            "parents": [
                {
                    "parentRef": {**parent, "group": "gateway.networking.k8s.io", "kind": "Gateway"},
                    "controllerName": "example.org/gateway",
                    "conditions": [
                        {
                            "type": "Accepted",
                            "status": "True",
                            "reason": "Accepted",
                            "message": "",
                            "lastTransitionTime": "2026-01-01T00:00:00Z",
                        }
                    ],
                }
            ]
        },
    }
    unnamed = {**route, "metadata": {"name": "unnamed", "namespace": "default"}, "spec": {"parentRefs": [parent]}}
    put(server.cluster, gateway, route, unnamed, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]))
    eventually(lambda: server.resolve("routed") == ["10.0.0.80"], within=45)
    # What docs/limits.md says of a route without hostnames.
    eventually(lambda: server.resolve("any.listened") == ["10.0.0.80"], within=45)
    assert server.resolve("web") == ["10.0.0.1"]
