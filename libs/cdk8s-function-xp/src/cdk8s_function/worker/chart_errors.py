"""Describe an error of a chart on one line that is the same for the same fault.

The line becomes a status condition of the XR, and a message that changes makes
Crossplane reconcile again at once. So it contains no addresses, no scratch
folders and not the id of the chart's scope.
"""

import pathlib
import re
import traceback
from collections.abc import Sequence
from typing import Any

import pydantic

from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.errors import FatalError
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
_UNKNOWN_OBJECT = re.compile(r"Don't know how to convert object to JSON: <([\w.]+) object at ")
"""jsii's words for an object that is not its own: a construct becomes that in the constructor of its base class."""

_UNKNOWN_CLASS = re.compile(r"(?:type object '([\w.]+)' has no attribute ')?__jsii_type__'?")
"""What jsii fails with where a value is to have a type of its own: it asks a class, or its namespace, for that."""

_LIMIT = 2_000
_WITHHELD = "<withheld>"
_SHORTEST_SECRET = 3
_READ = 8 * _LIMIT
"""What is looked at of a text: more than ends up in the line, as some of it is left out."""
_MOST_READ = 1 << 18
"""What is looked at of a text at all: more than a traceback has."""


def failure(
    error: BaseException, *, scope: str, source: pathlib.Path, from_construct: bool, secrets: Sequence[str] = ()
) -> SynthFailure:
    """Return the failure of a chart that raised.

    Args:
        error: What it raised.
        scope: The id of the chart's scope.
        source: The chart's package folder, or its module's file.
        from_construct: Whether a construct raised it in Node.js. Its message
            names the construct path, so that the line of Python adds nothing.
        secrets: Texts to withhold, as `secrets_of` returns them.
    """
    # Before anything is cut: what is left of a secret that was cut is not found any more.
    said = _withheld(validation_errors.text_of(error), secrets)
    text = (from_construct and _words_of_construct(said)) or _description(error, said, source)
    trace = _withheld(validation_errors.trace(error), secrets)
    return SynthFailure(message=one_line(text, scope=scope), traceback=_sound(trace))


def refusal(fault: FatalError, *, scope: str, secrets: Sequence[str] = ()) -> SynthFailure:
    """Return the failure of an XR or chart that was refused, without a traceback.

    Args:
        fault: The refusal.
        scope: The id of the chart's scope.
        secrets: Texts to withhold, as `secrets_of` returns them.
    """
    return SynthFailure(message=one_line(_withheld(str(fault), secrets), scope=scope))


def secrets_of(composite_type: CompositeType[Any] | None, request: SynthRequest) -> list[str]:
    """Return the texts by which the values of an XR's sensitive fields show, the longest first.

    Args:
        composite_type: What the chart declares; None where it declares nothing.
        request: The XR, and the input's props.
    """
    secrecy = sensitive_fields.of(composite_type) if composite_type else None
    if secrecy is None or not secrecy.paths:
        return []
    given = (request.composite, {"spec": request.props})
    values = {value for fields in given for value in sensitive_fields.values(secrecy, fields)}
    # Python writes a text with its quotes and backslashes escaped, and a line may be quoted alone.
    texts = {text for value in values for text in (value, repr(value)[1:-1], *map(str.strip, value.splitlines()))}
    # A sign or two would be found everywhere. One secret may be a part of another.
    return sorted((text for text in texts if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)


def _withheld(text: str, secrets: Sequence[str]) -> str:
    if not secrets:
        return text
    # No more than the line and its traceback can take, and a whole secret at its end.
    text = text[: _MOST_READ + len(secrets[0])]
    for secret in secrets:
        text = text.replace(secret, _WITHHELD)
    return text


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
    if isinstance(error, TypeError) and (found := _UNKNOWN_OBJECT.match(said)):
        unknown = f"{found[1]} is neither a construct nor a JSON value"
        return f"{unknown}; a construct calls super().__init__(scope, id) first{where}"
    if isinstance(error, AttributeError) and (found := _UNKNOWN_CLASS.fullmatch(said)):
        return f"{found[1] or 'a value'} is neither a construct nor a JSON value{where}"
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
