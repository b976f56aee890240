"""Describe an error of a chart on one line that is the same for the same fault.

The line becomes a status condition of the XR, and a message that changes makes
Crossplane reconcile again at once. So it contains no addresses, no scratch
folders and not the id of the chart's scope.
"""

import pathlib
import re
import traceback
from typing import Any

import pydantic

from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest
from cdk8s_function.schema import sensitive_fields

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_SCRATCH = re.compile(r"/cdk8s-function-\w+/worker-\w+")
_TEMPORARY = re.compile(r"<scratch>/(?:tmp[a-z0-9_]{8}|([\w.-]{1,64}-)[A-Za-z0-9]{6})(?![\w-])")
"""What Python's tempfile and Node.js's mkdtemp make in a scratch folder: `tmpk3x_9a1c`, `cdk8s-helm-k3X9a1`."""

_COMMAND_ERROR = re.compile(r"^\w*Error: .*", re.MULTILINE)
_PATH_LIMIT = 4_096
"""The longest path that Linux takes (PATH_MAX, limits.h)."""

_ERROR = re.compile(r"^(Error: )+")
_LIMIT = 2_000
_WITHHELD = "<withheld>"
_SHORTEST_SECRET = 3
_READ = 8 * _LIMIT
"""What is looked at of a text: more than ends up in the line, as some of it is left out."""


def failure(error: BaseException, *, scope: str, source: pathlib.Path, from_construct: bool) -> SynthFailure:
    """Return the failure of a chart that raised.

    Args:
        error: What it raised.
        scope: The id of the chart's scope.
        source: The chart's package folder, or its module's file.
        from_construct: Whether a construct raised it in Node.js. Its message
            names the construct path, so that the line of Python adds nothing.
    """
    said = validation_errors.text_of(error)
    text = (from_construct and _words_of_construct(said)) or _description(error, said, source)
    return SynthFailure(message=one_line(text, scope=scope), traceback=_sound(validation_errors.trace(error)))


def without_secrets(
    failure: SynthFailure, composite_type: CompositeType[Any] | None, request: SynthRequest
) -> SynthFailure:
    """Return a failure without the values of the XR's sensitive fields, which a chart may have put into its words.

    Args:
        failure: The failure.
        composite_type: What the chart declares; None where it declares nothing.
        request: The XR, and the input's props.
    """
    secrecy = sensitive_fields.of(composite_type) if composite_type else None
    if secrecy is None or not secrecy.paths:
        return failure
    found = {
        value
        for fields in (request.composite, {"spec": request.props})
        for value in sensitive_fields.values(secrecy, fields)
    }
    message, trace = failure.message, failure.traceback
    # The longest first: one may be a part of another. A sign or two would be found everywhere.
    for value in sorted((each for each in found if len(each) >= _SHORTEST_SECRET), key=len, reverse=True):
        # Python writes a text with its quotes and backslashes escaped.
        for text in (value, repr(value)[1:-1], " ".join(value.split())):
            message, trace = message.replace(text, _WITHHELD), trace.replace(text, _WITHHELD)
    return SynthFailure(message=message, traceback=trace)


def one_line(text: str, *, scope: str = "") -> str:
    """Return text on one line, without what differs from one worker to the next.

    Args:
        text: The text.
        scope: The id of the chart's scope.
    """
    text = text[:_READ]
    if scope:
        text = text.replace(f"{scope}/", "").replace(scope, "")
    lines = [line.strip() for line in text.splitlines()]
    line = "; ".join(line for line in lines if line).replace(":; ", ": ")
    line = _sound(_TEMPORARY.sub(r"<scratch>/\1…", _without_scratch(_ADDRESS.sub("0x…", line))))
    return line if len(line) <= _LIMIT else f"{line[:_LIMIT]}…"


def _words_of_construct(said: str) -> str:
    text = said[:_READ]
    if text.startswith("Command failed:") and (found := _COMMAND_ERROR.search(text)):
        # cdk8s loads a URL with a program of its own, which prints its source and its stack around the one line.
        text = found[0]
    return _ERROR.sub("", text)


def _description(error: BaseException, said: str, source: pathlib.Path) -> str:
    where = _location(error, source)
    if isinstance(error, SystemExit):
        return f"the chart called sys.exit({error.code!r}){where}"
    kind = error.title if isinstance(error, pydantic.ValidationError) else type(error).__name__
    return f"{kind}: {said}{where}" if said else f"{kind}{where}"


def _without_scratch(line: str) -> str:
    """Return a line without the paths of workers' scratch folders, whose names differ from one worker to the next."""
    parts: list[str] = []
    end = 0
    for found in _SCRATCH.finditer(line):
        before = line[max(end, found.start() - _PATH_LIMIT) : found.start()]
        # The path begins after the last sign that is no part of one.
        begins = found.start() - len(before.rpartition(" ")[2].rpartition("'")[2].rpartition('"')[2])
        parts += [line[end:begins], "<scratch>"]
        end = found.end()
    return "".join([*parts, line[end:]])


def _location(error: BaseException, source: pathlib.Path) -> str:
    """Return the innermost line of the chart's own code."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = pathlib.Path(frame.filename)
        if file == source or source in file.parents:
            return f" ({file.name}:{frame.lineno})"
    return ""


def _sound(text: str) -> str:
    # protobuf refuses lone surrogates, which Python makes of bytes that are not UTF-8.
    return text.encode("utf-8", "replace").decode()
