"""Clean the values of address records that external-dns sends.

A target annotation can hold what is no address, and one address in two spellings.
PowerDNS refuses a record set for either, and an old record would stay.
"""

import ipaddress
from collections.abc import Mapping, Sequence

_VERSIONS: Mapping[str, int] = {"A": 4, "AAAA": 6}

TYPES = frozenset(_VERSIONS)
"""Types of address records."""


def canonical(type_: str, value: str) -> str | None:
    """Return an address in its usual spelling; None if it is not one of a type's."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    has_zone = isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None
    return None if address.version != _VERSIONS[type_] or has_zone else str(address)


def clean(type_: str, values: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the addresses of a record set, each once, and the values that are none of its type."""
    found = {value: canonical(type_, value) for value in values}
    return list(dict.fromkeys(filter(None, found.values()))), [value for value, address in found.items() if not address]


def fault(type_: str, value: str) -> str:
    """Return what to tell of a value that is no address."""
    return f"{value!r} is not an IPv{_VERSIONS[type_]} address"
