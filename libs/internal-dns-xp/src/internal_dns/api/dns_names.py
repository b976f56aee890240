"""DNS names in the spec.

Names are in lower case, as DNS ignores case (RFC 4343). They have no trailing dot:
each field says whether its names are absolute or below the domain.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from internal_dns.api.fields import Rule, StringType

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SERVICE_LABEL = "[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?"
MAX_NAME = 253
"""255 octets on the wire, less the first length octet and the root's (RFC 1035, 2.3.4)."""

_HOST = re.compile(rf"({_SERVICE_LABEL}\.)*{_SERVICE_LABEL}")

APEX = "@"
"""The domain itself, among names below it."""

_RESERVED: Mapping[str, str] = {
    "alt": "names below 'alt' are not of the DNS (RFC 9476)",
    "arpa": "names below 'arpa' are the Internet's own (RFC 3172); 'home.arpa' is for networks like this (RFC 8375)",
    "invalid": "no name below 'invalid' exists (RFC 6761, 6.4)",
    "local": "clients look for names below 'local' by multicast DNS, not at a server (RFC 6762, 3)",
    "localhost": "clients take 'localhost' for themselves, and ask no server (RFC 6761, 6.3)",
    "onion": "clients ask no server for names below 'onion' (RFC 7686, 2)",
    "ts.net": "MagicDNS answers for 'ts.net' itself",
}
"""Domains that no server of a private network can answer for, each with the reason."""

_EXCEPTION = "home.arpa"

_NUMBER = "([0-9]+|0x[0-9a-f]*)"
_NO_NUMBER = "clients take a name whose last label is a number for an IPv4 address (RFC 3696, 2)"


def _reserved_rule(domain: str, reason: str) -> Rule:
    exception = f" || ('.' + self).endsWith('.{_EXCEPTION}')" if _EXCEPTION.endswith(f".{domain}") else ""
    return Rule(f"!('.' + self).endsWith('.{domain}'){exception}", reason)


def _refusal(domain: str) -> str:
    """Return why a DNS name cannot be the domain of a server; "" if it can."""
    if is_below(domain, _EXCEPTION):
        return ""
    if re.fullmatch(_NUMBER, domain.rpartition(".")[2]):
        return _NO_NUMBER
    return next((reason for reserved, reason in _RESERVED.items() if is_below(domain, reserved)), "")


Domain = Annotated[
    str,
    StringType(
        pattern=rf"^({_LABEL}\.)*{_LABEL}$",
        expected="a DNS name of lower-case labels, like 'internal.example.org'",
        max_length=190,
        rules=(
            Rule("self == oldSelf", "domain is immutable: make another InternalDNS for another domain"),
            Rule(f"!self.matches('(^|[.]){_NUMBER}$')", _NO_NUMBER),
            *(_reserved_rule(domain, reason) for domain, reason in _RESERVED.items()),
        ),
        refusal=_refusal,
    ),
]
"""A domain that a server answers for. Its maximum length leaves room for hosts with several labels below it."""

RecordName = Annotated[
    str,
    StringType(
        pattern=rf"^(@|(\*|{_SERVICE_LABEL})(\.{_SERVICE_LABEL})*)$",
        expected="a name below the domain, like 'www', '*.apps' or '@' for the domain itself",
        max_length=MAX_NAME,
    ),
]
"""A name below the domain, or the domain itself."""


def is_host(name: str) -> bool:
    """Return whether a string is an absolute name without its trailing dot."""
    return len(name) <= MAX_NAME and _HOST.fullmatch(name) is not None


def is_below(name: str, domain: str) -> bool:
    """Return whether a name is a domain or below it; both are absolute, without their trailing dots."""
    return f".{name}".endswith(f".{domain}")


def absolute(name: str, domain: str) -> str:
    """Return the absolute name, with its trailing dot, of a record below a domain."""
    return f"{domain}." if name == APEX else f"{name}.{domain}."
