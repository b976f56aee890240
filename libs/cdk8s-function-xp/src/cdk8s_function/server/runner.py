"""The composition function: one RunFunction call, from request to response.

    RunFunctionRequest -> call.begin -> cache, or else pool (a worker: synth) -> call.finish -> bytes (the response)

This is the only place of the server where exceptions become results or gRPC statuses:

    FatalError        FATAL result with TTL 0, desired state as it came
    UnavailableError  gRPC UNAVAILABLE        Crossplane tries again
    DeadlineError     gRPC DEADLINE_EXCEEDED  Crossplane tries again
"""

import asyncio
import dataclasses
import logging
import pathlib
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import structlog

from cdk8s_function.chart import validation_errors
from cdk8s_function.errors import DeadlineError, FatalError, OverloadedError, TransientError
from cdk8s_function.installed import registry
from cdk8s_function.pool import job_queue, pool, slot
from cdk8s_function.pool.job import WorkerVisit
from cdk8s_function.protocol import deep
from cdk8s_function.protocol.messages import SynthFailure, SynthResult
from cdk8s_function.server import cache, file_watch, tracing
from cdk8s_function.server.call import Call, Plan, chart_output
from cdk8s_function.server.call_record import CallRecord, Outcome
from cdk8s_function.server.chart_output import ChartOutput

P = ParamSpec("P")
T = TypeVar("T")

_LARGE_BYTES = 1 << 18
_MANY_RESOURCES = 500
"""From these on a reply, or a request, is worked on in a thread: other calls would wait for it on the event loop."""

_MARGIN_SECONDS = 0.25
"""What is kept of the caller's deadline to send the response: a late one reaches nobody."""

_REFUSAL_SECONDS = 0.25
_REFUSAL_PART = 0.1
"""How long an overloaded function takes to refuse a call, and at most which part of the call's time.

Each refusal has cost the reading of a request, on the processors that the workers need. Callers that try again at once
would take most of them. A call that waits here takes none, and Crossplane, which waits before it tries again, loses
nothing by it: the XR is composed no sooner for being refused sooner.
"""

_PATIENCE_SECONDS = 60.0
"""How long a request waits for a worker whose caller gives no deadline."""


class FunctionRunner:
    """Composes XRs with charts.

    Args:
        workers: Where charts are synthesised.
        charts: Which charts there are.
        caching: How chart outputs are cached.
        max_send_bytes: How much of a response a chart's output may take.
        tracer: Which trace a call belongs to.
        on_replaced: As `FileWatch` takes it.
        on_folder_replaced: As `FileWatch` takes it; the calls of such a chart get responses again after `use`.

    Attributes:
        observers: Called with each call that has ended, on the event loop.
    """

    def __init__(
        self,
        workers: pool.WorkerPool,
        charts: registry.Registry,
        caching: cache.Options,
        *,
        max_send_bytes: int | None = None,
        tracer: tracing.Tracer | None = None,
        on_replaced: Callable[[], None] = lambda: None,
        on_folder_replaced: Callable[[pathlib.Path], None] = lambda _: None,
    ) -> None:
        """Make a runner; it owns none of its arguments."""
        self._workers = workers
        self._charts = charts
        self._max_send_bytes = max_send_bytes
        self._files = file_watch.FileWatch(on_replaced, on_folder_replaced)
        self._cache = cache.Cache(caching)
        self._tracer = tracer or tracing.Tracer()
        self.observers: list[Callable[[CallRecord], None]] = [self._tracer.end]
        # Without bind() it is a proxy that makes a logger each time it is asked.
        self._log = structlog.stdlib.get_logger().bind()

    def use(self, charts: registry.Registry) -> None:
        """Take other charts for those there are. From any thread.

        Args:
            charts: Which charts there are; what is installed in the function itself stays.
        """
        self._charts = charts
        self._files.forget_folders()

    @property
    def cache(self) -> cache.Cache:
        """The cached chart outputs."""
        return self._cache

    async def run(
        self,
        req: fnv1.RunFunctionRequest,
        context: grpc.aio.ServicerContext[fnv1.RunFunctionRequest, fnv1.RunFunctionResponse],
        *,
        is_large: bool = False,
    ) -> bytes:
        """Return the response to one call of Crossplane, in its wire form."""
        record = CallRecord(trace=self._tracer.begin(context.invocation_metadata() or ()))
        call = Call(req)
        try:
            rsp = await self._compose(call, record, remaining=context.time_remaining(), is_large=is_large)
            record.outcome = "composed"
        except FatalError as fault:
            self._note_fatal(call, record, fault)
            return call.refuse(fault)
        except TransientError as fault:
            outcome, code = _failure(fault)
            record.fail(outcome, fault)
            self._log.warning("failed", **_about(call, record), reason=str(fault))
            await context.abort(code, call.explain(fault))
        except Exception as error:  # noqa: BLE001  # Whatever a bug leads to.
            record.fail("internal", error)
            # Not log.exception: the SDK's logging adds the values of locals, and the request has credentials.
            self._log.error("broke", **_about(call, record), traceback=validation_errors.trace(error))
            await context.abort(grpc.StatusCode.INTERNAL, call.explain(f"a bug in function-cdk8s: {error!r}"))
        finally:
            self._end(call, record)
        if self._log.is_enabled_for(logging.DEBUG):
            resources = len(deep.parse(fnv1.RunFunctionResponse, rsp).desired.resources)
            self._log.debug("composed", **_about(call, record), resources=resources)
        return rsp

    def note_refusal(self, call: Call, fault: FatalError, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Note a call that was refused before it could be worked on.

        Args:
            call: What is known of it.
            fault: What is wrong with it.
            context: Its context.
        """
        record = CallRecord(trace=self._tracer.begin(context.invocation_metadata() or ()))
        self._note_fatal(call, record, fault)
        self._end(call, record)

    def _note_fatal(self, call: Call, record: CallRecord, fault: FatalError) -> None:
        record.fail("fatal", fault)
        self._log.info("refused", **_about(call, record), reason=str(fault))

    def _end(self, call: Call, record: CallRecord) -> None:
        record.xr, record.ended = call.xr, time.monotonic()
        for observe in self.observers:
            observe(record)

    async def _compose(self, call: Call, record: CallRecord, *, remaining: float | None, is_large: bool) -> bytes:
        is_large = is_large or call.holds_more_than(_MANY_RESOURCES)
        plan = await _off_loop(is_large, call.begin, self._charts)
        self._files.check(plan.synthesis.chart)
        if not self._workers.shared.native.holds(plan.synthesis.chart):
            plan = dataclasses.replace(plan, synthesis=dataclasses.replace(plan.synthesis, native=False))
        record.chart = plan.synthesis.chart
        seconds = plan.timeout_seconds + _PATIENCE_SECONDS if remaining is None else remaining - _MARGIN_SECONDS
        made = await self._chart_output(call, plan, record, seconds=seconds, is_large=is_large)
        record.converting = record.converting or time.monotonic()
        return await _off_loop(is_large or made.size_bytes > _LARGE_BYTES, call.finish, plan, made)

    async def _chart_output(
        self, call: Call, plan: Plan, record: CallRecord, *, seconds: float, is_large: bool
    ) -> ChartOutput:
        """Return the chart's output: the cached one where it would be the same again."""
        work = plan.synthesis
        key = self._cache.key(work, input_bytes=plan.input_bytes) if plan.cache else None
        if key is None:
            record.cache = "off"
            return await self._converted(plan, record, await self._synthesise(plan, record, seconds=seconds))
        digests: cache.Digests = {}
        is_long = is_large or self._cache.largest_bytes(key) > _LARGE_BYTES
        kept = await _off_loop(is_long, self._cache.find, key, work, digests)
        if kept and not self._cache.is_check_due():
            record.cache = "hit"
            return kept
        record.cache = "check" if kept else "miss"
        try:
            outcome = await self._synthesise(plan, record, seconds=seconds)
        except TransientError:
            # A check that can't be made now is no reason to fail.
            if kept:
                record.cache = "hit"
                return kept
            raise
        if kept and isinstance(outcome, SynthFailure):
            self._cache.distrust(key, xr=call.xr, path="the chart failed")
        fresh = await self._converted(plan, record, outcome)
        is_large = is_large or fresh.size_bytes > _LARGE_BYTES
        if kept and (path := await _off_loop(is_large, kept.difference, fresh)):
            self._cache.distrust(key, xr=call.xr, path=path)
        elif isinstance(outcome, SynthResult) and outcome.reads is not None:
            await _off_loop(is_large, self._cache.keep, key, work, fresh, read=outcome.reads, digests=digests)
        return fresh

    async def _converted(self, plan: Plan, record: CallRecord, outcome: SynthResult | SynthFailure) -> ChartOutput:
        is_large = record.visit is not None and record.visit.reply_bytes > _LARGE_BYTES
        made = await _off_loop(is_large, chart_output, plan, outcome)
        size, most = made.sent_bytes, self._max_send_bytes
        if most is not None and size > most:
            msg = (
                f"the chart's output takes {size} bytes of the response, and {most} is the most that is sent;"
                " split the XR"
            )
            raise FatalError(msg)
        return made

    async def _synthesise(self, plan: Plan, record: CallRecord, *, seconds: float) -> SynthResult | SynthFailure:
        if seconds <= 0:
            msg = "its time ran out before it began"
            raise DeadlineError(msg)
        visit = WorkerVisit(trace_id=record.trace.trace_id)
        try:
            future = self._workers.submit(
                plan.synthesis, deadline=time.monotonic() + seconds, timeout=plan.timeout_seconds, visit=visit
            )
        except OverloadedError:
            await asyncio.sleep(min(_REFUSAL_SECONDS, _REFUSAL_PART * seconds))
            raise
        record.visit = visit
        try:
            # The pool accounts for a running chart at the deadline; this bounds the wait for a worker.
            outcome = await asyncio.wait_for(asyncio.wrap_future(future), timeout=seconds + _MARGIN_SECONDS / 2)
        except TimeoutError:
            # Giving up cancels a request that waits; one that a worker has can't be cancelled.
            waited = future.cancelled()
            msg = job_queue.OUT_OF_TIME_WAITING if waited else slot.OUT_OF_TIME_CALLER
            raise DeadlineError(msg) from None
        record.converting = time.monotonic()
        return outcome


async def _off_loop(is_large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:  # noqa: FBT001  # Of its few callers each says it by name.
    """Do some work, in a thread if it is large: there it takes turns with the event loop."""
    return await asyncio.to_thread(work, *args, **kwargs) if is_large else work(*args, **kwargs)


def _failure(fault: TransientError) -> tuple[Outcome, grpc.StatusCode]:
    if isinstance(fault, DeadlineError):
        return "deadline_exceeded", grpc.StatusCode.DEADLINE_EXCEEDED
    return "unavailable", grpc.StatusCode.UNAVAILABLE


def _about(call: Call, record: CallRecord) -> dict[str, object]:
    return {**call.about(), **record.about(), "milliseconds": record.milliseconds}
