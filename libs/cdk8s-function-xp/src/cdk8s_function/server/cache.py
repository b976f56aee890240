"""Cached chart outputs, used again while nothing that their charts read has changed.

Most reconciles change nothing that a chart reads, but a status or a
resourceVersion. An output is cached for its XR, chart and function input, with
the paths that the chart read and a keyed digest of the values there. What the
function itself derives from observed state (readiness, the replacement guard) is
not part of an output and is computed for each request.

Outputs are kept in memory only, as they may contain a Secret that a chart
composed. Of the values that a chart read only the digest is kept.
"""

import collections
import dataclasses
import functools
import hashlib
import math
import pickle
import random
import secrets
import threading
import time
import zlib
from collections.abc import Callable

import structlog

from cdk8s_function import objects
from cdk8s_function.protocol.messages import ChartRef, Read, SynthRequest
from cdk8s_function.server import read_digest
from cdk8s_function.server.cache_options import Options as Options  # noqa: PLC0414  # Also found here.
from cdk8s_function.server.chart_output import ChartOutput
from cdk8s_function.sizes import MIB

_VARIANTS = 4
"""Outputs kept for one XR. A chart that requires resources has two in turn: without them, and with them."""

_IDLE_SECONDS = 3600.0
"""How long without a call for an XR its outputs are kept: it may be deleted, and its Secrets with it. They are dropped
at the next call after that, for any XR, that looks into the cache."""

_ENTRY_BYTES = 1_000
_READ_BYTES = 300
"""About what Python needs for an entry and for each read, beside the output's bytes."""


_LARGE_BYTES = 16_384
"""Outputs of this size or more are compressed: their objects are much alike, and compress to a tenth."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What an output belongs to: chart, function input and XR.

    Attributes:
        chart: The chart, in its version.
        input_bytes: Digest of the function input.
        xr: apiVersion, kind, namespace, name and uid of the XR.
        native: Whether the native kernel may have made it: once that is found to
            differ from Node.js, no earlier output of the chart is used.
    """

    chart: ChartRef
    input_bytes: bytes
    xr: tuple[str, str, str, str, str]
    native: bool

    # It is looked up several times a call.
    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.chart, self.input_bytes, self.xr, self.native))

    def __hash__(self) -> int:
        return self._hash


Digests = dict[tuple[Read, ...], bytes | None]
"""Digests of what one request holds where outputs read it: each is taken once for the request."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Entry:
    reads: tuple[Read, ...]
    digest: bytes
    output: ChartOutput | bytes
    expires: float
    size_bytes: int
    output_bytes: int


@dataclasses.dataclass(kw_only=True)
class _Kept:
    """The outputs of one key, the last used first."""

    used: float
    entries: list[_Entry] = dataclasses.field(default_factory=list[_Entry])

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.entries)


class Cache:
    """The outputs of one server, for use from any thread.

    Args:
        options: Its settings.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(self, options: Options, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep nothing yet."""
        self._options = options
        self._clock = clock
        self._log = structlog.stdlib.get_logger()
        self._secret = secrets.token_bytes(32)
        # Guards the fields below. Nobody digests or packs while holding it: the event loop would wait for that.
        self._changing = threading.Lock()
        self._kept: collections.OrderedDict[Key, _Kept] = collections.OrderedDict()
        self._distrusted: set[ChartRef] = set()
        self.size_bytes = 0

    @property
    def limit_bytes(self) -> int:
        """How much memory the outputs may take."""
        return self._options.size_mib * MIB

    @property
    def distrusted(self) -> frozenset[ChartRef]:
        """Charts whose fresh output differed from the cached one."""
        return frozenset(self._distrusted)

    def key(self, request: SynthRequest, *, input_bytes: bytes) -> Key | None:
        """Return the key of a request's outputs, None if none are cached for its chart.

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
            native=request.native,
        )

    def find(self, key: Key, request: SynthRequest, digests: Digests | None = None) -> ChartOutput | None:
        """Return the cached output for a request, None if there is none whose reads are unchanged.

        Args:
            key: What `key` returned for the request.
            request: The request.
            digests: The request's digests so far; those that are taken are added.
        """
        now = self._clock()
        with self._changing:
            self._evict(now)
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            kept.used = now
            entries = [entry for entry in kept.entries if entry.expires > now]
        digests = {} if digests is None else digests
        for entry in entries:
            if self._digest(request, entry.reads, digests) == entry.digest:
                with self._changing:
                    kept.entries.sort(key=lambda other: other is not entry)
                return _unpacked(entry.output)
        return None

    def largest_bytes(self, key: Key) -> int:
        """Return how large the largest output is that is kept for a key, in bytes; 0 if there is none."""
        with self._changing:
            kept = self._kept.get(key)
            return max((entry.output_bytes for entry in kept.entries), default=0) if kept else 0

    def keep(
        self,
        key: Key,
        request: SynthRequest,
        output: ChartOutput,
        *,
        read: tuple[Read, ...],
        digests: Digests | None = None,
    ) -> None:
        """Keep an output.

        Args:
            key: What `key` returned for the request.
            request: The request.
            output: The chart's output.
            read: What it read.
            digests: The request's digests that `find` took.
        """
        digest = self._digest(request, read, {} if digests is None else digests)
        if digest is None:
            return
        packed, packed_bytes = _packed(output)
        size_bytes = _ENTRY_BYTES + _READ_BYTES * len(read) + packed_bytes
        if size_bytes > self._options.size_mib * MIB:
            return
        now = self._clock()
        # A chart that sets a ttl is run again when that has passed.
        expires = now + (output.ttl_seconds or math.inf)
        entry = _Entry(
            reads=read,
            digest=digest,
            output=packed,
            expires=expires,
            size_bytes=size_bytes,
            output_bytes=output.size_bytes,
        )
        with self._changing:
            if key.chart in self._distrusted:
                return
            kept = self._kept.setdefault(key, _Kept(used=now))
            self._kept.move_to_end(key)
            kept.used = now
            others = [other for other in kept.entries if (other.digest, other.reads) != (digest, read)]
            self.size_bytes -= kept.size_bytes
            kept.entries = [entry, *others[: _VARIANTS - 1]]
            self.size_bytes += kept.size_bytes
            self._evict(now)

    def is_check_due(self) -> bool:
        """Return, for a share of the calls, whether to compare a cached output with a fresh one."""
        return random.random() < self._options.checked  # noqa: S311  # No secret.

    def distrust(self, key: Key, *, xr: str, path: str) -> None:
        """Cache no more outputs of a chart whose fresh output differed from the cached one.

        Args:
            key: The key of that output.
            xr: The XR's full name.
            path: The path of the first difference.
        """
        with self._changing:
            if key.chart in self._distrusted:
                return
            self._distrusted.add(key.chart)
            for other in [other for other in self._kept if other.chart == key.chart]:
                self._drop(other)
        self._log.warning(
            "the chart's output differs though nothing it read has changed; its outputs are no longer cached",
            chart=f"{key.chart.dist}:{key.chart.name}",
            xr=xr,
            path=path,
            remedy="make it depend on its composite alone, or give its CompositeType cache=False",
        )

    def _digest(self, request: SynthRequest, read: tuple[Read, ...], digests: Digests) -> bytes | None:
        if read not in digests:
            digests[read] = read_digest.digest(request, read, secret=self._secret)
        return digests[read]

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
    """Return an output in the form it is kept in, and about how many bytes that takes."""
    if output.size_bytes < _LARGE_BYTES:
        return output, output.size_bytes
    compressed = zlib.compress(pickle.dumps(output), level=1)
    return compressed, len(compressed)


def _unpacked(kept: ChartOutput | bytes) -> ChartOutput:
    return kept if isinstance(kept, ChartOutput) else pickle.loads(zlib.decompress(kept))  # noqa: S301  # Made above, and kept in this process.
