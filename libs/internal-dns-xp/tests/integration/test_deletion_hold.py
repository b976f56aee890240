"""Most of the zone is to be deleted at once: by an ingress controller that restarts, or for good."""

import signal
from collections.abc import Callable

from server import DOMAIN, HEALTH_PORT, Server, eventually, ingress, put

HOSTS = {f"host{number}": f"10.1.0.{number}" for number in range(1, 21)}


def test_hosts_that_lose_their_addresses_for_a_while_are_never_gone(serve: Callable[..., Server]) -> None:
    server = serve()
    server.await_ready()
    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in HOSTS.items()))
    eventually(lambda: all(server.resolve(host) == [ip] for host, ip in HOSTS.items()), within=15)

    kept = {host: ip for host, ip in HOSTS.items() if host not in {"host1", "host19", "host20"}}

    def holds(condition: Callable[[], bool]) -> bool:
        # At each look: nothing is missing.
        assert [server.resolve(host) for host in kept] == [[ip] for ip in kept.values()]
        return condition()

    def says(text: str) -> bool:
        return text in server.pod.containers["sidecar"].log

    # The controller clears each status as it ends.
    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}") for host in HOSTS))
    held = "20 of 20 hosts are to be deleted: held for 40 s, in case they come back"
    eventually(lambda: holds(lambda: says(held)), within=15)
    assert [server.resolve(host) for host in HOSTS] == [[ip] for ip in HOSTS.values()]
    assert "internal_dns_held_hosts 20\n" in server.pod.http(HEALTH_PORT, "/metrics")[1]

    # It is back: all but two of its ingresses have an address again, one a new one.
    back = {**kept, "host1": "10.1.1.1"}
    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in back.items()))
    eventually(lambda: holds(lambda: server.code("host20") == "NXDOMAIN"), within=15)
    assert [server.resolve(host) for host in back] == [[ip] for ip in back.values()]
    assert says("18 hosts came back, the others are deleted")

    # external-dns took the deletion for done, and had no error.
    assert "consecutive soft errors" not in server.pod.containers["external-dns"].log
    assert {container.starts for container in server.pod.containers.values()} == {1}

    # This time it is for good. External-dns asks again at each comparison meanwhile.
    server.cluster.kubectl("delete", "ingress", "--all", "--wait=false")
    eventually(lambda: says("18 of 18 hosts are to be deleted"), within=15)
    taken = eventually(lambda: all(server.code(host) == "NXDOMAIN" for host in back), within=50)
    assert taken > 35
    assert says("18 hosts did not come back and are deleted")
    assert not [name for name, _ in server.zone() if name.startswith(("host", "edns-"))]


def test_hosts_that_come_back_while_external_dns_hangs_are_not_deleted(serve: Callable[..., Server]) -> None:
    server = serve(syncInterval="5s")
    server.await_ready()
    there = [ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in HOSTS.items()]
    put(server.cluster, *there)
    eventually(lambda: all(server.resolve(host) == [ip] for host, ip in HOSTS.items()), within=15)

    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}") for host in HOSTS))
    sidecar = server.pod.containers["sidecar"]
    eventually(lambda: "20 of 20 hosts are to be deleted" in sidecar.log, within=15)
    server.pod.containers["external-dns"].signal(signal.SIGSTOP)
    put(server.cluster, *there)
    # The hold is over, and the deletion would have been made.
    eventually(lambda: "external-dns stopped comparing: 20 hosts stay until it does again" in sidecar.log, within=60)
    assert [server.resolve(host) for host in HOSTS] == [[ip] for ip in HOSTS.values()]

    server.pod.containers["external-dns"].signal(signal.SIGCONT)
    eventually(lambda: "20 hosts came back, none is deleted" in sidecar.log, within=30)
    assert [server.resolve(host) for host in HOSTS] == [[ip] for ip in HOSTS.values()]


def test_a_few_hosts_go_at_once_though_they_are_all(serve: Callable[..., Server]) -> None:
    server = serve()
    server.await_ready()
    few = dict(list(HOSTS.items())[:5])
    put(server.cluster, *(ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in few.items()))
    eventually(lambda: all(server.resolve(host) == [ip] for host, ip in few.items()), within=15)

    server.cluster.kubectl("delete", "ingress", "--all", "--wait=false")
    eventually(lambda: all(server.code(host) == "NXDOMAIN" for host in few), within=10)
