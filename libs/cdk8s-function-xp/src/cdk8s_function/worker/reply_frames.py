"""Encode a worker's reply, within the limits of what a server takes.

Whatever a chart makes gets a line: what has no wire form, nests too deep or is too large is refused here, before the
server, which serves others, takes time for it.
"""

import dataclasses
from typing import cast

from cdk8s_function import nesting
from cdk8s_function.protocol import frames
from cdk8s_function.protocol.messages import Reply, SynthFailure, SynthResult
from cdk8s_function.sizes import MIB, VALUES


def encode(reply: Reply, *, most_mib: int) -> bytes:
    """Return the wire form of a reply, or of one that says what is wrong with its outcome.

    Args:
        reply: The reply.
        most_mib: How large it may be, in MiB.
    """
    try:
        frame = frames.encode_from_worker(reply)
        if len(frame) > most_mib * MIB:
            message = f"the chart's output is larger than {most_mib} MiB; split the XR"
        else:
            message = _too_many(frame, reply.outcome)
        if not message:
            return frame
    except (TypeError, ValueError) as error:
        message = f"the chart's output has no JSON form: {error}"
    except RecursionError:
        # The one thing in an output whose depth nothing has bounded yet.
        message = _too_deep(reply.outcome)
    return frames.encode_from_worker(dataclasses.replace(reply, outcome=SynthFailure(message=message)))


def as_sent(outcome: SynthResult | SynthFailure, *, most_mib: int) -> SynthResult | SynthFailure:
    """Return an outcome as a server gets it from a worker, for a chart that runs in no worker.

    Args:
        outcome: The outcome.
        most_mib: How large it may be, in MiB.
    """
    return cast("Reply", frames.decode_from_worker(encode(Reply(outcome=outcome), most_mib=most_mib))).outcome


def _too_many(frame: bytes, outcome: SynthResult | SynthFailure) -> str:
    """Return what is wrong with an outcome that has an object of too many values, "" if nothing is."""
    # Each value is the first in its mapping or list, or follows a comma; text has these characters too.
    if not isinstance(outcome, SynthResult) or sum(map(frame.count, (b",", b"[", b"{"))) <= VALUES:
        return ""
    parts = [(f'"{composed.key}"', composed.manifest) for composed in outcome.resources]
    for where, value in (*parts, ("status", outcome.status), ("context", outcome.context)):
        if nesting.holds_more_than(VALUES, value):
            return f"the chart's {where} holds more than {VALUES} values; make it smaller"
    return ""


def _too_deep(outcome: SynthResult | SynthFailure) -> str:
    """Return what is wrong with an outcome that can't be encoded because it is so deep."""
    for composed in outcome.resources if isinstance(outcome, SynthResult) else ():
        if path := nesting.first_too_deep(composed.manifest):
            return f'"{composed.key}": {nesting.text(path)} {nesting.TooDeepError()}'
    return f"the chart's output {nesting.TooDeepError()}"
