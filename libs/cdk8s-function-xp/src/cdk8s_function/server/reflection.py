"""The gRPC reflection service (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md).

People ask for it, Crossplane does not: a megabyte of messages that describe messages is imported at the first call.
"""

from collections.abc import Sequence
from typing import Any

import grpc

NAME = "grpc.reflection.v1alpha.ServerReflection"
"""The service's own name."""

_METHOD = f"/{NAME}/ServerReflectionInfo"


class Reflection(grpc.GenericRpcHandler):
    """Answers which services there are, and what their messages are.

    Args:
        services: Their names.
    """

    def __init__(self, services: Sequence[str]) -> None:
        """Begin without what answers."""
        self._services = services
        self._answers: grpc.RpcMethodHandler[Any, Any] | None = None

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return what answers a call, None if the call is of another service."""
        if handler_call_details.method != _METHOD:
            return None
        if self._answers is None:
            from grpc_reflection.v1alpha import reflection, reflection_pb2  # noqa: PLC0415  # See above.

            servicer: Any = reflection.aio.ReflectionServicer(self._services)
            self._answers = grpc.stream_stream_rpc_method_handler(
                servicer.ServerReflectionInfo,
                request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
                response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
            )
        return self._answers
