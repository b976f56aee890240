"""Say what went wrong in a chart, on one line that is the same for the same fault.

The line ends up in a status condition of the XR, where a text that changes
makes Crossplane reconcile again at once. So it holds no addresses, no scratch
folders and nothing of the scope the chart stands in.
"""

import pathlib
import re
import traceback

import pydantic

from cdk8s_function.chart import spec_validation
from cdk8s_function.protocol.messages import SynthFailure

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_SCRATCH = re.compile(r"/\S*/cdk8s-function-\w+/worker-\w+")
_ERROR = re.compile(r"^(Error: )+")
_LIMIT = 2_000


def failure(error: BaseException, *, scope: str, source: pathlib.Path, from_construct: bool) -> SynthFailure:
    """Return the failure of a chart that raised.

    Args:
        error: What it raised.
        scope: The id of the scope the chart stands in.
        source: The chart's package folder, or its module's file.
        from_construct: Whether a construct raised it in Node.js. Its own words
            name the construct path, and the place in Python adds nothing.
    """
    text = _ERROR.sub("", _text(error)) if from_construct else _description(error, source)
    trace = "".join(traceback.format_exception(error))
    return SynthFailure(message=one_line(text, scope=scope), traceback=_sound(trace))


def one_line(text: str, *, scope: str = "") -> str:
    """Return text on one line, without what differs from one worker to the next.

    Args:
        text: The text.
        scope: The id of the scope the chart stands in.
    """
    if scope:
        text = text.replace(f"{scope}/", "").replace(scope, "")
    lines = [line.strip() for line in text.splitlines()]
    line = "; ".join(line for line in lines if line).replace(":; ", ": ")
    line = _sound(_SCRATCH.sub("<scratch>", _ADDRESS.sub("0x…", line)))
    return line if len(line) <= _LIMIT else f"{line[:_LIMIT]}…"


def _description(error: BaseException, source: pathlib.Path) -> str:
    where = _location(error, source)
    if isinstance(error, SystemExit):
        return f"the chart called sys.exit({error.code!r}){where}"
    if isinstance(error, pydantic.ValidationError):
        return f"{error.title}: {spec_validation.describe(error)}{where}"
    text = _text(error)
    return f"{type(error).__name__}: {text}{where}" if text else f"{type(error).__name__}{where}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:  # noqa: BLE001  # An exception's __str__ is its author's code too.
        return f"(its text can't be made: {type(second).__name__})"


def _location(error: BaseException, source: pathlib.Path) -> str:
    """Return the innermost line of the chart's own code."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = pathlib.Path(frame.filename)
        if file == source or source in file.parents:
            return f" ({file.name}:{frame.lineno})"
    return ""


def _sound(text: str) -> str:
    # protobuf takes no lone surrogates, which Python makes of bytes that are no UTF-8.
    return text.encode("utf-8", "replace").decode()
