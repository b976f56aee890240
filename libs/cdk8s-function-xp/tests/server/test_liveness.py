"""The function is dead to the kubelet when no worker starts, and only then."""

import asyncio
import dataclasses

import pytest
from cdk8s_function.server import grpc_server


@dataclasses.dataclass
class Workers:
    """What a pool tells of itself."""

    serving: bool = False
    stuck: bool = False


@pytest.mark.parametrize(
    ("workers", "reported"),
    [
        pytest.param(Workers(serving=True), [True], id="a worker is warm"),
        pytest.param(Workers(), [False], id="workers start"),
        pytest.param(Workers(stuck=True), [], id="none starts for long"),
    ],
)
def test_a_pool_that_starts_no_worker_for_long_is_not_reported(workers: Workers, reported: list[bool]) -> None:
    got: list[bool] = []

    async def told_once() -> None:
        telling = asyncio.create_task(grpc_server._tell(got.append, workers, asyncio.Event()))  # pyright: ignore[reportArgumentType, reportPrivateUsage]
        await asyncio.sleep(0)
        telling.cancel()

    asyncio.run(told_once())

    assert got == reported
