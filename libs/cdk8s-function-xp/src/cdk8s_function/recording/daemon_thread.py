"""Work in a thread that does not keep the process from ending, as those of asyncio's executor do."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


async def run(work: Callable[[], ResultT]) -> ResultT:
    """Do work in a new daemon thread, and return its result.

    Args:
        work: The work. What it raises is raised here.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[ResultT] = loop.create_future()

    def begin() -> None:
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001  # It is raised where the work is waited for.
            tell(done.set_exception, error)
        else:
            tell(done.set_result, made)

    def tell(settle: Callable[[Any], None], value: object) -> None:
        # The loop is closed, and nobody waits, where the process ends meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if done.cancelled() else settle(value))

    threading.Thread(target=begin, name="recording", daemon=True).start()
    return await done
