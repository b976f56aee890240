"""The edge of the server: bytes come in as gRPC has them, and a response goes out as bytes.

    bytes -> RunFunctionRequest -> FunctionRunner -> bytes (a RunFunctionResponse)

gRPC's own way from bytes to a message fails with words nobody can act on where a
request nests deeper than protobuf reads by itself. And v1beta1's messages are
v1's on the wire, so that one way serves both.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import crossplane.function.proto.v1beta1.run_function_pb2 as fnv1beta1
import grpc
from google.protobuf import message, struct_pb2

from cdk8s_function import nesting
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol import deep
from cdk8s_function.server import large_request
from cdk8s_function.server.call import Call


class Run(Protocol):
    """Returns the response to a call, in its wire form."""

    def __call__(
        self, req: fnv1.RunFunctionRequest, context: grpc.aio.ServicerContext[Any, Any], /, *, is_large: bool
    ) -> Awaitable[bytes]:
        """Return it; what `is_large` is worked on off the event loop."""
        ...


NoteRefusal = Callable[[Call, FatalError, grpc.aio.ServicerContext[Any, Any]], None]
"""Takes note of a call that was refused before it could be worked on: what is known of it, why, and its context."""

SERVICES = tuple(
    package.DESCRIPTOR.services_by_name["FunctionRunnerService"].full_name for package in (fnv1, fnv1beta1)
)
"""The services that Crossplane calls a function by, the newer one first."""

_NO_REQUEST = "the request is no RunFunctionRequest"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Refusal:
    """A request that nests too deep, or holds too much, to be worked on.

    Attributes:
        call: What is known of it.
        fault: What is wrong.
        response: The response, as bytes.
    """

    call: Call
    fault: FatalError
    response: bytes


class Edge:
    """Takes calls as bytes.

    Args:
        run: Returns the response to a request that can be worked on.
        refused: Told of each other one.

    Attributes:
        calls: How many calls have come.
    """

    def __init__(self, run: Run, refused: NoteRefusal) -> None:
        """Make the edge of a function."""
        self._run = run
        self._note_refusal = refused
        self.calls = 0
        self._deep_reader: concurrent.futures.Executor | None = None

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve RunFunction, v1 and v1beta1.

        Args:
            server: A server that is not started yet.
        """
        # Without a serializer gRPC hands over bytes as they are.
        method: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(self.run_function)
        for service in SERVICES:
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"RunFunction": method}),))

    async def run_function(self, wire: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        """Return the response to one call."""
        self.calls += 1
        is_large = len(wire) > large_request.LARGE_BYTES
        try:
            if is_large:
                read = await asyncio.to_thread(_read, wire, deep.merge_from_outside)
            else:
                read = deep.parse_from_outside(fnv1.RunFunctionRequest, wire)
        except message.DecodeError:
            read = await self._read_deep(wire, context)
        if isinstance(read, _Refusal):
            self._note_refusal(read.call, read.fault, context)
            return read.response
        return await self._run(read, context, is_large=is_large)

    async def _read_deep(
        self, wire: bytes, context: grpc.aio.ServicerContext[bytes, bytes]
    ) -> fnv1.RunFunctionRequest | _Refusal:
        if self._deep_reader is None:
            self._deep_reader = _deep_reader()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._deep_reader, _read_deep, wire)
        except message.DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, _NO_REQUEST)


def _deep_reader() -> concurrent.futures.Executor:
    """Return a thread that has stack enough for `deep.parse`."""
    before = threading.stack_size(deep.STACK_BYTES)
    try:
        reader = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="deep-reader")
        # It is started by the first thing it has to do.
        reader.submit(int).result()
    finally:
        threading.stack_size(before)
    return reader


def _read(wire: bytes, merge: large_request.Merge) -> fnv1.RunFunctionRequest | _Refusal:
    try:
        return large_request.parse(wire, merge)
    except large_request.TooLargeError as fault:
        call, response = fault.response(wire)
        return _Refusal(call=call, fault=fault, response=response)


def _read_deep(wire: bytes) -> fnv1.RunFunctionRequest | _Refusal:
    req = _read(wire, deep.merge)
    if isinstance(req, _Refusal):
        return req
    for where, struct in _structs(req).items():
        path = nesting.first_too_deep(struct, deep.struct_parts)
        if path is not None:
            call = Call(req)
            with contextlib.suppress(FatalError, RecursionError):
                call.recognise()
            fault = FatalError(f"the request's {nesting.text(path, root=where)} {nesting.TooDeepError()}")
            return _Refusal(call=call, fault=fault, response=call.refuse(fault))
    return req


def _structs(req: fnv1.RunFunctionRequest) -> dict[str, struct_pb2.Struct]:
    """Return the parts of a request that have any depth, by their paths."""
    found = {
        "observed.composite.resource": req.observed.composite.resource,
        "desired.composite.resource": req.desired.composite.resource,
        "input": req.input,
        "context": req.context,
    }
    for state, resources in (("observed", req.observed.resources), ("desired", req.desired.resources)):
        found |= {f'{state}.resources["{key}"]': resources[key].resource for key in sorted(resources)}
    for name, required in sorted({**req.extra_resources, **req.required_resources}.items()):
        for place, item in enumerate(required.items):
            found[f'required_resources["{name}"][{place}]'] = item.resource
    schemas = req.required_schemas
    return found | {f'required_schemas["{name}"]': schemas[name].openapi_v3 for name in sorted(schemas)}
