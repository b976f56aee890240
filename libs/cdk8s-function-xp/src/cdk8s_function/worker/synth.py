"""Synthesise a chart for an XR.

Only a worker process (or the one-shot `render` command) imports it, after
`runtime.configure`. Node.js starts when a chart first needs it.
"""

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol, cast

from cdk8s_function.kernel.switch import KERNELS

# What follows imports cdk8s: the two kernels come first.
# isort: split
import cdk8s
import jsii
import pydantic
from constructs import Construct
from jsii import errors

from cdk8s_function import objects
from cdk8s_function.chart import spec_validation, views
from cdk8s_function.chart.composite import Composite
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.chart.read_log import ReadLog
from cdk8s_function.chart.views import Metadata
from cdk8s_function.errors import FatalError
from cdk8s_function.kernel import plain_arguments
from cdk8s_function.kernel.native.decline import ATTEMPT
from cdk8s_function.kernel.node import assembly, out_of_step
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ChartRef, Reply, Synthesised, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.worker import (
    chart_errors,
    chart_result,
    identity,
    kernel_choice,
    loader,
    object_checks,
    verification,
)

Outcome = SynthResult | SynthFailure

plain_arguments.spare_checks()

_TOKENS = itertools.count(1)
_CHOICE = kernel_choice.KernelChoice()


class Factory(Protocol):
    """A chart class: a cdk8s.Chart that declares its composite_type and takes a composite."""

    composite_type: CompositeType[Any]

    def __call__(self, scope: Construct, id: str, composite: Composite[Any]) -> cdk8s.Chart:  # noqa: D102
        ...


class KernelLostError(Exception):
    """jsii's Node.js process is gone or out of step: this process can synthesise nothing more.

    jsii's replies do not name the call they belong to. If a chart breaks off a
    call (by a signal, for example), the next call gets its reply, and every later
    call the reply of the one before. So the last call for each XR sends a token
    and expects it back.
    """


class _Synthesis(metaclass=jsii.JSIIMeta, jsii_type=f"{assembly.NAME}.Synthesis"):
    """The Python side of a class of `javascript/index.js`."""

    @classmethod
    def scope(cls, id: str) -> Construct:
        return cast("Construct", jsii.sinvoke(cls, "scope", [id]))  # pyright: ignore[reportUnknownMemberType]

    @classmethod
    def objects(cls, chart: cdk8s.Chart) -> list[dict[str, Json]]:
        token = next(_TOKENS)
        found = cast("Any", jsii.sinvoke(cls, "objects", [chart, token]))  # pyright: ignore[reportUnknownMemberType]
        try:
            reply: object = json.loads(found) if isinstance(found, str) else found
        except (TypeError, ValueError):
            raise KernelLostError from None
        if not isinstance(reply, dict) or cast("dict[str, Json]", reply).get("token") != token:
            raise KernelLostError
        return cast("dict[str, Json]", reply)["objects"]

    @classmethod
    def in_step(cls) -> bool:
        token = next(_TOKENS)
        try:
            return cast("Any", jsii.sinvoke(cls, "echo", [token])) == token  # pyright: ignore[reportUnknownMemberType]
        except Exception:  # noqa: BLE001  # Whatever a reply to another call leads to.
            return False


def warm() -> None:
    """Synthesise a small chart, so that the first XR does not pay for what the first call loads."""
    with KERNELS.importing() if KERNELS.unusable else KERNELS.native():
        chart = cdk8s.Chart(_Synthesis.scope("warm"), "warm")
        cdk8s.ApiObject(chart, "warm", api_version="v1", kind="ConfigMap")
        _Synthesis.objects(chart)


def in_step() -> bool:
    """Return whether jsii's Node.js process answers what it is asked, if it runs."""
    if not KERNELS.node_runs:
        return True
    with KERNELS.node():
        return _Synthesis.in_step()


@contextlib.contextmanager
def importing(chart: ChartRef) -> Generator[None]:
    """Import a chart, and remember whether that needs Node.js.

    Args:
        chart: The chart.
    """
    with KERNELS.importing() as reason:
        yield
        _CHOICE.imported(chart, reason())


def why_node(chart: ChartRef) -> str:
    """Return why Node.js synthesised a chart the last time, or will in any case; "" if it did not.

    Args:
        chart: The chart.
    """
    return KERNELS.unusable or _CHOICE.why_node(chart)


def synth(factory: Factory, request: SynthRequest) -> SynthResult | SynthFailure:
    """Return what a chart composes for an XR, or why it failed, as `reply` does."""
    return reply(factory, request).outcome


def reply(factory: Factory, request: SynthRequest, *, verifies: Callable[[ChartRef], bool] = lambda _: False) -> Reply:
    """Return what a chart composes for an XR, or why it failed, and how that was made.

    Every exception of the chart, SystemExit and KeyboardInterrupt included, is
    its author's or user's fault and becomes a failure of one line. What the
    native kernel declines is done again by Node.js.

    Args:
        factory: The chart class.
        request: The XR and the state of the cluster.
        verifies: Asked, for each synthesis of the native kernel, whether Node.js is to do it again.

    Raises:
        KernelLostError: If jsii's Node.js process died or is out of step.
        MemoryError: If this process has no memory left.
    """
    if request.native and not (KERNELS.unusable or _CHOICE.node_reason(request.chart)):
        outcome, declined = _on_native(factory, request)
        _CHOICE.attempted(request.chart, declined)
        if not declined:
            if verifies(request.chart):
                return _verified(factory, request, outcome)
            return Reply(outcome=outcome, synthesised=Synthesised(kernel="native"))
    return Reply(outcome=_on_node(factory, request), synthesised=Synthesised(kernel="node"))


def _verified(factory: Factory, request: SynthRequest, native: Outcome) -> Reply:
    """Return the native kernel's outcome if Node.js's is the same, else Node.js's."""
    undecided = Reply(outcome=native, synthesised=Synthesised(kernel="native", verification="undecided"))
    try:
        node = _on_node(factory, request)
    except KernelLostError:
        # The XR has its outcome all the same; another process serves the next one.
        return dataclasses.replace(undecided, spoiled="its Node.js process was lost as it verified a synthesis")
    path = verification.first_difference(native, node)
    if not path:
        return Reply(outcome=native, synthesised=Synthesised(kernel="native", verification="same"))
    again, declined = _on_native(factory, request)
    if declined or verification.first_difference(native, again):
        # The chart says something else each time, on whichever kernel.
        return undecided
    return Reply(outcome=node, synthesised=Synthesised(kernel="node", verification="different", difference=path))


def _on_native(factory: Factory, request: SynthRequest) -> tuple[Outcome, str]:
    """Return the native kernel's outcome, and why it declined, "" if it did not."""
    with KERNELS.native() as declined:
        outcome = _attempt(factory, request)
        return outcome, declined()


def _on_node(factory: Factory, request: SynthRequest) -> Outcome:
    with _kernel_kept():
        assembly.settle()
    try:
        KERNELS.start_node()
    except Exception as error:
        raise KernelLostError from error
    with KERNELS.node():
        outcome = _attempt(factory, request)
        if ATTEMPT.strangers or (isinstance(outcome, SynthFailure) and not _Synthesis.in_step()):
            raise KernelLostError
    return outcome


def _attempt(factory: Factory, request: SynthRequest) -> Outcome:
    scope = ""
    log = ReadLog()
    composite_type: CompositeType[Any] | None = None
    try:
        composite_type = loader.composite_type(factory)
        composite = _composite(composite_type, request, log)
        scope = identity.scope_id(
            api_version=composite.api_version, kind=composite.kind, namespace=composite.metadata.namespace
        )
        chart = factory(_Synthesis.scope(scope), composite.metadata.name, composite)
        _check_made(chart, request)
        objects = _Synthesis.objects(chart)
        result = chart_result.result(composite.statements, objects, above=f"{scope}/{composite.metadata.name}/")
        result = object_checks.checked(result, request, log)
        return dataclasses.replace(result, reads=log.reads() if composite_type.cache else None)
    except (KernelLostError, MemoryError):
        # A fault of this process, not of the chart: another worker may compose the XR.
        raise
    except FatalError as fault:
        secrets = chart_errors.secrets_of(composite_type, request)
        failure = chart_errors.refusal(fault, scope=scope, secrets=secrets)
    except BaseException as error:  # noqa: BLE001  # A chart may raise anything, sys.exit() included.
        failure = _failure(error, scope, factory, chart_errors.secrets_of(composite_type, request))
    return failure


def release() -> None:
    """Let go of what the last synthesis made in Node.js, once its reply is written.

    Raises:
        KernelLostError: If jsii's Node.js process died or is out of step.
    """
    with _kernel_kept():
        assembly.release()


@contextlib.contextmanager
def _kernel_kept() -> Generator[None]:
    try:
        yield
    except (out_of_step.OutOfStepError, OSError, ValueError) as error:
        raise KernelLostError from error


def _check_made(chart: object, request: SynthRequest) -> None:
    if not isinstance(chart, cdk8s.Chart):
        msg = f"{request.chart.target} made {type(chart).__name__}, not a cdk8s.Chart"
        raise FatalError(msg)


def _composite(composite_type: CompositeType[Any], request: SynthRequest, log: ReadLog) -> Composite[Any]:
    xr = request.composite
    spec_validation.check_kind(composite_type, api_version=xr.get("apiVersion", ""), kind=xr.get("kind", ""))
    return Composite(
        api_version=xr["apiVersion"],
        kind=xr["kind"],
        metadata=Metadata(objects.metadata(xr), log),
        spec=_spec(composite_type, request, log),
        status=views.status(xr.get("status") or {}, log),
        connection=views.connection(request.connection, log),
        observed=views.observed(request.observed, request.observed_connection, log),
        required=views.required(request.required, log),
        schemas=views.schemas(request.schemas, log),
        context=views.context(request.context, log),
        credentials=views.credentials(request.credentials, log),
        log=log,
    )


def _spec(composite_type: CompositeType[Any], request: SynthRequest, log: ReadLog) -> pydantic.BaseModel:
    """Return the spec, and log all of it as read except Crossplane's own fields."""
    spec: Mapping[str, Json] = request.composite.get("spec") or {}
    log.note("keys", ("composite", "spec"))
    for field in spec_validation.own(composite_type.spec, spec):
        log.note("value", ("composite", "spec", field))
    return spec_validation.load(composite_type.spec, spec=spec, props=request.props)


def _failure(error: BaseException, scope: str, factory: Factory, secrets: list[str]) -> SynthFailure:
    return chart_errors.failure(
        error,
        scope=scope,
        source=loader.source(factory),
        from_construct=isinstance(error.__cause__, errors.JavaScriptError),
        secrets=secrets,
    )
