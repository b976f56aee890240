"""The pod dies, its database breaks, its key is wrong: what a DNS client sees of it."""

import base64
import contextlib
import os
import pathlib
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping

import pytest
from server import DOMAIN, HEALTH_PORT, Server, eventually, ingress, put

Serve = Callable[..., Server]

PROJECT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def server(serve: Serve) -> Server:
    made = serve()
    made.await_ready()
    put(made.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]))
    eventually(lambda: made.resolve("web") == ["10.0.0.1"], within=10)
    return made


def test_a_new_pod_that_cannot_read_the_cluster_answers_from_its_volume_and_denies_nothing(server: Server) -> None:
    taken = server.pod.delete()
    assert taken < 5, "PowerDNS did not heed its stop hook"

    server.cluster.kubectl("delete", "clusterrolebinding", "internal-dns-sources")
    try:
        server.start()
        eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=10)
        assert server.code("missing") == "SERVFAIL"
        assert server.code("missing", "TXT") == "SERVFAIL"
        # musl resolves a name with one kind of address only if the other kind is not SERVFAIL.
        eventually(lambda: server.code("web", "AAAA") == "NOERROR", within=45)
        assert server.code("missing") == "SERVFAIL"
        assert server.resolve("web") == ["10.0.0.1"]
        assert server.pod.http(HEALTH_PORT, "/readyz")[0] == 503
    finally:
        server.cluster.grant()
    server.await_ready(120)
    assert server.resolve("web") == ["10.0.0.1"]
    assert server.code("missing") == "NXDOMAIN"


def test_a_pod_that_loses_power_comes_back_as_it_was(server: Server) -> None:
    server.pod.kill()
    server.start()
    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=10)
    server.await_ready()


DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "overwritten": lambda content: content[:4096] + os.urandom(len(content) - 4096),
    "no database at all": lambda content: os.urandom(len(content)),
    "cut in half": lambda content: content[: len(content) // 2],
    "cut to nothing": lambda content: content[:0],
    "cut after the first page": lambda content: content[:4096],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_database_that_is_damaged_is_put_aside_and_made_again(server: Server, damage: str) -> None:
    server.pod.delete()
    file = server.volume / "pdns.sqlite3"
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    server.start()

    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=20)
    server.await_ready()
    assert (server.volume / "pdns.sqlite3.damaged").exists()
    assert "starting with an empty one" in server.pod.containers["powerdns"].log


def test_a_kill_while_the_database_is_made_leaves_nothing_in_the_way(server: Server) -> None:
    server.pod.delete()
    for file in server.volume.iterdir():
        file.unlink()
    (server.volume / "pdns.sqlite3.new").write_bytes(b"half a file")
    (server.volume / "pdns.sqlite3.new-journal").write_bytes(b"and its journal")
    server.start()

    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=20)
    assert not list(server.volume.glob("*.new*"))


def test_a_database_that_breaks_under_way_heals_by_a_restart(server: Server) -> None:
    server.break_database()

    eventually(lambda: server.pod.containers["powerdns"].starts > 1, within=90)
    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=60)


def test_a_powerdns_that_hangs_is_started_again_and_nothing_waits_for_ever(server: Server) -> None:
    server.pod.containers["powerdns"].signal(signal.SIGSTOP)
    # Within the time that Prometheus gives a scrape.
    metrics = server.pod.http(HEALTH_PORT, "/metrics", timeout_seconds=10)[1]
    assert "internal_dns_zone_ready 0\n" in metrics
    put(server.cluster, ingress("late", f"late.{DOMAIN}", addresses=["10.0.0.2"]))

    eventually(lambda: server.pod.containers["powerdns"].starts > 1, within=90)
    eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=60)
    assert server.pod.containers["external-dns"].starts == 1


def test_an_external_dns_that_hangs_is_started_again_and_answers_go_on(server: Server) -> None:
    server.pod.containers["external-dns"].signal(signal.SIGSTOP)
    put(server.cluster, ingress("late", f"late.{DOMAIN}", addresses=["10.0.0.2"]))

    eventually(lambda: server.pod.containers["external-dns"].starts > 1, within=90)
    assert server.resolve("web") == ["10.0.0.1"]
    eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=30)
    assert server.pod.containers["powerdns"].starts == 1


def test_a_key_edited_by_hand_stops_changes_and_not_answers_until_the_next_reconcile(server: Server) -> None:
    secret = server.object("secret")["metadata"]["name"]
    wrong = base64.b64encode(b"wrong").decode()
    server.cluster.kubectl(
        "patch", "secret", secret, "--namespace=internal-dns", f'--patch={{"data":{{"api-key":"{wrong}"}}}}'
    )
    server.pod.delete()
    server.start()

    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=10)
    eventually(lambda: "zone: Unauthorized" in server.pod.containers["sidecar"].log, within=10)
    assert server.pod.http(HEALTH_PORT, "/readyz")[0] == 503

    # A reconcile makes its hash, whatever the key is.
    server.compose()
    server.pod.delete()
    server.start()
    server.await_ready()


def test_a_key_is_rotated_as_operations_says(server: Server) -> None:
    before = server.object("deployment")["spec"]["template"]["metadata"]["annotations"]
    section = (PROJECT / "docs/operations.md").read_text(encoding="utf-8").partition("## Key rotation")[2]
    command = section.partition("```sh\n")[2].partition("```")[0]
    assert "deleted" in server.cluster.run_as_written(command)
    server.compose()
    assert server.object("deployment")["spec"]["template"]["metadata"]["annotations"] != before

    server.pod.delete()
    server.start()
    server.await_ready()
    put(server.cluster, ingress("late", f"late.{DOMAIN}", addresses=["10.0.0.2"]))
    eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=10)
    assert server.resolve("web") == ["10.0.0.1"]
    assert "Unauthorized" not in server.pod.containers["sidecar"].log


def test_a_full_volume_is_told_and_answers_go_on(serve: Serve) -> None:
    server = serve(syncInterval="5s")
    server.pod.delete()
    with _small_volume(server):
        server.start()
        server.await_ready()
        put(server.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]))
        eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=15)

        filling = server.volume / "filling"
        with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        put(server.cluster, ingress("late", f"late.{DOMAIN}", addresses=["10.0.0.2"]))
        claim = server.object("data")["metadata"]["name"]
        told = f"volume: the volume of PersistentVolumeClaim '{claim}' is full"
        eventually(lambda: told in server.pod.containers["sidecar"].log, within=60)
        eventually(lambda: not server.pod.is_ready, within=30)
        metrics = server.pod.http(HEALTH_PORT, "/metrics")[1]
        assert "internal_dns_volume_full 1\n" in metrics
        assert server.pod.http(HEALTH_PORT, "/readyz")[0] == 200
        assert server.resolve("web") == ["10.0.0.1"]
        assert server.pod.containers["sidecar"].log.count(told) == 1
        stale = "canary: no change has reached clients for"
        eventually(lambda: stale in server.pod.containers["sidecar"].log, within=90)

        filling.unlink()
        eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=60)
        server.await_ready()
        assert {container.starts for container in server.pod.containers.values()} == {1}
        server.pod.delete()


@contextlib.contextmanager
def _small_volume(server: Server) -> Generator[None]:
    """Give a server a volume that is soon full."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", server.volume], check=True, timeout=30)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", server.volume], check=True, timeout=30)


def test_the_canary_tells_how_long_a_change_takes(serve: Serve) -> None:
    server = serve(syncInterval="5s")
    server.await_ready()
    for _ in range(2):
        before = server.resolve("_canary", "TXT")
        eventually(lambda before=before: server.resolve("_canary", "TXT") != before, within=30)
    samples = dict(line.split() for line in server.pod.http(HEALTH_PORT, "/metrics")[1].splitlines() if line[0] != "#")
    assert float(samples["internal_dns_canary_rounds_total"]) >= 2
    assert float(samples["internal_dns_canary_late_rounds_total"]) == 0
    for protocol in ("udp", "tcp"):
        assert 0 < float(samples[f"internal_dns_canary_{protocol}_seconds"]) < 10
    assert float(samples["internal_dns_canary_age_seconds"]) < 30
    # It is no host of the cluster: nobody is told to delete it for real.
    assert not [name for name, _ in server.zone() if name.startswith("edns-")]


def test_a_sidecar_that_dies_is_started_again_and_answers_go_on(server: Server) -> None:
    server.pod.containers["sidecar"].signal(signal.SIGKILL)
    assert server.resolve("web") == ["10.0.0.1"]
    put(server.cluster, ingress("late", f"late.{DOMAIN}", addresses=["10.0.0.2"]))
    eventually(lambda: server.resolve("late") == ["10.0.0.2"], within=45)
    assert server.pod.containers["sidecar"].starts == 2
