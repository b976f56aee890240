"""Spans of each call, sent over OTLP (https://opentelemetry.io/docs/specs/otlp/) by gRPC.

    RunFunction      the call, child of the caller's span if there is one
    ├── queue        waiting for a worker
    ├── synth        the worker: the chart
    └── convert      from the chart's output to the response

This module needs the extra `otlp`, and is imported only where an endpoint is
given. Everything else is set by the variables of OpenTelemetry's specification,
which its SDK reads: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER,
OTEL_EXPORTER_OTLP_HEADERS and the like.
"""

import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import cast

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cdk8s_function.server import tracing
from cdk8s_function.server.call_record import CallRecord, Trace

_SERVICE = "function-cdk8s"
_SCOPE = "cdk8s_function"
_CLOSE_SECONDS = 3.0
_NANOSECONDS = 1_000_000_000

_STATUS_CODES = {"composed": 0, "fatal": 0, "cancelled": 1, "deadline_exceeded": 4, "internal": 13, "unavailable": 14}
"""gRPC's status codes (https://grpc.io/docs/guides/status-codes/), by outcome."""


class Tracer(tracing.Tracer):
    """Sends spans of each call.

    Args:
        endpoint: Where to, `http://host:port`; https means TLS.
        version: The version of the function.

    Raises:
        ValueError: If the environment asks for a protocol other than gRPC.
    """

    def __init__(self, endpoint: str, *, version: str) -> None:
        """Connect in the background; wait for a collector that is not there yet."""
        _refuse_other_protocols()
        _log_as_this_function_does()
        resource = Resource.create({"service.version": version})
        if str(resource.attributes["service.name"]).startswith("unknown_service"):
            resource = resource.merge(Resource({"service.name": _SERVICE}))
        # `close` ends it: at exit it would wait for a collector that does not respond.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer(_SCOPE, version)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, metadata: Iterable[tuple[str, str | bytes]]) -> Trace:
        """Begin the span of a call."""
        parent = self._propagator.extract(tracing.headers(metadata))
        span = self._tracer.start_span("RunFunction", context=parent, kind=trace.SpanKind.SERVER)
        return Trace(trace_id=trace.format_trace_id(span.get_span_context().trace_id), span=span)

    def end(self, record: CallRecord) -> None:
        """End the span of a call, with the spans of its parts."""
        span = cast("trace.Span", record.trace.span)
        if span.is_recording():
            self._describe(span, record)
        span.end(_Clock().wall(record.ended))

    def close(self) -> None:
        """Send spans that are not sent yet, for some seconds at most."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _describe(self, span: trace.Span, record: CallRecord) -> None:
        span.set_attributes(
            {
                "rpc.system": "grpc",
                "rpc.service": "apiextensions.fn.proto.v1.FunctionRunnerService",
                "rpc.method": "RunFunction",
                "rpc.grpc.status_code": _STATUS_CODES[record.outcome],
                "function_cdk8s.outcome": record.outcome,
                "function_cdk8s.xr": record.xr,
                "function_cdk8s.cache": record.cache or "",
            }
        )
        if record.chart:
            span.set_attributes(
                {
                    "function_cdk8s.chart": f"{record.chart.dist}:{record.chart.name}",
                    "function_cdk8s.chart.version": record.chart.version,
                }
            )
            if digest := record.chart.digest:
                span.set_attribute("function_cdk8s.chart.digest", digest)
        if record.kernel:
            span.set_attribute("function_cdk8s.kernel", record.kernel)
        if record.outcome != "composed":
            span.set_status(trace.Status(trace.StatusCode.ERROR, record.reason or record.outcome))
        clock = _Clock()
        within = trace.set_span_in_context(span)
        for name, begun, ended in _parts(record):
            part = self._tracer.start_span(name, context=within, start_time=clock.wall(begun))
            part.end(clock.wall(ended))


class _Clock:
    """Turns times of time.monotonic's clock into nanoseconds since 1970."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def wall(self, seconds: float) -> int:
        return self._offset + round(seconds * _NANOSECONDS)


def _parts(record: CallRecord) -> Iterable[tuple[str, float, float]]:
    """Return the parts of a call: name, begin and end."""
    if visit := record.visit:
        yield "queue", visit.queued, visit.begun or record.ended
        if visit.begun:
            # A worker that passes its deadline is ended after its caller has the error.
            yield "synth", visit.begun, visit.ended or record.ended
    if record.converting:
        yield "convert", record.converting, record.ended


class _Forwarded(logging.Handler):
    """Writes OpenTelemetry's log entries to this function's log."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.stdlib.get_logger()
        (log.error if record.levelno >= logging.ERROR else log.warning)("traces", message=record.getMessage())


def _log_as_this_function_does() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not any(isinstance(handler, _Forwarded) for handler in logger.handlers):
        logger.addHandler(_Forwarded())


def _refuse_other_protocols() -> None:
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if (protocol := os.environ.get(name)) and protocol != "grpc":
            msg = f'{name} is "{protocol}", but this function sends traces by gRPC: set it to "grpc"'
            raise ValueError(msg)
        if protocol:
            return
