"""What tests of several rooms use."""

import time
from collections.abc import Callable

import pytest
from cdk8s_function.pool import pool

_SECONDS = 120.0


@pytest.fixture(scope="session")
def wait_warm() -> Callable[[pool.WorkerPool], None]:
    """Return what waits until a worker is ready, for a request with little time; others wait in the queue."""

    def wait(workers: pool.WorkerPool) -> None:
        end = time.monotonic() + _SECONDS
        while not workers.warm:
            assert time.monotonic() < end, "no worker is ready"
            time.sleep(0.01)

    return wait
