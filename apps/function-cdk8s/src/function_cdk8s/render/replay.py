"""Repeat a recorded request, and compare its response with the recorded one.

The function writes a recording to its log for each XR that is annotated for
debugging (`cdk8s_function.recording`). The log may be inside other text.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import objects
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import environments
from cdk8s_function.objects import Json
from cdk8s_function.protocol.structs import to_dict_of_doubles
from cdk8s_function.reconcile import fields, reconcile, rendered_xr
from cdk8s_function.reconcile import pipeline as pipelines
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.events import Events
from cdk8s_function.reconcile.reconcile import Rendered
from cdk8s_function.reconcile.rendered_xr import Machinery
from cdk8s_function.recording import recording
from cdk8s_function.recording.recorder import ANNOTATION
from cdk8s_function.recording.recording import Outcome, Recording
from cdk8s_function.recording.redaction import Redaction

from function_cdk8s.render import inputs

STEP = "replay"
"""The step name in a replay: a request does not hold the name of its step."""

STANDARD_INPUT = pathlib.Path("-")

_SHOWN = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replay:
    """A recording, and the response to its request in this process.

    Attributes:
        recorded: The recording.
        name: Its id.
        others: Ids of other recordings in the same log, in order.
        response: The response.
        outcome: The parts of the response to compare.
    """

    recorded: Recording
    name: str
    others: Sequence[str]
    response: fnv1.RunFunctionResponse
    outcome: Outcome

    @property
    def is_the_same(self) -> bool:
        """Whether the digests of the response and of the recorded response are the same."""
        return not self.recorded.outcome.parts or self.recorded.outcome.digest == self.outcome.digest

    def rendered(self) -> Rendered:
        """Return what Crossplane would make of the response.

        Raises:
            RenderError: If the response is fatal, or Crossplane would refuse it.
        """
        if self.outcome.kind == "FATAL":
            raise RenderError(self.outcome.message)
        req, rsp = self.recorded.request, self.response
        xr = to_dict_of_doubles(req.observed.composite.resource)
        rendered_xr.set_uid(xr)
        rendered_xr.set_name_label(xr)
        outcome = pipelines.Outcome(
            desired=rsp.desired,
            context=rsp.context if rsp.HasField("context") else None,
            conditions=list(rsp.conditions),
            results=[(STEP, result) for result in rsp.results],
        )
        observed = {key: to_dict_of_doubles(resource.resource) for key, resource in req.observed.resources.items()}
        legacy = isinstance(fields.at(xr, "spec", "compositionRef"), dict)
        return reconcile.rendered(xr, observed, outcome, Machinery(legacy), Events())

    def report(self) -> Iterator[str]:
        """Return lines that name the recording and say whether the response is the same."""
        xr = to_dict_of_doubles(self.recorded.request.observed.composite.resource)
        yield f'recording {self.name}: {xr["kind"]} "{objects.full_name(xr)}" at {self.recorded.at}'
        if self.others:
            yield f"other recordings there, to choose with --recording: {', '.join(self.others)}"
        differences = list(_differences(self.recorded))
        yield f"versions: {', '.join(differences) or 'the same'}"
        yield f"response: {self._compared()}"

    def _compared(self) -> str:
        recorded = self.recorded.outcome
        if not recorded.parts:
            return f"none was recorded, the call ended with {recorded.kind}: {recorded.message}"
        paths = recorded.differences(self.outcome)
        if not paths:
            return f"the recorded one, {recorded.digest}"
        hidden = len(paths) - _SHOWN
        shown = ", ".join(paths[:_SHOWN]) + (f", and {hidden} more" if hidden > 0 else "")
        was = f"; recorded was FATAL: {recorded.message}" if recorded.kind == "FATAL" else ""
        return (
            f"not the recorded one, it differs in {shown}{was} "
            "(secret values are placeholders here: what a chart computes of one differs, too)"
        )


def run(
    path: pathlib.Path, name: str | None, call: Callable[[str, fnv1.RunFunctionRequest], fnv1.RunFunctionResponse]
) -> Replay:
    """Repeat a recorded request.

    Args:
        path: A file with the function's log; `-` is standard input.
        name: The recording's id; the last one in the log if None.
        call: Runs one call.

    Raises:
        RenderError: If the recording does not exist or is incomplete.
    """
    text = sys.stdin.buffer.read().decode(errors="replace") if path == STANDARD_INPUT else inputs.log(path)
    found = recording.find(text)
    if not found:
        msg = (
            f'{path}: holds no recording; annotate the XR with {ANNOTATION}: "true", and take the log of the '
            "function's pod once it was reconciled"
        )
        raise RenderError(msg)
    chosen = name or list(found)[-1]
    if chosen not in found:
        msg = f'{path}: holds no recording "{chosen}", but {", ".join(found)}'
        raise RenderError(msg)
    try:
        recorded = recording.unpack(chosen, found[chosen])
    except recording.InvalidError as error:
        msg = f'{path}: recording "{chosen}": {error}'
        raise RenderError(msg) from error
    req = fnv1.RunFunctionRequest()
    req.CopyFrom(recorded.request)
    rsp = call(STEP, req)
    # Placeholders of the request are kept in the response; any other secret is blank in both responses.
    compared = Redaction(recorded.request, rsp, recorded.secrecy, bytes).response
    return Replay(
        recorded=recorded,
        name=chosen,
        others=[other for other in found if other != chosen],
        response=rsp,
        outcome=recording.outcome(compared),
    )


def _differences(recorded: Recording) -> Iterator[str]:
    """Return the chart and packages whose version here is not the recorded one."""
    was = recorded.chart
    try:
        named = f"{was.dist}:{was.name}"
        chart = environments.discover().require(named, version=was.version if was.folder else "")
    except FatalError:
        yield f'chart "{was.name}" was of {was.dist} {was.version}, and is not installed here'
    else:
        if chart.version != was.version:
            yield f'chart "{was.name}" was of {was.dist} {was.version}, and is of {chart.version} here'
        elif chart.record_digest != was.record_digest:
            yield f'chart "{was.name}" is of {was.dist} {was.version}, but its files are others here'
    here: Mapping[str, Json] = recording.versions()
    for package in sorted({*recorded.versions, *here}):
        old, new = recorded.versions.get(package), here.get(package)
        if old != new:
            yield f"{package} was {old}, and is {new} here"
