"""The record sets that the sidecar keeps in the zone, as it reads them: records.json.

They are the spec's static records and the server's own: the zone's NS record
names the server, and a resolver that follows it asks for the address of that
name.
"""

import ipaddress
import json
from collections.abc import Iterator, Sequence

from cdk8s_function import Json

from internal_dns.api.dns_names import APEX, absolute
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.api.static_record import NAMESERVER, stored


def document(spec: InternalDnsSpec, *, addresses: Sequence[str]) -> str:
    """Return records.json: record sets as PowerDNS' API takes them.

    Args:
        spec: The spec.
        addresses: The server's own addresses; empty while they are unknown.
    """
    return json.dumps(list(_record_sets(spec, addresses)), indent=1) + "\n"


def _record_sets(spec: InternalDnsSpec, addresses: Sequence[str]) -> Iterator[Json]:
    server = absolute(NAMESERVER, spec.domain)
    yield _record_set(absolute(APEX, spec.domain), "NS", spec.ttl, [server])
    for version, type_ in ((4, "A"), (6, "AAAA")):
        own = [address for address in addresses if ipaddress.ip_address(address).version == version]
        if own:
            yield _record_set(server, type_, spec.ttl, own)
    for record in spec.records:
        values = [stored(record.type, value) for value in record.values]
        yield _record_set(absolute(record.name, spec.domain), record.type, record.ttl or spec.ttl, values)


def _record_set(name: str, type_: str, ttl: int, values: Sequence[str]) -> Json:
    records = [{"content": value, "disabled": False} for value in values]
    return {"name": name, "type": type_, "ttl": ttl, "records": records}
