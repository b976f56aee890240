"""DNS names in the spec.

Names are in lower case, as DNS ignores case (RFC 4343). They have no trailing dot:
each field says whether its names are absolute or below the domain.
"""

import re
from typing import Annotated

from internal_dns.api.fields import Rule, StringType

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SERVICE_LABEL = "[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?"
MAX_NAME = 253
"""255 octets on the wire, less the first length octet and the root's (RFC 1035, 2.3.4)."""

_HOST = re.compile(rf"({_SERVICE_LABEL}\.)*{_SERVICE_LABEL}")

APEX = "@"
"""The domain itself, among names below it."""

Domain = Annotated[
    str,
    StringType(
        pattern=rf"^({_LABEL}\.)*{_LABEL}$",
        expected="a DNS name of lower-case labels, like 'internal.example.org'; MagicDNS answers for ts.net itself",
        max_length=190,
        rules=(
            Rule("self == oldSelf", "domain is immutable: make another InternalDNS for another domain"),
            Rule("self != 'ts.net' && !self.endsWith('.ts.net')", "MagicDNS answers for ts.net itself"),
        ),
        accepts=lambda name: name != "ts.net" and not name.endswith(".ts.net"),
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


def absolute(name: str, domain: str) -> str:
    """Return the absolute name, with its trailing dot, of a record below a domain."""
    return f"{domain}." if name == APEX else f"{name}.{domain}."
