"""Record the requests of XRs that are annotated for it, without their secrets, in the log.

It is between gRPC and the runner, and never changes a response. It writes a limited
number of recordings per XR, and a limited number of bytes a minute for all XRs. A
thread does the work, after the response.
"""

import asyncio
import collections
import dataclasses
import datetime
import secrets
import time
from collections.abc import Callable

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import structlog

from cdk8s_function import objects
from cdk8s_function.errors import FatalError, TransientError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.protocol import deep, structs
from cdk8s_function.protocol.messages import ChartRef, Secrecy, SynthFailure, SynthRequest
from cdk8s_function.recording import daemon_thread, recording
from cdk8s_function.recording.allowance import Allowance
from cdk8s_function.recording.placeholders import Placeholders
from cdk8s_function.recording.recording import Outcome, Recording
from cdk8s_function.recording.redaction import Redaction
from cdk8s_function.recording.scrubbing import TooLargeError
from cdk8s_function.server import runner
from cdk8s_function.sizes import KIB, MIB

ANNOTATION = "cdk8s.fn.crossplane.io/debug"
"""On an XR: "true" records its requests."""

_BY_XR = 6
"""An XR's recordings a minute: of one reconcile, Crossplane may call six times (MaxRequirementsIterations)."""

_XRS = 1_000
_ASKING_SECONDS = 10.0
_AT_WORK = 4
"""Requests that may wait to be recorded."""

MOST_BYTES = 4 * MIB
"""The largest request and response that are recorded, together."""

_SECONDS = 3.0
"""How long one recording may take. Calls wait meanwhile: it holds Python's interpreter lock."""


class Recorder:
    """Serves calls by the runner, and records the requests of annotated XRs.

    Args:
        runner: The function.
        workers: Its workers, which know what is secret.
        charts: Which charts there are.
        rate_kib: What recordings may take in the log, in KiB a minute.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        runner: runner.FunctionRunner,
        workers: pool.WorkerPool,
        charts: registry.Registry,
        *,
        rate_kib: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Record nothing yet."""
        self._runner = runner
        self._workers = workers
        self._charts = charts
        self._log = structlog.stdlib.get_logger()
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._bytes = Allowance(rate_kib * KIB, clock=clock)
        self._warnings = Allowance(1, clock=clock)
        self._by_xr: collections.OrderedDict[str, Allowance] = collections.OrderedDict()
        self._secrecy: dict[ChartRef, Secrecy] = {}
        self._skipped = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(
        self,
        req: fnv1.RunFunctionRequest,
        context: grpc.aio.ServicerContext[fnv1.RunFunctionRequest, fnv1.RunFunctionResponse],
        *,
        is_large: bool = False,
    ) -> bytes:
        """Serve one call of Crossplane."""
        try:
            rsp = await self._runner.run(req, context, is_large=is_large)
        except grpc.aio.AbortError:
            if is_asked(req):
                failure = Outcome(kind=_name(context.code()), message=context.details())
                answer = fnv1.RunFunctionResponse(results=[fnv1.Result(message=failure.message)])
                self._begin(req, answer.SerializeToString(), failure)
            raise
        if is_asked(req):
            self._begin(req, rsp, None)
        return rsp

    def use(self, charts: registry.Registry) -> None:
        """Replace the known charts. From any thread.

        Args:
            charts: Which charts there are.
        """
        self._charts = charts

    async def settle(self) -> None:
        """Wait until all requests that are being recorded are in the log."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, req: fnv1.RunFunctionRequest, rsp: bytes, failure: Outcome | None) -> None:
        """Record a request in a thread, unless too much is recorded just now."""
        xr = structs.Fields(req.observed.composite.resource)
        about = {"chart": _chart_in(req), "xr": objects.full_name(xr)}
        allowance = self._allowance(f"{xr.get('kind')} {about['xr']}")
        if len(self._tasks) >= _AT_WORK or not allowance.take(1) or self._bytes.is_used_up:
            self._skipped += 1
            if self._warnings.take(1):
                self._log.warning(
                    "requests were not recorded: an XR has six recordings a minute, and all have --debug-rate",
                    **about,
                    skipped=self._skipped,
                )
                self._skipped = 0
            return
        task = asyncio.create_task(self._record(req, rsp, failure, about))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(
        self,
        req: fnv1.RunFunctionRequest,
        rsp: bytes,
        failure: Outcome | None,
        about: dict[str, str],
    ) -> None:
        try:
            chart = self._chart(req)
            secrecy = self._secrecy.get(chart) or await self._asked(chart)
            _check_size(req.ByteSize() + len(rsp))
            name, parts = await daemon_thread.run(lambda: self._packed(req, rsp, failure, chart, secrecy))
            self._take(sum(map(len, parts)))
        except _RefusedError as error:
            self._log.warning("a request was not recorded", **about, reason=str(error))
        except Exception as error:  # noqa: BLE001  # Its text and its traceback's locals may hold what is secret.
            reason = f"a bug in function-cdk8s: {type(error).__name__}"
            self._log.error("a request was not recorded", **about, reason=reason)
        else:
            for part in parts:
                self._log.info("recorded a request", **about, recording=name, data=part)

    def _take(self, size: int) -> None:
        if not self._bytes.take(size):
            left = int(self._bytes.left)
            msg = f"it takes {-(-size // KIB)} KiB of the log, and --debug-rate leaves {left // KIB} KiB now"
            raise _RefusedError(msg)

    def _packed(
        self,
        req: fnv1.RunFunctionRequest,
        rsp: bytes,
        failure: Outcome | None,
        chart: ChartRef,
        secrecy: Secrecy,
    ) -> tuple[str, list[str]]:
        """Return a recording, ready for the log. This runs in a thread."""
        try:
            end = self._clock() + _SECONDS
            response = deep.parse(fnv1.RunFunctionResponse, rsp)
            redaction = Redaction(req, response, secrecy, Placeholders(self._key).of, spend=lambda: self._spend(end))
        except TooLargeError:
            msg = "it holds too many secrets, or too much text, to look for each of them in all of it"
            raise _RefusedError(msg) from None
        if failure is None:
            outcome = recording.outcome(redaction.response)
        else:
            outcome = dataclasses.replace(failure, message=redaction.response.results[0].message)
        encoded = Recording(
            at=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            chart=chart,
            versions=recording.versions(),
            secrecy=secrecy,
            outcome=outcome,
            request=redaction.request,
        ).encode()
        if redaction.scrub.leaks(encoded):
            msg = "a secret would be in it, in a place where function-cdk8s did not look for one"
            raise _RefusedError(msg)
        return recording.pack(encoded)

    def _spend(self, end: float) -> None:
        if self._clock() > end:
            raise TooLargeError

    def _chart(self, req: fnv1.RunFunctionRequest) -> ChartRef:
        try:
            named = {field: _text_in(req, field) for field in ("version", "digest")}
            return self._charts.require(_chart_in(req), **named)
        except (FatalError, ValueError) as error:
            # ValueError: the version in the input is not valid. The runner has refused the call for it.
            msg = f"its secrets can't be determined: {error}"
            raise _RefusedError(msg) from error

    async def _asked(self, chart: ChartRef) -> Secrecy:
        """Return the secrets that a chart's models declare; calls a worker once."""
        ask = SynthRequest(chart=chart, asks_secrecy=True)
        try:
            pending = self._workers.submit(ask, deadline=time.monotonic() + _ASKING_SECONDS)
            outcome = await asyncio.wait_for(asyncio.wrap_future(pending), timeout=_ASKING_SECONDS)
        except TransientError as error:
            msg = f"its secrets can't be determined: {error}"
            raise _RefusedError(msg) from error
        except TimeoutError:
            msg = "its secrets can't be determined: every worker is busy"
            raise _RefusedError(msg) from None
        if isinstance(outcome, SynthFailure):
            msg = f"its secrets can't be determined: {outcome.message}"
            raise _RefusedError(msg)
        if outcome.secrecy is None:
            msg = "its chart's models have no JSON schema, to tell what is secret"
            raise _RefusedError(msg)
        self._secrecy[chart] = outcome.secrecy
        return outcome.secrecy

    def _allowance(self, xr: str) -> Allowance:
        allowance = self._by_xr.setdefault(xr, Allowance(_BY_XR, clock=self._clock))
        self._by_xr.move_to_end(xr)
        while len(self._by_xr) > _XRS:
            self._by_xr.popitem(last=False)
        return allowance


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        msg = f"it takes {-(-size // MIB)} MiB, and at most {MOST_BYTES // MIB} MiB are recorded"
        raise _RefusedError(msg)


class _RefusedError(Exception):
    """A request is not recorded; `str()` says why."""


def _name(code: object) -> str:
    # A context has the status as the number that goes over the wire.
    return next((status.name for status in grpc.StatusCode if code in (status, status.value[0])), str(code))


def _chart_in(req: fnv1.RunFunctionRequest) -> str:
    return _text_in(req, "chart")


def _text_in(req: fnv1.RunFunctionRequest, field: str) -> str:
    named = structs.Fields(req.input).get(field)
    return named if isinstance(named, str) else ""


def is_asked(req: fnv1.RunFunctionRequest) -> bool:
    """Return whether an XR is annotated for its requests to be recorded."""
    fields = req.observed.composite.resource.fields
    for name in ("metadata", "annotations"):
        value = fields.get(name)
        if value is None:
            return False
        fields = value.struct_value.fields
    value = fields.get(ANNOTATION)
    return value is not None and value.string_value == "true"
