"""DNS names, as the spec takes them.

Names are lower case and without the trailing dot: DNS does not tell cases apart
(RFC 4343), and a name of the spec is always absolute or below the domain.
"""

from typing import Annotated

from internal_dns.fields import Rule, Text

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SERVICE_LABEL = "[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?"
_MAX_NAME = 253
"""255 octets on the wire, less the first length octet and the root's (RFC 1035, 2.3.4)."""

APEX = "@"
"""The domain itself, among names below it."""

Domain = Annotated[
    str,
    Text(
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
"""A domain to answer for. Its length leaves room for hosts of some labels below it."""

HostName = Annotated[
    str,
    Text(
        pattern=rf"^({_SERVICE_LABEL}\.)*{_SERVICE_LABEL}$",
        expected="an absolute DNS name without trailing dot, like 'host.example.org'",
        max_length=_MAX_NAME,
    ),
]
"""An absolute name."""

RecordName = Annotated[
    str,
    Text(
        pattern=rf"^(@|(\*|{_SERVICE_LABEL})(\.{_SERVICE_LABEL})*)$",
        expected="a name below the domain, like 'www', '*.apps' or '@' for the domain itself",
        max_length=_MAX_NAME,
    ),
]
"""A name below the domain, or the domain itself."""


def absolute(name: str, domain: str) -> str:
    """Return a record's name below a domain as an absolute name with its trailing dot."""
    return f"{domain}." if name == APEX else f"{name}.{domain}."
