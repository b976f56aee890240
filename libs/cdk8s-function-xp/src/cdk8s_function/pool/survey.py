"""What becomes of each chart when a worker imports it, for who asks before any is served."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping

from cdk8s_function.pool import process
from cdk8s_function.pool.scratch_home import ScratchHome
from cdk8s_function.protocol.messages import IMAGE, Environment


@dataclasses.dataclass(frozen=True, kw_only=True)
class Survey:
    """What became of the charts, by `dist:name`.

    Attributes:
        on_node: Charts that are left to Node.js whatever their XR, each with why.
        failed: Charts that can't be imported, each with why.
        trouble: Why no worker started, so that nothing is known of the charts; "" if one did.
    """

    on_node: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    failed: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    trouble: str = ""


def charts(*, start_seconds: float, on_line: Callable[[str], None], environment: Environment = IMAGE) -> Survey:
    """Import all charts of an environment in a worker, as a server does, and end it.

    A chart whose import ends the worker, or hangs, is left out of the next try.

    Args:
        start_seconds: How long a try may take, in seconds.
        on_line: Called with each line that charts print.
        environment: The environment.

    Raises:
        OSError: If no process can be made.
    """
    failed: dict[str, str] = {}
    with contextlib.closing(ScratchHome()) as home:
        while True:
            worker = process.WorkerProcess(
                home=home.path, limits=process.Limits(), skip=failed, on_line=on_line, environment=environment
            )
            try:
                ready = worker.wait_ready(deadline=time.monotonic() + start_seconds)
                return Survey(on_node=ready.on_node, failed={**failed, **ready.unloadable})
            except (process.LostError, process.OverrunError) as error:
                lost = isinstance(error, process.LostError)
                reason = str(error) if lost else f"it was not ready within {start_seconds:g} seconds"
                chart = worker.loading()
                if chart is None or chart in failed:
                    return Survey(failed=failed, trouble=f"no worker starts: {reason}")
                failed[chart] = f"its import ended the worker: {reason}"
            finally:
                worker.kill()
