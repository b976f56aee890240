"""The versions of external-dns and PowerDNS that the spec accepts."""

from typing import Annotated

from internal_dns.api.fields import Rule, StringType

_NUMBER = "(0|[1-9][0-9]{0,2})"

_SAFE_PATCH = {0: 7, 1: 4}
"""First patch of each minor of PowerDNS 5 without CVE-2026-52682, a crash by one DNS packet (advisory 2026-07)."""

_EXTERNAL_DNS_MINOR = 21
"""v0.20 ignores the TTL given for all records; v0.21 takes `--min-ttl` again (kubernetes-sigs/external-dns#6014)."""


def _parts(version: str) -> tuple[int, int]:
    _, minor, patch = version.split(".")
    return int(minor), int(patch)


def _is_safe_powerdns(version: str) -> bool:
    minor, patch = _parts(version)
    return patch >= _SAFE_PATCH.get(minor, 0)


def _is_known_external_dns(version: str) -> bool:
    return _parts(version)[0] >= _EXTERNAL_DNS_MINOR


PowerDnsVersion = Annotated[
    str,
    StringType(
        pattern=rf"^5\.{_NUMBER}\.{_NUMBER}$",
        expected="a PowerDNS version from 5.0.7 in 5.0, or from 5.1.4",
        max_length=9,
        rules=(
            Rule(
                " && ".join(
                    f"(self.split('.')[1] != '{minor}' || int(self.split('.')[2]) >= {patch})"
                    for minor, patch in _SAFE_PATCH.items()
                ),
                "must be a PowerDNS version from 5.0.7 in 5.0, or from 5.1.4: one DNS packet crashes older ones",
            ),
        ),
        accepts=_is_safe_powerdns,
    ),
]

ExternalDnsVersion = Annotated[
    str,
    StringType(
        pattern=rf"^v0\.{_NUMBER}\.{_NUMBER}$",
        expected="an external-dns version from v0.21.0, like 'v0.21.0'",
        max_length=10,
        rules=(
            Rule(
                f"int(self.split('.')[1]) >= {_EXTERNAL_DNS_MINOR}",
                "must be an external-dns version from v0.21.0: older ones ignore the TTL",
            ),
        ),
        accepts=_is_known_external_dns,
    ),
]
