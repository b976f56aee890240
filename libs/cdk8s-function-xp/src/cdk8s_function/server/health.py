"""The gRPC health service (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).

grpcio-health-checking never ends a Watch, so that an open one delays a server's
stop until its grace period is over, and drops all watchers of a service when one
of them leaves (grpcio-health-checking 1.84.0, grpc_health/v1/_async.py).
"""

import asyncio
from collections.abc import Iterable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

NAME: str = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
"""The service's own name."""

OVERALL = ""
"""The service that stands for the whole server."""

_Context = grpc.aio.ServicerContext[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]

_SERVING = health_pb2.HealthCheckResponse(status="SERVING")
_NOT_SERVING = health_pb2.HealthCheckResponse(status="NOT_SERVING")
_UNKNOWN = health_pb2.HealthCheckResponse(status="SERVICE_UNKNOWN")


class Health(health_pb2_grpc.HealthServicer):
    """One health for several services: they serve together or not at all.

    Args:
        services: Their names, without the overall one.
    """

    def __init__(self, services: Iterable[str]) -> None:
        """Begin with services that do not serve."""
        self._services = frozenset((OVERALL, *services))
        self._health = _NOT_SERVING
        self._over = False
        self._changed = asyncio.Condition()

    async def set(self, *, serving: bool) -> None:
        """Set whether the services serve."""
        await self._set(_SERVING if serving else _NOT_SERVING)

    async def end(self) -> None:
        """Report NOT_SERVING from now on: each Watch gets that and ends."""
        await self._set(_NOT_SERVING, over=True)

    async def Check(  # noqa: N802  # The name gRPC calls.
        self, request: health_pb2.HealthCheckRequest, context: _Context
    ) -> health_pb2.HealthCheckResponse:
        """Return a service's health."""
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, f'unknown service "{request.service}"')
        return self._health

    async def Watch(  # noqa: N802  # The name gRPC calls.
        self, request: health_pb2.HealthCheckRequest, context: _Context
    ) -> None:
        """Send a service's health, and again whenever it changes."""
        sent = None
        while not self._over or sent != self._of(request):
            async with self._changed:
                await self._changed.wait_for(lambda: self._over or sent != self._of(request))  # noqa: B023  # Called in this turn.
            if sent != (found := self._of(request)):
                await context.write(found)
                sent = found

    async def _set(self, found: health_pb2.HealthCheckResponse, *, over: bool = False) -> None:
        async with self._changed:
            self._health, self._over = found, over
            self._changed.notify_all()

    def _of(self, request: health_pb2.HealthCheckRequest) -> health_pb2.HealthCheckResponse:
        return self._health if request.service in self._services else _UNKNOWN
