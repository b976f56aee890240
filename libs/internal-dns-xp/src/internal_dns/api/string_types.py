"""The string types that several parts of the spec share."""

import ipaddress
from collections.abc import Callable
from typing import Annotated

from internal_dns.api.fields import Rule, StringType

MAX_ITEMS = 16
"""Maximum number of items in a list that people write. The API server needs it to estimate the cost of CEL rules."""

Quantity = Annotated[
    str,
    StringType(
        pattern=r"^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)(m|k|Ki|M|Mi|G|Gi)?$",
        expected="a quantity above 0, like '64Mi' or '0.5'",
        max_length=16,
    ),
]

StorageSize = Annotated[
    str,
    StringType(pattern=r"^[1-9][0-9]{0,5}(Mi|Gi|Ti)$", expected="a size, like '1Gi'", max_length=8),
]

ObjectName = Annotated[
    str,
    StringType(
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        expected="the name of a Kubernetes object",
        max_length=253,
    ),
]

Registry = Annotated[
    str,
    StringType(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]([-a-z0-9._]*[a-z0-9])?)*$",
        expected="a registry's host, with a port and a path if need be, like 'registry.example.org/mirror'",
        max_length=200,
    ),
]

Digest = Annotated[
    str, StringType(pattern=r"^sha256:[0-9a-f]{64}$", expected="a digest, 'sha256:' and 64 hex digits", max_length=71)
]


def accepted_by(parse: Callable[[str], object]) -> Callable[[str], bool]:
    """Return a function that returns whether a string can be parsed."""

    def accepts(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return accepts


Address = Annotated[
    str,
    StringType(
        pattern=r"^[0-9a-f.:]{2,39}$",
        expected="an IP address, like '10.96.0.53'",
        max_length=39,
        rules=(Rule("isIP(self)", "must be an IP address, like '10.96.0.53'"),),
        accepts=accepted_by(ipaddress.ip_address),
    ),
]

Network = Annotated[
    str,
    StringType(
        pattern=r"^[0-9a-f.:]{2,39}/[0-9]{1,3}$",
        expected="a network, like '100.64.0.0/10'",
        max_length=43,
        rules=(Rule("isCIDR(self) && cidr(self) == cidr(self).masked()", "must be a network, like '100.64.0.0/10'"),),
        accepts=accepted_by(ipaddress.ip_network),
    ),
]
