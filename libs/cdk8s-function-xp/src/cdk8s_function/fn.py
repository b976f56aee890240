"""The composition function: one RunFunction call, from request to response.

    RunFunctionRequest -> call.begin -> cache, or else pool (a worker: synth) -> call.finish -> RunFunctionResponse

This is the only place of the server where exceptions become results or gRPC statuses:

    FatalError        FATAL result with TTL 0, desired state as it came
    UnavailableError  gRPC UNAVAILABLE        Crossplane tries again
    DeadlineError     gRPC DEADLINE_EXCEEDED  Crossplane tries again
"""

import asyncio
import time

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import structlog
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1

from cdk8s_function import cache, pool, registry
from cdk8s_function.answer import Answer
from cdk8s_function.call import Call, Plan, answer
from cdk8s_function.messages import (
    DeadlineError,
    FatalError,
    SynthFailure,
    SynthRequest,
    SynthResult,
    TransientError,
)

_MARGIN_SECONDS = 0.25
"""What is kept of the caller's deadline to send the answer: a late one is no answer."""


class FunctionRunner(grpcv1.FunctionRunnerServiceServicer):
    """Composes XRs with charts.

    Args:
        workers: Where charts are synthesised.
        charts: Which charts there are.
        caching: How answers are kept.
    """

    def __init__(self, workers: pool.WorkerPool, charts: registry.Registry, caching: cache.Options) -> None:
        """Make a runner; it owns none of its arguments."""
        self._workers = workers
        self._charts = charts
        self._cache = cache.Cache(caching)
        self._log = structlog.stdlib.get_logger()

    async def RunFunction(  # noqa: N802  # The name gRPC calls.  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        req: fnv1.RunFunctionRequest,
        context: grpc.aio.ServicerContext[fnv1.RunFunctionRequest, fnv1.RunFunctionResponse],
    ) -> fnv1.RunFunctionResponse:
        """Answer one call of Crossplane."""
        started = time.monotonic()
        call = Call(req)
        log = self._log.bind(tag=req.meta.tag)
        try:
            rsp = await self._compose(call, remaining=context.time_remaining())
        except FatalError as fault:
            log.info("refused", **call.about(), reason=str(fault), milliseconds=_since(started))
            return call.refuse(fault)
        except TransientError as fault:
            log.warning("failed", **call.about(), reason=str(fault), milliseconds=_since(started))
            await context.abort(_code(fault), call.explain(fault))
        except Exception as error:
            log.exception("broke", **call.about())
            await context.abort(grpc.StatusCode.INTERNAL, call.explain(f"a bug in function-cdk8s: {error!r}"))
        log.debug("composed", **call.about(), resources=len(rsp.desired.resources), milliseconds=_since(started))
        return rsp

    async def _compose(self, call: Call, *, remaining: float | None) -> fnv1.RunFunctionResponse:
        plan = call.begin(self._charts)
        seconds = plan.timeout_seconds
        if remaining is not None:
            seconds = min(seconds, remaining - _MARGIN_SECONDS)
        return call.finish(plan, await self._answer(call, plan, seconds=seconds))

    async def _answer(self, call: Call, plan: Plan, *, seconds: float) -> Answer:
        """Return the chart's answer: the one it gave before where it would give it again."""
        work = plan.synthesis
        key = self._cache.key(work, question=plan.question) if plan.cache else None
        if key is None:
            return answer(plan, await self._synthesise(work, seconds=seconds))
        kept = self._cache.find(key, work)
        if kept and not self._cache.is_check_due():
            return kept
        try:
            outcome = await self._synthesise(work, seconds=seconds)
        except TransientError:
            # A check that can't be made now is no reason to fail.
            if kept:
                return kept
            raise
        if kept and isinstance(outcome, SynthFailure):
            self._cache.distrust(key, xr=call.xr, path="the chart failed")
        fresh = answer(plan, outcome)
        if kept and (path := kept.difference(fresh)):
            self._cache.distrust(key, xr=call.xr, path=path)
        elif isinstance(outcome, SynthResult) and outcome.reads is not None:
            self._cache.keep(key, work, fresh, read=outcome.reads)
        return fresh

    async def _synthesise(self, work: SynthRequest, *, seconds: float) -> SynthResult | SynthFailure:
        if seconds <= 0:
            msg = "its time ran out before it began"
            raise DeadlineError(msg)
        future = self._workers.submit(work, deadline=time.monotonic() + seconds)
        try:
            # The pool ends a running chart at its deadline; this bounds the wait for a worker.
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout=seconds + _MARGIN_SECONDS / 2)
        except TimeoutError:
            # Giving up cancels a request that waits; one that a worker has can't be cancelled.
            waited = future.cancelled()
            msg = pool.OUT_OF_TIME_WAITING if waited else pool.OUT_OF_TIME_WORKING
            raise DeadlineError(msg) from None


def _code(fault: TransientError) -> grpc.StatusCode:
    if isinstance(fault, DeadlineError):
        return grpc.StatusCode.DEADLINE_EXCEEDED
    return grpc.StatusCode.UNAVAILABLE


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
