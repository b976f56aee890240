"""Calls of a function over gRPC, as Crossplane makes them."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Self

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc

OK = "OK"
METHOD = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"
# By default gRPC waits a second before it tries a port again that nobody listened on: a cold start is shorter.
_CHANNEL = [
    ("grpc.initial_reconnect_backoff_ms", 10),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 100),
    ("grpc.enable_retries", 0),
]


@dataclasses.dataclass(frozen=True)
class Reply:
    """How a call ended: OK and the encoded response, or another gRPC status and its details."""

    code: str
    details: str = ""
    encoded: bytes = b""

    @property
    def response(self) -> fnv1.RunFunctionResponse:
        """The response, an empty one if there is none."""
        return fnv1.RunFunctionResponse.FromString(self.encoded)

    @property
    def fatal(self) -> str:
        """The message of a FATAL result, "" if there is none."""
        return "".join(each.message for each in self.response.results if each.severity == fnv1.SEVERITY_FATAL)


class Channel:
    """A channel to a function, which need not listen yet. Use it as a context manager."""

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL)
        self._run: Callable[..., bytes] = self._channel.unary_unary(METHOD)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def call(self, request: bytes, *, seconds: float = 60, wait: bool = False) -> Reply:
        """Send an encoded request; wait for a server that does not listen yet if told so."""
        try:
            return Reply(OK, encoded=self._run(request, timeout=seconds, wait_for_ready=wait))
        except grpc.RpcError as error:
            failure: Any = error
            return Reply(failure.code().name, failure.details() or "")


def request(
    chart: str, spec: Mapping[str, Any], *, xr: tuple[str, str] | None = None, name: str = "demo", **more: Any
) -> fnv1.RunFunctionRequest:
    """Return a request for an XR, of a fixture chart's apiVersion and kind or of those given, with `more` as input.

    A step before has made an object.
    """
    api_version, kind = xr or ("fixtures.example.org/v1", chart.capitalize())
    req = fnv1.RunFunctionRequest(meta=fnv1.RequestMeta(tag="tag"))
    req.input.update({"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart, **more})
    xr_ = req.observed.composite.resource
    xr_.update({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "team-a"}})
    xr_.update({"spec": dict(spec)})
    req.desired.resources["earlier"].resource.update({"apiVersion": "v1", "kind": "ConfigMap"})
    return req
