"""What one bad ingress gives, and that it never stops the others.

Each is put together with good ones in one batch, the way a rollout makes them.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from server import DOMAIN, Server, eventually, ingress, put

Serve = Callable[..., Server]

LABEL = "a" * 63
LONG = f"{LABEL}.{LABEL}.{LABEL}.{'b' * (252 - 3 * 64 - len(DOMAIN))}"
"""With the domain a name of 253 letters: its ownership record's name is longer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    ingresses: Sequence[dict[str, Any]]
    gives: dict[str, list[str]]
    """Values of the A records by name below the domain."""
    guard_says: str = ""


def of(
    host: str,
    *,
    addresses: Sequence[str] = ("10.6.6.6",),
    names: Sequence[str] = (),
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return ingress("poison", f"{host}.{DOMAIN}", addresses=addresses, names=names, annotations=annotations)


CASES = [
    Case(
        name="a wildcard host resolves for all names below it",
        ingresses=[of("*.apps")],
        gives={"any.apps": ["10.6.6.6"], "other.apps": ["10.6.6.6"]},
    ),
    Case(name="a label of 63 letters resolves", ingresses=[of(LABEL)], gives={LABEL: ["10.6.6.6"]}),
    Case(
        name="a host of 253 letters gets no record, as its ownership record has no room",
        ingresses=[of(LONG)],
        gives={LONG: []},
        guard_says=f"no A record {LONG}.{DOMAIN}. of ingress/default/poison: Unable to parse DNS Name",
    ),
    Case(
        name="the domain itself resolves",
        ingresses=[ingress("poison", DOMAIN, addresses=["10.6.6.6"])],
        gives={f"{DOMAIN}.": ["10.6.6.6"]},
    ),
    Case(
        name="the nameserver's name stays the nameserver's",
        ingresses=[of("ns1")],
        gives={"ns1": ["the service"]},
    ),
    Case(
        name="a host in another domain gets no record",
        ingresses=[ingress("poison", "web.example.com", addresses=["10.6.6.6"])],
        gives={},
    ),
    Case(
        name="a load balancer with a name gets no record",
        ingresses=[of("poison", addresses=[], names=["lb.tail1234.ts.net"])],
        gives={"poison": []},
    ),
    Case(
        name="two load balancers with names get none either",
        ingresses=[of("poison", addresses=[], names=["one.example.com", "two.example.com"])],
        gives={"poison": []},
    ),
    Case(
        name="two load balancers with addresses are two records",
        ingresses=[of("poison", addresses=["10.6.6.6", "10.6.6.7"])],
        gives={"poison": ["10.6.6.6", "10.6.6.7"]},
    ),
    Case(
        name="of a name and an address the address counts",
        ingresses=[of("poison", names=["lb.example.com"])],
        gives={"poison": ["10.6.6.6"]},
    ),
    Case(name="without status there is no record", ingresses=[of("poison", addresses=[])], gives={"poison": []}),
    Case(
        name="one host in two ingresses has the records of both",
        ingresses=[of("poison"), ingress("second", f"poison.{DOMAIN}", addresses=["10.6.6.7"])],
        gives={"poison": ["10.6.6.6", "10.6.6.7"]},
    ),
    Case(
        name="upper case in the hostname annotation is lower case in DNS",
        ingresses=[of("poison", annotations={"hostname": f"UPPER.{DOMAIN}"})],
        gives={"poison": ["10.6.6.6"], "upper": ["10.6.6.6"]},
    ),
    Case(
        name="the domain in upper case, in the hostname annotation, is no domain of its",
        ingresses=[of("poison", annotations={"hostname": f"upper.{DOMAIN.upper()}"})],
        gives={"poison": ["10.6.6.6"], "upper": []},
    ),
    Case(
        name="a trailing dot in the hostname annotation is no matter",
        ingresses=[of("poison", annotations={"hostname": f"dotted.{DOMAIN}."})],
        gives={"poison": ["10.6.6.6"], "dotted": ["10.6.6.6"]},
    ),
    Case(
        name="a hostname annotation that is no name gets no record",
        ingresses=[of("poison", annotations={"hostname": f"a(b).{DOMAIN}"})],
        gives={"poison": ["10.6.6.6"]},
        guard_says=f"no A record a(b).{DOMAIN}. of ingress/default/poison: Name",
    ),
    Case(
        name="an empty label in the hostname annotation gets no record",
        ingresses=[of("poison", annotations={"hostname": f"a..b.{DOMAIN}"})],
        gives={"poison": ["10.6.6.6"]},
        guard_says=f"no A record a..b.{DOMAIN}. of ingress/default/poison: Unable to parse DNS Name",
    ),
    Case(
        name="a label of 64 letters in the hostname annotation gets no record",
        ingresses=[of("poison", annotations={"hostname": f"{'a' * 64}.{DOMAIN}"})],
        gives={"poison": ["10.6.6.6"]},
    ),
    Case(
        name="an IPv6 target with a zone gets no AAAA record, and the A record stays",
        ingresses=[of("poison", annotations={"target": "fe80::1%eth0,10.6.6.6"})],
        gives={"poison": ["10.6.6.6"]},
        guard_says="Invalid IPv6 address",
    ),
    Case(
        name="a target that is no address gets no record",
        ingresses=[of("poison", annotations={"target": "999.1.1.1"})],
        gives={"poison": []},
    ),
    Case(
        name="a TTL that is none is the default",
        ingresses=[of("poison", annotations={"ttl": "soon"})],
        gives={"poison": ["10.6.6.6"]},
    ),
    Case(
        name="a TTL out of range is the default",
        ingresses=[of("poison", annotations={"ttl": "99999999999"})],
        gives={"poison": ["10.6.6.6"]},
    ),
]


@pytest.fixture(scope="module")
def server(serve_module: Serve) -> Server:
    made = serve_module(syncInterval="5s")
    made.await_ready()
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_ingress(server: Server, case: Case) -> None:
    server.cluster.kubectl("delete", "ingress", "--all")
    logged = len(server.pod.containers["external-dns"].log)
    good = {f"good{number}": f"10.1.0.{number}" for number in range(1, 11)}
    eventually(lambda: not [place for place in server.zone() if place[0].startswith(("good", "edns-"))], within=15)

    put(
        server.cluster,
        *case.ingresses,
        *(ingress(host, f"{host}.{DOMAIN}", addresses=[ip]) for host, ip in good.items()),
    )
    eventually(lambda: all(server.resolve(host) == [ip] for host, ip in good.items()), within=15)
    for name, values in case.gives.items():
        wanted = server.object("service")["spec"]["clusterIPs"][:1] if values == ["the service"] else values
        eventually(lambda name=name, wanted=wanted: server.resolve(name) == wanted, within=10)
    eventually(lambda: case.guard_says in server.pod.containers["guard"].log, within=10)

    # Deletions come after creations in a comparison: a bad one must not keep them from happening.
    server.cluster.kubectl("delete", "ingress", "good1")
    eventually(lambda: server.code("good1") == "NXDOMAIN", within=15)
    assert "consecutive soft errors" not in server.pod.containers["external-dns"].log[logged:]


def test_one_host_twice_in_a_batch_stops_only_itself(server: Server) -> None:
    server.cluster.kubectl("delete", "ingress", "--all")
    put(
        server.cluster,
        ingress("one", f"twice.{DOMAIN}", addresses=["10.6.6.6"], annotations={"set-identifier": "one"}),
        ingress("two", f"twice.{DOMAIN}", addresses=["10.6.6.7"], annotations={"set-identifier": "two"}),
        ingress("good", f"good.{DOMAIN}", addresses=["10.1.0.1"]),
    )
    eventually(lambda: server.resolve("good") == ["10.1.0.1"], within=15)
    eventually(lambda: f"no A record twice.{DOMAIN}." in server.pod.containers["guard"].log, within=10)
    assert server.resolve("twice") == []


def test_a_host_that_turns_from_address_to_name_and_back_follows(server: Server) -> None:
    server.cluster.kubectl("delete", "ingress", "--all")
    for addresses, names, gives in (
        (["10.0.0.1"], [], ["10.0.0.1"]),
        ([], ["lb.example.com"], []),
        (["10.0.0.2"], [], ["10.0.0.2"]),
    ):
        put(server.cluster, ingress("flip", f"flip.{DOMAIN}", addresses=addresses, names=names))
        eventually(lambda gives=gives: server.resolve("flip") == gives, within=15)
