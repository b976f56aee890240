"""What a server's cache does, as it tells Prometheus."""

import dataclasses
import re
import urllib.request

MIB = 1 << 20

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_SECONDS = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cached:
    """What a cache has done so far."""

    asked: float  # How many calls it was asked for an answer.
    hits: float  # How many of them it had one for.
    mib: float  # The memory of the answers it keeps.


def of(port: int) -> Cached:
    """Return what the cache of a server has done."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_SECONDS) as answer:
        samples: list[tuple[str, str, str]] = _SAMPLE.findall(answer.read().decode())
    uses = [(labels, float(value)) for name, labels, value in samples if name == "function_cdk8s_cache_requests_total"]
    return Cached(
        asked=sum(value for _, value in uses),
        hits=sum(value for labels, value in uses if '"hit"' in labels),
        mib=sum(float(value) for name, _, value in samples if name == "function_cdk8s_cache_bytes") / MIB,
    )
