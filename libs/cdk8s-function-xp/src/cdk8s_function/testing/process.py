"""A process for charts under test: `python -m cdk8s_function.testing.process`.

It reads requests from standard input and answers on standard output; what charts
print goes to standard error.
"""

import os
import sys

from cdk8s_function.testing import kernel

_STDOUT = 1
_STDERR = 2


def main() -> None:
    """Answer requests until standard input ends."""
    replies = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    kernel.prepare()
    # These import cdk8s.
    from cdk8s_function.protocol import frames, structs  # noqa: PLC0415
    from cdk8s_function.protocol.messages import Reply  # noqa: PLC0415
    from cdk8s_function.testing.chart_runs import Here, receive, send  # noqa: PLC0415

    synthesise = Here({})
    while (frame := receive(sys.stdin.buffer)) is not None:
        request = frames.decode_request(frame, unpack=structs.unpack)
        send(replies, frames.encode_from_worker(Reply(outcome=synthesise(request))))


if __name__ == "__main__":
    main()
