"""A process for charts under test: `python -m cdk8s_function.testing.process`.

It reads requests from standard input and answers on standard output; what charts
print goes to standard error. Each request is two frames: what is asked, and of what.
"""

import dataclasses
import json
import os
import sys

from cdk8s_function.installed import source_only
from cdk8s_function.testing import kernel

_STDOUT = 1
_STDERR = 2


def main() -> None:
    """Answer requests until standard input ends."""
    replies = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    for folder in sys.argv[1:]:
        # As a worker of that folder does.
        source_only.use(folder)
    kernel.prepare()
    # These import cdk8s.
    from cdk8s_function.protocol import frames, structs  # noqa: PLC0415
    from cdk8s_function.protocol.messages import ChartRef, Reply  # noqa: PLC0415
    from cdk8s_function.testing import xr_kind  # noqa: PLC0415
    from cdk8s_function.testing.chart_processes import KIND, receive, send  # noqa: PLC0415
    from cdk8s_function.testing.chart_runs import Here  # noqa: PLC0415
    from cdk8s_function.worker import loader  # noqa: PLC0415

    here = Here({})
    while (asked := receive(sys.stdin.buffer)) is not None and (frame := receive(sys.stdin.buffer)) is not None:
        if asked != KIND:
            request = frames.decode_request(frame, unpack=structs.unpack)
            send(replies, frames.encode_from_worker(Reply(outcome=here(request))))
            continue
        try:
            kind = xr_kind.of(loader.composite_type(here.load(ChartRef(**json.loads(frame)))))
            answer = {"kind": dataclasses.asdict(kind)}
        except loader.LoadError as error:
            answer = {"fault": [str(error), error.traceback]}
        send(replies, json.dumps(answer).encode())


if __name__ == "__main__":
    main()
