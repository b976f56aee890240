"""Answers that may be given again, because nothing has changed that their charts read.

Most reconciles change nothing a chart looks at: a status moved on, a
resourceVersion did. An answer is kept for its XR, chart and function input,
with what the chart read and a keyed digest of the values that were there. What
the function itself makes of observed state (readiness, the rename guard) is no
part of an answer and is done for each request.

Nothing but memory holds an answer, which may hold a Secret that its chart
composed. Of what the chart read only the digest is kept.
"""

import collections
import dataclasses
import hashlib
import math
import pickle
import random
import secrets
import time
import zlib
from collections.abc import Callable

import structlog

from cdk8s_function import objects
from cdk8s_function.protocol.messages import ChartRef, Read, SynthRequest
from cdk8s_function.server import read_digest
from cdk8s_function.server.chart_output import ChartOutput
from cdk8s_function.sizes import MIB

_VARIANTS = 4
"""Answers kept for one XR. A chart that requires resources says two in turn: without them, and with them."""

_IDLE_SECONDS = 3600.0
"""How long answers for an XR that Crossplane asks nothing of are kept: it may be gone, and its Secrets with it."""

_ENTRY_BYTES = 1_000
_READ_BYTES = 300
"""About what Python needs for an entry and for each read, beside the answer's bytes."""


_LARGE_BYTES = 16_384
"""From this size on an answer is kept compressed: objects of one answer are much alike, and it takes a tenth."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How answers are kept.

    Attributes:
        size_mib: How much memory they may take, in MiB; 0 keeps none.
        checked: The share of cached answers, from 0 to 1, that a chart is asked
            for anew, to see whether it says the same.
    """

    size_mib: int = 32
    checked: float = 0.01


@dataclasses.dataclass(frozen=True)
class Key:
    """Whose answer it is, and to what input_bytes.

    Attributes:
        chart: The chart, in its version.
        input_bytes: Digest of the function input.
        xr: apiVersion, kind, namespace, name and uid of the XR.
    """

    chart: ChartRef
    input_bytes: bytes
    xr: tuple[str, str, str, str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Entry:
    reads: tuple[Read, ...]
    digest: bytes
    output: ChartOutput | bytes
    expires: float
    size_bytes: int


@dataclasses.dataclass(kw_only=True)
class _Kept:
    """The answers of one key, the last given first."""

    used: float
    entries: list[_Entry] = dataclasses.field(default_factory=list[_Entry])

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.entries)


class Cache:
    """The answers of one server. Not thread-safe: it belongs to the event loop.

    Args:
        options: How answers are kept.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(self, options: Options, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep nothing yet."""
        self._options = options
        self._clock = clock
        self._log = structlog.stdlib.get_logger()
        self._secret = secrets.token_bytes(32)
        self._kept: collections.OrderedDict[Key, _Kept] = collections.OrderedDict()
        self._distrusted: set[ChartRef] = set()
        self.size_bytes = 0

    @property
    def limit_bytes(self) -> int:
        """How much memory the answers may take."""
        return self._options.size_mib * MIB

    @property
    def distrusted(self) -> frozenset[ChartRef]:
        """Charts that were found to say one thing now and another then."""
        return frozenset(self._distrusted)

    def key(self, request: SynthRequest, *, input_bytes: bytes) -> Key | None:
        """Return the key of a request's answers, None if none are kept for its chart.

        Args:
            request: The request.
            input_bytes: The function input, as bytes that are the same for the same input.
        """
        if not self._options.size_mib or request.chart in self._distrusted:
            return None
        xr = request.composite
        metadata = objects.metadata(xr)
        namespace, name, uid = (metadata.get(field) or "" for field in ("namespace", "name", "uid"))
        return Key(
            chart=request.chart,
            input_bytes=hashlib.blake2b(input_bytes, key=self._secret, digest_size=32).digest(),
            xr=(xr["apiVersion"], xr["kind"], namespace, name, uid),
        )

    def find(self, key: Key, request: SynthRequest) -> ChartOutput | None:
        """Return the answer to a request, if the chart has given it and would again.

        Args:
            key: What `key` returned for the request.
            request: The request.
        """
        kept = self._kept.get(key)
        if kept is None:
            return None
        now = self._clock()
        self._kept.move_to_end(key)
        kept.used = now
        digests: dict[tuple[Read, ...], bytes | None] = {}
        for index, entry in enumerate(kept.entries):
            if entry.expires <= now:
                continue
            if entry.reads not in digests:
                digests[entry.reads] = self._digest(request, entry.reads)
            if digests[entry.reads] == entry.digest:
                kept.entries.insert(0, kept.entries.pop(index))
                return _unpacked(entry.output)
        return None

    def keep(self, key: Key, request: SynthRequest, output: ChartOutput, *, read: tuple[Read, ...]) -> None:
        """Keep an answer.

        Args:
            key: What `key` returned for the request.
            request: The request.
            output: The chart's output.
            read: What it read.
        """
        digest = self._digest(request, read)
        if digest is None or key.chart in self._distrusted:
            return
        packed, packed_bytes = _packed(output)
        size_bytes = _ENTRY_BYTES + _READ_BYTES * len(read) + packed_bytes
        if size_bytes > self._options.size_mib * MIB:
            return
        now = self._clock()
        # A chart that says when to be asked again is asked again then.
        expires = now + (output.ttl_seconds or math.inf)
        entry = _Entry(reads=read, digest=digest, output=packed, expires=expires, size_bytes=size_bytes)
        kept = self._kept.setdefault(key, _Kept(used=now))
        self._kept.move_to_end(key)
        kept.used = now
        others = [other for other in kept.entries if (other.reads, other.digest) != (read, digest)]
        self.size_bytes -= kept.size_bytes
        kept.entries = [entry, *others[: _VARIANTS - 1]]
        self.size_bytes += kept.size_bytes
        self._evict(now)

    def is_check_due(self) -> bool:
        """Return, for a share of the calls, whether a cached answer is to be compared with a fresh one."""
        return random.random() < self._options.checked  # noqa: S311  # No secret.

    def distrust(self, key: Key, *, xr: str, path: str) -> None:
        """Keep no more answers of a chart that says one thing now and another then.

        Args:
            key: Key of the answer in which that showed.
            xr: The XR's full name.
            path: Where its two answers differ first.
        """
        if key.chart in self._distrusted:
            return
        self._distrusted.add(key.chart)
        for other in [other for other in self._kept if other.chart == key.chart]:
            self._drop(other)
        self._log.warning(
            "the chart says another thing though nothing it read has changed; its answers are cached no more",
            chart=f"{key.chart.dist}:{key.chart.name}",
            xr=xr,
            path=path,
            remedy="make it depend on its composite alone, or give its CompositeType cache=False",
        )

    def _digest(self, request: SynthRequest, read: tuple[Read, ...]) -> bytes | None:
        return read_digest.digest(request, read, secret=self._secret)

    def _evict(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            is_idle = now - self._kept[oldest].used > _IDLE_SECONDS
            if not is_idle and self.size_bytes <= self._options.size_mib * MIB:
                return
            self._drop(oldest)

    def _drop(self, key: Key) -> None:
        self.size_bytes -= self._kept.pop(key).size_bytes


def _packed(output: ChartOutput) -> tuple[ChartOutput | bytes, int]:
    """Return an answer as it is kept, and about how many bytes that takes."""
    if output.size_bytes < _LARGE_BYTES:
        return output, output.size_bytes
    compressed = zlib.compress(pickle.dumps(output), level=1)
    return compressed, len(compressed)


def _unpacked(kept: ChartOutput | bytes) -> ChartOutput:
    return kept if isinstance(kept, ChartOutput) else pickle.loads(zlib.decompress(kept))  # noqa: S301  # Made above, and kept in this process.
