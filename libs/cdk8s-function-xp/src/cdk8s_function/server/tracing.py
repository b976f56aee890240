"""The trace that a call belongs to.

A caller names it in the gRPC metadata `traceparent` (W3C Trace Context,
https://www.w3.org/TR/trace-context/#traceparent-header). Its id goes into the
log; `cdk8s_function.telemetry.otlp` makes spans, if an endpoint is set.
"""

import re
from collections.abc import Iterable, Mapping

from cdk8s_function.server.call_record import CallRecord, Trace

_HEADERS = ("traceparent", "tracestate")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_NONE = Trace()


class Tracer:
    """Finds the trace of each call; makes no spans."""

    def begin(self, metadata: Iterable[tuple[str, str | bytes]]) -> Trace:
        """Return the trace that a call belongs to.

        Args:
            metadata: The gRPC metadata that it came with.
        """
        parent = headers(metadata).get("traceparent", "")
        found = _TRACEPARENT.fullmatch(parent)
        return Trace(trace_id=found[1]) if found else _NONE

    def end(self, record: CallRecord) -> None:
        """Handle the end of a call.

        Args:
            record: Its record.
        """

    def close(self) -> None:
        """Send spans that are not sent yet; wait some seconds at most."""


def headers(metadata: Iterable[tuple[str, str | bytes]]) -> Mapping[str, str]:
    """Return the headers of a call that name its trace."""
    return {name: value for name, value in metadata if name in _HEADERS and isinstance(value, str)}
