"""What one bad ingress gives, and that it never stops the others.

All of them are put together with good ones in one batch, the way a rollout makes them.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from server import DOMAIN, HEALTH_PORT, Server, eventually, ingress, put

Serve = Callable[..., Server]

ADDRESS = "10.6.6.6"
LABEL = "a" * 63
LONG = f"{LABEL}.{LABEL}.{LABEL}.{'b' * (252 - 3 * 64 - len(DOMAIN))}"
"""With the domain a name of 253 letters: its ownership record's name is longer."""

ESCAPED, DECIMAL = rf"vi\ctim.{DOMAIN}", rf"\118ault.{DOMAIN}"
STATIC, NAMESERVER = rf"sta\tic.{DOMAIN}", rf"n\s1.{DOMAIN}"
SPELLING = "a name has lower-case letters, digits, '-' and '_', and '*' as its first label"

OTHERS = {
    "access": "public",
    "aws-weight": "10",
    "azure-tags": "a=b",
    "cloudflare-proxied": "true",
    "cloudflare-tags": "a",
    "coredns-group": "g",
    "endpoints-type": "HostIP",
    "gateway-hostname-source": "annotation-only",
    "ingress": "default/other",
    "internal-hostname": f"internal-hostname.{DOMAIN}",
    "scw-weight": "1",
    "webhook-x": "value",
}

GOOD = {f"good{number}": f"10.1.0.{number}" for number in range(1, 11)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    ingresses: Sequence[dict[str, Any]]
    gives: dict[str, list[str]]
    """Values of the A records by name below the domain."""
    sidecar_says: str = ""


def of(name: str, host: str = "", *, addresses: Sequence[str] = (ADDRESS,), **how: Any) -> dict[str, Any]:
    """Return an Ingress of a host below the domain, which is named like it unless given."""
    return ingress(name, f"{host or name}.{DOMAIN}", addresses=addresses, **how)


CASES = [
    Case(
        name="a wildcard host resolves for all names below it",
        ingresses=[of("wildcard", "*.apps")],
        gives={"any.apps": [ADDRESS], "other.apps": [ADDRESS]},
    ),
    Case(name="a label of 63 letters resolves", ingresses=[of("label", LABEL)], gives={LABEL: [ADDRESS]}),
    Case(
        name="a host of 253 letters gets no record, as its ownership record has no room",
        ingresses=[of("long", LONG)],
        gives={LONG: []},
        sidecar_says=f"no A record {LONG}.{DOMAIN}. of ingress/default/long: Unable to parse DNS Name",
    ),
    Case(
        name="the domain itself resolves",
        ingresses=[ingress("apex", DOMAIN, addresses=[ADDRESS])],
        gives={f"{DOMAIN}.": [ADDRESS]},
    ),
    Case(
        name="the nameserver's name stays the nameserver's",
        ingresses=[of("ns1")],
        gives={"ns1": ["the service"]},
    ),
    Case(
        name="a host in another domain gets no record",
        ingresses=[ingress("foreign", "web.example.com", addresses=[ADDRESS])],
        gives={},
    ),
    Case(
        name="a load balancer with a name gets no record",
        ingresses=[of("named", addresses=[], names=["lb.tail1234.ts.net"])],
        gives={"named": []},
    ),
    Case(
        name="two load balancers with names get none either",
        ingresses=[of("named-twice", addresses=[], names=["one.example.com", "two.example.com"])],
        gives={"named-twice": []},
    ),
    Case(
        name="two load balancers with addresses are two records",
        ingresses=[of("addressed-twice", addresses=[ADDRESS, "10.6.6.7"])],
        gives={"addressed-twice": [ADDRESS, "10.6.6.7"]},
    ),
    Case(
        name="of a name and an address the address counts",
        ingresses=[of("named-and-addressed", names=["lb.example.com"])],
        gives={"named-and-addressed": [ADDRESS]},
    ),
    Case(name="without status there is no record", ingresses=[of("pending", addresses=[])], gives={"pending": []}),
    Case(
        name="one host in two ingresses has the records of both",
        ingresses=[of("one", "shared"), of("other", "shared", addresses=["10.6.6.7"])],
        gives={"shared": [ADDRESS, "10.6.6.7"]},
    ),
    Case(
        name="an ingress with an identifier gets no record, as PowerDNS stores none",
        ingresses=[
            of("identified", "once", annotations={"set-identifier": "one"}),
            of("identified-one", "twice", annotations={"set-identifier": "one"}),
            of("identified-two", "twice", addresses=["10.6.6.7"], annotations={"set-identifier": "two"}),
        ],
        gives={"once": [], "twice": []},
    ),
    Case(
        name="upper case in the hostname annotation is another spelling, and gets no record",
        ingresses=[of("upper-case", annotations={"hostname": f"UPPER.{DOMAIN}"})],
        gives={"upper-case": [ADDRESS], "upper": []},
        sidecar_says=f"no A record upper.{DOMAIN}. of ingress/default/upper-case: {SPELLING}",
    ),
    Case(
        name="the domain in upper case, in the hostname annotation, is no domain of its",
        ingresses=[of("upper-domain", annotations={"hostname": f"foreign.{DOMAIN.upper()}"})],
        gives={"upper-domain": [ADDRESS], "foreign": []},
    ),
    Case(
        name="a trailing dot in the hostname annotation is no matter",
        ingresses=[of("dot", annotations={"hostname": f"dotted.{DOMAIN}."})],
        gives={"dot": [ADDRESS], "dotted": [ADDRESS]},
    ),
    Case(
        name="a hostname annotation that is no name gets no record",
        ingresses=[of("no-name", annotations={"hostname": f"a(b).{DOMAIN}"})],
        gives={"no-name": [ADDRESS]},
        sidecar_says=f"no A record a(b).{DOMAIN}. of ingress/default/no-name: {SPELLING}",
    ),
    Case(
        name="the annotation alias, of which nothing would be deleted, gets no record",
        ingresses=[of("aliased", annotations={"alias": "true"})],
        gives={"aliased": []},
        sidecar_says=f"no A record aliased.{DOMAIN}.: it has no ownership record of its type",
    ),
    Case(
        name="the annotation record-type makes no other record",
        ingresses=[of("typed", annotations={"record-type": "ptr"})],
        gives={"typed": [ADDRESS]},
    ),
    Case(
        name="annotations for other providers, or for other objects, are no matter",
        ingresses=[of("others", annotations=OTHERS)],
        gives={"others": [ADDRESS]},
    ),
    Case(
        name="an ingress of another controller gets no record",
        ingresses=[of("controlled", annotations={"controller": "other"})],
        gives={"controlled": []},
    ),
    Case(
        name="the annotation ingress-hostname-source chooses between rules and annotation",
        ingresses=[
            of(
                "chosen-annotation",
                annotations={"hostname": f"chosen.{DOMAIN}", "ingress-hostname-source": "annotation-only"},
            ),
            of(
                "chosen-rule",
                annotations={"hostname": f"left.{DOMAIN}", "ingress-hostname-source": "defined-hosts-only"},
            ),
        ],
        gives={"chosen-annotation": [], "chosen": [ADDRESS], "chosen-rule": [ADDRESS], "left": []},
    ),
    Case(
        name="two spellings of one address are one address",
        ingresses=[of("spelled", annotations={"target": f"fd00::6,fd00:0::6,{ADDRESS}"})],
        gives={"spelled": [ADDRESS]},
    ),
    Case(
        name="hosts of a certificate make no records",
        ingresses=[of("certified", tls=[{"hosts": [f"*.certified-below.{DOMAIN}", f"only-tls.{DOMAIN}"]}])],
        gives={"certified": [ADDRESS], "any.certified-below": [], "only-tls": []},
    ),
    Case(
        name="another spelling of a host does not take it, nor a static record, nor the nameserver's name",
        ingresses=[
            of("victim", addresses=["10.5.0.1"]),
            of("hijacker", annotations={"hostname": f"{ESCAPED},{DECIMAL},{STATIC},{NAMESERVER}", "ttl": "86400"}),
        ],
        gives={
            "victim": ["10.5.0.1"],
            "vault": [],
            "static": ["10.5.0.2"],
            "ns1": ["the service"],
        },
        sidecar_says=f"no A record {ESCAPED}. of ingress/default/hijacker: {SPELLING}",
    ),
    Case(
        name="a static record has its whole name, without the IPv6 address of an ingress",
        ingresses=[of("static", addresses=[ADDRESS, "fd00::6"])],
        gives={"static": ["10.5.0.2"]},
    ),
    Case(
        name="an empty label in the hostname annotation gets no record",
        ingresses=[of("empty-label", annotations={"hostname": f"a..b.{DOMAIN}"})],
        gives={"empty-label": [ADDRESS]},
        sidecar_says=f"no A record a..b.{DOMAIN}. of ingress/default/empty-label: Unable to parse DNS Name",
    ),
    Case(
        name="a label of 64 letters in the hostname annotation gets no record",
        ingresses=[of("long-label", annotations={"hostname": f"{'a' * 64}.{DOMAIN}"})],
        gives={"long-label": [ADDRESS]},
    ),
    Case(
        name="an IPv6 target with a zone gets no AAAA record, and the A record stays",
        ingresses=[of("zoned", annotations={"target": f"fe80::1%eth0,{ADDRESS}"})],
        gives={"zoned": [ADDRESS]},
        sidecar_says=f"no AAAA record zoned.{DOMAIN}. of ingress/default/zoned: 'fe80::1%eth0' is not an IPv6 address",
    ),
    Case(
        name="a target that is no address gets no record",
        ingresses=[of("no-address", annotations={"target": "999.1.1.1"})],
        gives={"no-address": []},
    ),
    Case(
        name="a TTL that is none is the default",
        ingresses=[of("no-ttl", annotations={"ttl": "soon"})],
        gives={"no-ttl": [ADDRESS]},
    ),
    Case(
        name="a TTL out of range is the default",
        ingresses=[of("long-ttl", annotations={"ttl": "99999999999"})],
        gives={"long-ttl": [ADDRESS]},
    ),
]


@pytest.fixture(scope="module")
def server(serve_module: Serve) -> Server:
    static = {"name": "static", "type": "A", "values": ["10.5.0.2"]}
    made = serve_module(syncInterval="5s", records=[static])
    made.await_ready()
    bad = [each for case in CASES for each in case.ingresses]
    put(made.cluster, *bad, *(of(host, addresses=[address]) for host, address in GOOD.items()))
    eventually(lambda: all(made.resolve(host) == [address] for host, address in GOOD.items()), within=15)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_ingress(server: Server, case: Case) -> None:
    for name, values in case.gives.items():
        wanted = server.object("service")["spec"]["clusterIPs"][:1] if values == ["the service"] else values
        eventually(lambda name=name, wanted=wanted: server.resolve(name) == wanted, within=10)
        assert {each.ttl for each in server.ask(name).answer} <= {60}
    eventually(lambda: case.sidecar_says in server.pod.containers["sidecar"].log, within=10)


def test_a_name_that_is_taken_by_no_spelling_stays_itself(server: Server) -> None:
    assert server.resolve("static", "AAAA") == []
    for _ in range(10):
        # A comparison of external-dns is 5 s, a round of the sidecar 5 s: both happen meanwhile.
        assert server.resolve("victim") == ["10.5.0.1"]
        assert server.resolve("static") == ["10.5.0.2"]
        assert server.resolve("vault") == []
        time.sleep(1)


def test_nothing_but_the_canary_is_written_while_nothing_changes(server: Server) -> None:
    def writes() -> int:
        metrics = server.pod.http(HEALTH_PORT, "/metrics")[1]
        canaries = int(metrics.partition("\ninternal_dns_canary_rounds_total ")[2].partition("\n")[0])
        return int(server.resolve(f"{DOMAIN}.", "SOA")[0].split()[2]) - canaries

    before = writes()
    # A comparison of external-dns is 5 s, a round of the sidecar 5 s: both happen meanwhile.
    time.sleep(12)
    # The canary's own write may come between its count and the serial.
    eventually(lambda: writes() == before, within=10)


FULL_WIDTH = "\uff56"
"""A full-width v, for which external-dns takes a v."""

BEFORE, AFTER = ["10.5.0.7", "fd00::7"], ["10.5.0.8", "fd00::8"]

OUTDATED: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
    "two spellings of the new address": (
        of("turned", annotations={"target": "fd00::8,fd00:0::8"}),
        [[], ["fd00::8"]],
    ),
    "a new address that is none": (of("turned", annotations={"target": "fe80::1%eth0"}), [[], []]),
    "the annotation alias": (of("turned", addresses=AFTER, annotations={"alias": "true"}), [[], ["fd00::8"]]),
    "the annotation set-identifier": (of("turned", addresses=AFTER, annotations={"set-identifier": "a"}), [[], []]),
    "the annotation record-type": (
        of("turned", addresses=AFTER, annotations={"record-type": "ptr"}),
        [["10.5.0.8"], ["fd00::8"]],
    ),
}
"""For each change of an Ingress the values of the A and AAAA records after it."""


@pytest.mark.parametrize("change", OUTDATED)
def test_a_host_that_turns_bad_does_not_keep_its_old_address(server: Server, change: str) -> None:
    turned, gives = OUTDATED[change]

    def found() -> list[list[str]]:
        return [server.resolve("turned", type_) for type_ in ("A", "AAAA")]

    put(server.cluster, of("turned", addresses=BEFORE))
    eventually(lambda: found() == [BEFORE[:1], BEFORE[1:]], within=20)
    put(server.cluster, turned)
    eventually(lambda: found() == gives, within=20)
    server.cluster.kubectl("delete", "ingress", "turned")
    eventually(lambda: server.code("turned") == "NXDOMAIN", within=20)
    assert not [name for name, _ in server.zone() if "turned" in name]


@pytest.mark.parametrize(
    "spelling", [f"{FULL_WIDTH}anishing.{DOMAIN}", f"VANISHING.{DOMAIN}", f"xn--vanishing-.{DOMAIN}"]
)
def test_a_host_that_is_gone_is_kept_by_no_other_spelling(server: Server, spelling: str) -> None:
    put(server.cluster, of("vanishing", addresses=["10.5.0.3"]))
    eventually(lambda: server.resolve("vanishing") == ["10.5.0.3"], within=20)
    put(server.cluster, of("keeper", annotations={"hostname": spelling}))
    eventually(lambda: server.resolve("keeper") == [ADDRESS], within=20)
    assert server.resolve("vanishing") == ["10.5.0.3"]
    server.cluster.kubectl("delete", "ingress", "vanishing")
    eventually(lambda: server.code("vanishing") == "NXDOMAIN", within=20)
    assert not [name for name, _ in server.zone() if "vanishing" in name]
    server.cluster.kubectl("delete", "ingress", "keeper")


def test_a_new_host_resolves_once_a_new_object_with_another_spelling_of_it_is_gone(server: Server) -> None:
    # external-dns chooses one of the two before the relay sees either: here that with the lower address.
    put(server.cluster, of("odd", addresses=["10.0.0.3"], annotations={"hostname": f"VYING.{DOMAIN}"}))
    eventually(lambda: server.resolve("odd") == ["10.0.0.3"], within=20)
    put(server.cluster, of("vying", addresses=["10.5.0.3"]), of("beside", addresses=["10.5.0.4"]))
    eventually(lambda: server.resolve("beside") == ["10.5.0.4"], within=20)
    assert server.resolve("vying") == []
    refused = f"no A record vying.{DOMAIN}. of ingress/default/odd: {SPELLING}"
    assert refused in server.pod.containers["sidecar"].log
    server.cluster.kubectl("delete", "ingress", "odd")
    eventually(lambda: server.resolve("vying") == ["10.5.0.3"], within=20)
    server.cluster.kubectl("delete", "ingress", "vying", "beside")
    eventually(lambda: server.code("vying") == "NXDOMAIN", within=20)


def test_a_wildcard_is_not_kept_from_its_record_by_the_host_with_the_same_ownership_record(server: Server) -> None:
    taker = of("taker", annotations={"hostname": f"_wild.fenced.{DOMAIN}"})
    put(server.cluster, of("fence", "*.fenced", addresses=["10.5.0.6"]), taker)
    eventually(lambda: server.resolve("any.fenced") == ["10.5.0.6"], within=20)
    says = f"no A record _wild.fenced.{DOMAIN}.: a first label _wild stands for * in names of ownership records"
    eventually(lambda: says in server.pod.containers["sidecar"].log, within=10)
    server.cluster.kubectl("delete", "ingress", "taker", "fence")
    eventually(lambda: server.code("any.fenced") == "NXDOMAIN", within=20)
    assert not [name for name, _ in server.zone() if "fenced" in name]


def test_deletions_happen_beside_bad_ingresses(server: Server) -> None:
    # They come after creations in a comparison, and a creation that fails would keep them from happening.
    server.cluster.kubectl("delete", "ingress", "good1")
    eventually(lambda: server.code("good1") == "NXDOMAIN", within=15)
    assert "consecutive soft errors" not in server.pod.containers["external-dns"].log


def test_a_host_that_turns_from_address_to_name_and_back_follows(server: Server) -> None:
    for addresses, names, gives in (
        (["10.0.0.1"], [], ["10.0.0.1"]),
        ([], ["lb.example.com"], []),
        (["10.0.0.2"], [], ["10.0.0.2"]),
    ):
        put(server.cluster, of("flip", addresses=addresses, names=names))
        eventually(lambda gives=gives: server.resolve("flip") == gives, within=15)
