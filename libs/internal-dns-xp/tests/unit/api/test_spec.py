"""What the spec refuses, with the whole message that people read."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from internal_dns.api.spec import InternalDnsSpec

Load = Callable[..., InternalDnsSpec]
Refuse = Callable[..., str]


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    spec: dict[str, Any]
    error: str


REFUSED = [
    Case(
        "no domain",
        {"domain": None},
        "spec.domain: input should be a valid string",
    ),
    Case(
        "a domain with an underscore",
        {"domain": "foo_bar.example"},
        "spec.domain: must be a DNS name of lower-case labels, like 'internal.example.org', not 'foo_bar.example'",
    ),
    Case(
        "a domain in upper case",
        {"domain": "Internal.example"},
        "spec.domain: must be a DNS name of lower-case labels, like 'internal.example.org', not 'Internal.example'",
    ),
    Case(
        "a domain with a trailing dot",
        {"domain": "internal.example."},
        "spec.domain: must be a DNS name of lower-case labels, like 'internal.example.org', not 'internal.example.'",
    ),
    Case(
        "a domain of MagicDNS",
        {"domain": "tail1234.ts.net"},
        "spec.domain: choose another: MagicDNS answers for 'ts.net' itself, not 'tail1234.ts.net'",
    ),
    Case("a size without unit", {"storageSize": "1"}, "spec.storageSize: must be a size, like '1Gi', not '1'"),
    Case(
        "PowerDNS that one packet crashes",
        {"powerdnsVersion": "5.1.3"},
        "spec.powerdnsVersion: must be a PowerDNS version from 5.0.7 in 5.0, or from 5.1.4, not '5.1.3'",
    ),
    Case(
        "PowerDNS that one packet crashes, of the older minor",
        {"powerdnsVersion": "5.0.6"},
        "spec.powerdnsVersion: must be a PowerDNS version from 5.0.7 in 5.0, or from 5.1.4, not '5.0.6'",
    ),
    Case(
        "PowerDNS of another major",
        {"powerdnsVersion": "4.9.7"},
        "spec.powerdnsVersion: must be a PowerDNS version from 5.0.7 in 5.0, or from 5.1.4, not '4.9.7'",
    ),
    Case(
        "external-dns that ignores the TTL",
        {"externalDnsVersion": "v0.20.0"},
        "spec.externalDnsVersion: must be an external-dns version from v0.21.0, like 'v0.21.0', not 'v0.20.0'",
    ),
    Case(
        "external-dns without v",
        {"externalDnsVersion": "0.21.0"},
        "spec.externalDnsVersion: must be an external-dns version from v0.21.0, like 'v0.21.0', not '0.21.0'",
    ),
    Case(
        "an interval of an hour",
        {"syncInterval": "1h"},
        "spec.syncInterval: must be from '5s' to '55s', not '1h'",
    ),
    Case("an interval too short", {"syncInterval": "4s"}, "spec.syncInterval: must be from '5s' to '55s', not '4s'"),
    Case("an interval too long", {"syncInterval": "56s"}, "spec.syncInterval: must be from '5s' to '55s', not '56s'"),
    Case("a TTL of nothing", {"ttl": 0}, "spec.ttl: input should be greater than or equal to 5, not 0"),
    Case(
        "two namespaces",
        {"namespaces": ["a", "b"]},
        "spec.namespaces: external-dns watches one namespace or all: "
        "leave it empty and choose by ingressClasses or labelSelector",
    ),
    Case(
        "an unknown source",
        {"sources": ["pod"]},
        "spec.sources[0]: input should be 'ingress', 'service' or 'gateway-httproute', not 'pod'",
    ),
    Case(
        "a selector that is none",
        {"labelSelector": "a in (b"},
        "spec.labelSelector: must be a label selector, like 'dns=internal,tier in (web, api)', not 'a in (b'",
    ),
    Case(
        "a target that is a name",
        {"targets": {"default": ["lb.example.org"]}},
        "spec.targets.default[0]: must be an IP address, like '10.96.0.53', not 'lb.example.org'",
    ),
    Case(
        "a target with a zone",
        {"targets": {"default": ["fe80::1%eth0"]}},
        "spec.targets.default[0]: must be an IP address, like '10.96.0.53', not 'fe80::1%eth0'",
    ),
    Case(
        "a digest of another algorithm",
        {"images": {"powerdns": {"digest": "md5:00"}}},
        "spec.images.powerdns.digest: must be a digest, 'sha256:' and 64 hex digits, not 'md5:00'",
    ),
    Case(
        "a registry as a URL",
        {"images": {"externalDns": {"registry": "https://mirror.example.org"}}},
        "spec.images.externalDns.registry: must be a registry's host, with a port and a path if need be, "
        "like 'registry.example.org/mirror', not 'https://mirror.example.org'",
    ),
    Case(
        "a route to no fixed address",
        {"tailscale": {"mode": "subnetRoute"}},
        "spec: tailscale.mode 'subnetRoute' needs service.clusterIP: the route is made for that address",
    ),
    Case(
        "a machine name for no machine",
        {"tailscale": {"hostname": "dns"}},
        "spec.tailscale: hostname and tags are for the modes 'expose' and 'loadBalancer', not 'none'",
    ),
    Case(
        "a tag that is none",
        {"tailscale": {"mode": "expose", "tags": ["dns"]}},
        "spec.tailscale.tags[0]: must be a tag, like 'tag:dns', not 'dns'",
    ),
    Case(
        "a network with host bits",
        {"networkPolicy": {"clients": ["100.64.0.1/10"]}},
        "spec.networkPolicy.clients[0]: must be a network, like '100.64.0.0/10', not '100.64.0.1/10'",
    ),
    Case(
        "a request above the limit that is the default",
        {"resources": {"powerdns": {"requests": {"memory": "512Mi"}}}},
        "spec.resources.powerdns: a request cannot exceed the limit of the same name: "
        "memory '512Mi' is more than '256Mi'",
    ),
    Case(
        "an amount of nothing",
        {"resources": {"powerdns": {"requests": {"cpu": "0.0"}}}},
        "spec.resources.powerdns.requests.cpu: must be a quantity above 0, like '64Mi' or '0.5', not '0.0'",
    ),
    Case(
        "an amount of something unknown",
        {"resources": {"powerdns": {"limits": {"memroy": "64Mi"}}}},
        "spec.resources.powerdns.limits: give amounts of cpu, memory, ephemeral-storage, not of 'memroy'",
    ),
    Case("an unknown field", {"domian": "x"}, 'spec.domian: unknown field (did you mean "domain"?)'),
]

RESERVED = [
    ("local", "multicast DNS"),
    ("corp.local", "multicast DNS"),
    ("localhost", "for themselves"),
    ("app.localhost", "for themselves"),
    ("10.0.0.1", "for an IPv4 address"),
    ("53", "for an IPv4 address"),
    ("example.0x7f", "for an IPv4 address"),
    ("invalid", "no name below 'invalid' exists"),
    ("x.onion", "names below 'onion'"),
    ("x.alt", "names below 'alt'"),
    ("arpa", "'home.arpa' is for networks like this"),
    ("10.in-addr.arpa", "'home.arpa' is for networks like this"),
    ("ts.net", "MagicDNS answers for 'ts.net' itself"),
]

REFUSED_RECORDS = [
    Case(
        "an IPv6 address in an A record",
        {"name": "www", "type": "A", "values": ["fd00::1"]},
        "spec.records[0]: an A record holds an IPv4 address, like '10.0.0.1', not 'fd00::1'",
    ),
    Case(
        "an address with a zone",
        {"name": "www", "type": "AAAA", "values": ["fe80::1%eth0"]},
        "spec.records[0]: an AAAA record holds an IPv6 address without zone, like 'fd00::1', not 'fe80::1%eth0'",
    ),
    Case(
        "one address in two spellings",
        {"name": "www", "type": "AAAA", "values": ["fd00::1", "fd00:0::1"]},
        "spec.records[0]: the values ['fd00::1', 'fd00:0::1'] have one twice",
    ),
    Case(
        "a CNAME to two names",
        {"name": "www", "type": "CNAME", "values": ["a.example.org", "b.example.org"]},
        "spec.records[0]: a CNAME has one value, not 2",
    ),
    Case(
        "a CNAME to a name with a trailing dot",
        {"name": "www", "type": "CNAME", "values": ["a.example.org."]},
        "spec.records[0]: a CNAME record holds an absolute DNS name without trailing dot, like 'host.example.org', "
        "not 'a.example.org.'",
    ),
    Case(
        "a CNAME at the domain itself",
        {"name": "@", "type": "CNAME", "values": ["a.example.org"]},
        "spec.records[0]: a domain itself cannot be a CNAME (RFC 1912, 2.4); use A or AAAA",
    ),
    Case(
        "a TXT string with a line break",
        {"name": "www", "type": "TXT", "values": ["a\nb"]},
        "spec.records[0]: a TXT record holds printable ASCII without quotes and backslashes, not 'a\\nb'",
    ),
    Case(
        "a TXT string with quotes",
        {"name": "www", "type": "TXT", "values": ['say "hi"']},
        "spec.records[0]: a TXT record holds printable ASCII without quotes and backslashes, not 'say \"hi\"'",
    ),
    Case(
        "the nameserver's name",
        {"name": "ns1", "type": "A", "values": ["10.0.0.1"]},
        "spec.records[0]: name 'ns1' is the nameserver's own; choose another",
    ),
    Case(
        "a name like an ownership record's",
        {"name": "edns-a.www", "type": "TXT", "values": ["x"]},
        "spec.records[0]: name 'edns-a.www' starts like an ownership record of external-dns; choose another",
    ),
    Case(
        "a name like the domain's own ownership record",
        {"name": "edns-a", "type": "TXT", "values": ["x"]},
        "spec.records[0]: name 'edns-a' starts like an ownership record of external-dns; choose another",
    ),
    Case(
        "a name whose ownership record would be a wildcard's",
        {"name": "_wild.apps", "type": "A", "values": ["10.0.0.1"]},
        "spec.records[0]: name '_wild.apps' starts like an ownership record of external-dns; choose another",
    ),
    Case(
        "a wildcard within a name",
        {"name": "a.*.b", "type": "A", "values": ["10.0.0.1"]},
        "spec.records[0].name: must be a name below the domain, like 'www', '*.apps' or '@' for the domain itself, "
        "not 'a.*.b'",
    ),
    Case(
        "an unknown type",
        {"name": "www", "type": "MX", "values": ["x"]},
        "spec.records[0].type: input should be 'A', 'AAAA', 'CNAME' or 'TXT', not 'MX'",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_field_is_refused_in_one_line_that_names_it_and_what_is_accepted(case: Case, refuse: Refuse) -> None:
    assert refuse(**case.spec) == case.error


@pytest.mark.parametrize("case", REFUSED_RECORDS, ids=lambda case: case.name)
def test_a_record_is_refused_in_one_line_that_names_it_and_what_is_accepted(case: Case, refuse: Refuse) -> None:
    assert refuse(records=[case.spec]) == case.error


@pytest.mark.parametrize(("domain", "reason"), RESERVED, ids=[domain for domain, _ in RESERVED])
def test_a_domain_that_no_client_would_ask_the_server_for_is_refused(domain: str, reason: str, refuse: Refuse) -> None:
    message = refuse(domain=domain)
    assert message.startswith("spec.domain: choose another: ")
    assert message.endswith(f", not '{domain}'")
    assert reason in message


@pytest.mark.parametrize(
    "domain", ["home.arpa", "lan.home.arpa", "internal", "test", "mylocal", "1.internal", "0x7f.lan"]
)
def test_a_domain_that_is_for_private_use_or_only_looks_like_another_is_accepted(domain: str, load: Load) -> None:
    assert load(domain=domain).domain == domain


OUT = "clients would not follow it out of 'internal.example.org', as the server has no recursion; use A or AAAA"
LOOP = ("a.internal.example.org.", "b.internal.example.org.", "c.internal.example.org.", "b.internal.example.org.")
ITSELF = ("www.internal.example.org.", "www.internal.example.org.")

CNAMES = [
    ({"www": "web.example.org"}, f"'www' is a CNAME to 'web.example.org': {OUT}"),
    ({"www": "web"}, f"'www' is a CNAME to 'web': {OUT}"),
    ({"www": "10.0.0.1"}, "'www' is a CNAME to the address '10.0.0.1'; make it of type A"),
    ({"www": ITSELF[0][:-1]}, f"'www' is a CNAME that leads to itself: {' → '.join(ITSELF)}"),
    (
        {name[0]: target[:-1] for name, target in itertools.pairwise(LOOP)},
        f"'a' is a CNAME that leads to itself: {' → '.join(LOOP)}",
    ),
    (
        {f"c{number}": f"c{number - 1}.internal.example.org" for number in range(11, 0, -1)},
        "'c11' leads through more than 10 CNAMEs, the most PowerDNS follows",
    ),
]


@pytest.mark.parametrize(("cnames", "reason"), CNAMES)
def test_a_cname_that_leads_to_no_address_of_the_domain_is_refused(
    cnames: dict[str, str], reason: str, refuse: Refuse
) -> None:
    records = [{"name": name, "type": "CNAME", "values": [target]} for name, target in cnames.items()]
    assert refuse(records=records) == f"spec: records: {reason}"


def test_a_cname_to_the_domain_or_below_it_is_accepted(load: Load) -> None:
    cnames = {f"c{number}": f"c{number - 1}.internal.example.org" for number in range(9, 0, -1)}
    cnames |= {"c0": "internal.example.org", "*.apps": "web.apps.internal.example.org"}
    records = [{"name": name, "type": "CNAME", "values": [target]} for name, target in cnames.items()]
    assert len(load(records=records).records) == 11


@pytest.mark.parametrize(
    ("name", "instead"),
    [("web.internal.example.org", "web"), ("internal.example.org", "@"), ("*.internal.example.org", "*")],
)
def test_a_record_name_that_repeats_the_domain_is_refused(name: str, instead: str, refuse: Refuse) -> None:
    message = refuse(records=[{"name": name, "type": "A", "values": ["10.0.0.1"]}])
    assert message == f"spec: records: the name {name!r} repeats the domain, which is added to it; give {instead!r}"


def test_records_of_one_name_and_type_have_to_be_one_entry(refuse: Refuse) -> None:
    record = {"name": "www", "type": "A", "values": ["10.0.0.1"]}
    message = refuse(records=[record, record])
    assert message == "spec: records: 'www' has two entries of type A; join their values"


def test_a_name_that_is_a_cname_has_no_other_records(refuse: Refuse) -> None:
    records = [
        {"name": "www", "type": "CNAME", "values": ["a.example.org"]},
        {"name": "www", "type": "TXT", "values": ["x"]},
    ]
    message = refuse(records=records)
    assert message == "spec: records: 'www' is a CNAME and can have no other records (RFC 1034, 3.6.2)"


def test_a_name_with_its_domain_has_to_fit_in_a_dns_name(load: Load, refuse: Refuse) -> None:
    name = ".".join(["a" * 63] * 4)
    longest = 253 - len(".internal.example.org")
    load(records=[{"name": name[:longest], "type": "A", "values": ["10.0.0.1"]}])
    message = refuse(records=[{"name": name[: longest + 1], "type": "A", "values": ["10.0.0.1"]}])
    assert message.endswith("below 'internal.example.org' is longer than 253 letters")


@pytest.mark.parametrize(
    "selector", ["", "a", "!a", "a=b", "a==b", "a!=b", "a in (b,c)", "x.io/a notin (b)", "a=b,c", "a=", " a = b , c "]
)
def test_a_selector_that_kubectl_accepts_is_accepted(selector: str, load: Load) -> None:
    assert load(labelSelector=selector).label_selector == selector


@pytest.mark.parametrize("selector", [",", "a,", "a in ()b", "a b", "=b", "a=b=c", "a/b/c=d", "-a=b"])
def test_another_selector_is_not(selector: str, refuse: Refuse) -> None:
    assert refuse(labelSelector=selector).startswith("spec.labelSelector: must be a label selector")


@pytest.mark.parametrize("amount", ["1", "0.5", "0.05", "1.5Gi", "0.5Gi", "10m"])
def test_a_quantity_that_kubernetes_takes_is_accepted(amount: str, load: Load) -> None:
    amounts = {"cpu": amount}
    assert load(resources={"sidecar": {"requests": amounts}}).resources.sidecar.requests == amounts


@pytest.mark.parametrize("container", ["powerdns", "sidecar", "external_dns"])
@pytest.mark.parametrize(("given", "other"), [("requests", "limits"), ("limits", "requests")])
def test_one_half_of_a_containers_resources_leaves_the_other_as_it_is(
    container: str, given: str, other: str, load: Load
) -> None:
    default = getattr(load().resources, container).model_dump()
    found = getattr(load(resources={container: {given: {"memory": "100Mi"}}}).resources, container).model_dump()
    assert default[other]
    assert found == {given: {"memory": "100Mi"}, other: default[other]}


def test_all_but_the_domain_has_a_default(load: Load) -> None:
    spec = load()

    assert (spec.external_dns_version, spec.powerdns_version) == ("v0.21.0", "5.1.4")
    assert (spec.storage_size, spec.storage_class_name) == ("1Gi", None)
    assert (spec.sync_interval, spec.sync_seconds, spec.ttl) == ("30s", 30, 60)
    assert (spec.sources, spec.namespaces) == (["ingress"], [])
    assert spec.tailscale.mode == "none"
    assert spec.network_policy.enabled
