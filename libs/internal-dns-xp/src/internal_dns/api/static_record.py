"""Static records: their form in the spec, and the form in which PowerDNS stores their values.

PowerDNS stores names with a trailing dot and TXT strings in quotes. If one
value has another form, it refuses the whole change.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Self

import pydantic
from cdk8s_function import ApiModel
from pydantic import Field

from internal_dns.api import dns_names
from internal_dns.api.dns_names import APEX, RecordName
from internal_dns.api.string_types import MAX_ITEMS
from internal_dns.pod import canary
from internal_dns.pod.ownership import OWNER_PREFIX, OWNER_WILDCARD

NAMESERVER = "ns1"
"""Name of the server below its domain: the zone's NS record names it."""

_PLAIN = re.compile(r"[ !#-\[\]-~]+")
"""Printable ASCII without quotes and backslashes: PowerDNS' API loses what escapes them (seen with 5.1.5)."""

_TEXT_CHUNK = 255
"""Octets of one character-string of a TXT record (RFC 1035, 3.3)."""


class StaticRecord(ApiModel):
    """Static records of one name and type."""

    name: RecordName
    """Name below the domain. `@` is the domain itself."""

    type: Literal["A", "AAAA", "CNAME", "TXT"]
    """Record type."""

    values: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1024)]], Field(min_length=1, max_length=MAX_ITEMS)
    ]
    """Addresses, one absolute name in the domain (CNAME), or strings of printable ASCII without quotes and
    backslashes (TXT)."""

    ttl: Annotated[int, Field(ge=5, le=86400)] | None = None
    """Seconds that a client may cache these records. If not given, `spec.ttl`."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.name == NAMESERVER:
            msg = f"name {self.name!r} is the nameserver's own; choose another"
            raise ValueError(msg)
        if self.name.startswith(OWNER_PREFIX) or self.name.partition(".")[0] == OWNER_WILDCARD:
            msg = f"name {self.name!r} starts like an ownership record of external-dns; choose another"
            raise ValueError(msg)
        if self.name == canary.LABEL:
            msg = f"name {self.name!r} is the server's own, for its canary; choose another"
            raise ValueError(msg)
        if self.type == "CNAME" and self.name == APEX:
            msg = "a domain itself cannot be a CNAME (RFC 1912, 2.4); use A or AAAA"
            raise ValueError(msg)
        _check_values(self.type, self.values)
        return self


def _check_values(record_type: str, values: Sequence[str]) -> None:
    """Check the values of one record set.

    Raises:
        ValueError: If a value is not of the type or occurs twice, or a CNAME has more than one.
    """
    for value in values:
        stored(record_type, value)
    if len({stored(record_type, value) for value in values}) < len(values):
        msg = f"the values {list(values)!r} have one twice"
        raise ValueError(msg)
    if record_type == "CNAME" and len(values) > 1:
        msg = f"a CNAME has one value, not {len(values)}"
        raise ValueError(msg)


def stored(record_type: str, value: str) -> str:
    """Return a value as PowerDNS stores it.

    Raises:
        ValueError: If the value is not of the type.
    """
    return _STORED[record_type](value)


def _ipv4(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        msg = f"an A record holds an IPv4 address, like '10.0.0.1', not {value!r}"
        raise ValueError(msg) from None


def _ipv6(value: str) -> str:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        address = None
    if address is None or address.scope_id:
        msg = f"an AAAA record holds an IPv6 address without zone, like 'fd00::1', not {value!r}"
        raise ValueError(msg)
    return str(address)


def _name(value: str) -> str:
    if not dns_names.is_host(value):
        msg = f"a CNAME record holds an absolute DNS name without trailing dot, like 'host.example.org', not {value!r}"
        raise ValueError(msg)
    return f"{value}."


def _text(value: str) -> str:
    if not _PLAIN.fullmatch(value):
        msg = f"a TXT record holds printable ASCII without quotes and backslashes, not {value!r}"
        raise ValueError(msg)
    chunks = [value[start : start + _TEXT_CHUNK] for start in range(0, len(value), _TEXT_CHUNK)]
    return " ".join(f'"{chunk}"' for chunk in chunks)


_STORED: Mapping[str, Callable[[str], str]] = {"A": _ipv4, "AAAA": _ipv6, "CNAME": _name, "TXT": _text}
