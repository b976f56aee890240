"""The checks of a domain's static records together: of their names below it, and of where a CNAME leads."""

import ipaddress
from collections.abc import Mapping, Sequence

from internal_dns.api.dns_names import APEX, MAX_NAME, absolute, is_below
from internal_dns.api.static_record import StaticRecord
from internal_dns.api.string_types import accepted_by

_MOST_CNAMES = 10
"""CNAMEs that PowerDNS follows for one answer; after them it responds SERVFAIL (pdns/packethandler.cc, auth-5.1.4)."""

_is_address = accepted_by(ipaddress.IPv4Address)


def check(records: Sequence[StaticRecord], domain: str) -> None:
    """Check the static records of a domain.

    Raises:
        ValueError: If a name does not fit below the domain, two entries exclude each other, or a CNAME leads nowhere.
    """
    for record in records:
        _check_name(record.name, domain)
    types: dict[str, set[str]] = {}
    for record in records:
        of_name = types.setdefault(record.name, set())
        if record.type in of_name:
            msg = f"records: {record.name!r} has two entries of type {record.type}; join their values"
            raise ValueError(msg)
        of_name.add(record.type)
    for name, of_name in types.items():
        if "CNAME" in of_name and len(of_name) > 1:
            msg = f"records: {name!r} is a CNAME and can have no other records (RFC 1034, 3.6.2)"
            raise ValueError(msg)
    cnames = {absolute(record.name, domain): record.values[0] for record in records if record.type == "CNAME"}
    for record in records:
        if record.type == "CNAME":
            _check_cname(record, domain, cnames)


def _check_name(name: str, domain: str) -> None:
    if is_below(name, domain):
        relative = name.removesuffix(domain).removesuffix(".") or APEX
        msg = f"records: the name {name!r} repeats the domain, which is added to it; give {relative!r}"
        raise ValueError(msg)
    if len(absolute(name, domain)) > MAX_NAME + 1:
        msg = f"records: {name!r} below {domain!r} is longer than {MAX_NAME} letters"
        raise ValueError(msg)


def _check_cname(record: StaticRecord, domain: str, cnames: Mapping[str, str]) -> None:
    """Check that a CNAME leads to a name that the server answers for.

    The server follows a CNAME within its domain, and puts what it finds into the
    answer. It follows no other (it has no recursion), and most clients take the
    answer as it is.
    """
    target = record.values[0]
    if _is_address(target):
        msg = f"records: {record.name!r} is a CNAME to the address {target!r}; make it of type A"
        raise ValueError(msg)
    if not is_below(target, domain):
        reason = f"clients would not follow it out of {domain!r}, as the server has no recursion"
        msg = f"records: {record.name!r} is a CNAME to {target!r}: {reason}; use A or AAAA"
        raise ValueError(msg)
    passed = [absolute(record.name, domain)]
    while (following := cnames.get(passed[-1])) is not None:
        passed.append(f"{following}.")
        if passed[-1] in passed[:-1]:
            msg = f"records: {record.name!r} is a CNAME that leads to itself: {' → '.join(passed)}"
            raise ValueError(msg)
        if len(passed) > _MOST_CNAMES + 1:
            msg = f"records: {record.name!r} leads through more than {_MOST_CNAMES} CNAMEs, the most PowerDNS follows"
            raise ValueError(msg)
