"""Spans that arrive at a real OTLP receiver, and the log entries that name their trace."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false
# gRPC's generated stubs are untyped.

import contextlib
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

Traced = Callable[..., contextlib.AbstractContextManager[Any]]

SECONDS = 60
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""The example of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers."""

TRACE, PARENT = CALLER.split("-")[1:3]


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """What a collector is: a gRPC server of OTLP's trace service."""

    def __init__(self) -> None:
        self._received: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.endpoint = ""

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002  # The names gRPC calls.
        """Take spans."""
        for resource in request.resource_spans:
            of = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self._received.put((of, span))
        return trace_service_pb2.ExportTraceServiceResponse()

    def tree(self) -> tuple[Any, dict[str, Any], dict[str, str]]:
        """Wait for a whole trace; returns its root, the root's children by name, and the resource."""
        spans: list[Any] = []
        while True:
            of, span = self._received.get(timeout=SECONDS)
            spans.append(span)
            # The root ends last and is sent last.
            if span.name == "RunFunction":
                children = {each.name: each for each in spans[:-1]}
                assert {each.parent_span_id for each in spans[:-1]} <= {span.span_id}
                assert {each.trace_id for each in spans} == {span.trace_id}
                return span, children, of


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(made, server)
    made.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield made
    server.stop(None).wait()


@pytest.fixture
def traced(start: Any, receiver: Receiver) -> Traced:
    """Serve with one worker, and spans sent to the receiver."""

    def started(*arguments: str, **env: str) -> contextlib.AbstractContextManager[Any]:
        variables = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, **env}
        return start("--insecure", "--workers=1", "--cache-check=0", *arguments, env=variables)

    return started


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


def test_a_call_is_a_tree_of_spans_below_its_callers(traced: Traced, receiver: Receiver) -> None:
    with traced() as function:
        function.run("echo", traceparent=CALLER)
        root, parts, of = receiver.tree()

        assert (root.trace_id.hex(), root.parent_span_id.hex(), root.kind) == (TRACE, PARENT, root.SPAN_KIND_SERVER)
        assert attributes(root) == {
            "rpc.system": "grpc",
            "rpc.service": "apiextensions.fn.proto.v1.FunctionRunnerService",
            "rpc.method": "RunFunction",
            "rpc.grpc.status_code": 0,
            "function_cdk8s.outcome": "composed",
            "function_cdk8s.xr": "team-a/one",
            "function_cdk8s.cache": "miss",
            "function_cdk8s.kernel": "native",
            "function_cdk8s.chart": "echo-chart:echo",
            "function_cdk8s.chart.version": "1.0.0",
        }
        assert of["service.name"] == "function-cdk8s"
        assert parts.keys() == {"queue", "synth", "convert"}
        times = [(parts[name].start_time_unix_nano, parts[name].end_time_unix_nano) for name in parts]
        assert all(begun <= ended for begun, ended in times)
        assert times == sorted(times), "one follows the other"
        slack = 5_000_000
        assert root.start_time_unix_nano - slack <= times[0][0]
        assert times[-1][1] <= root.end_time_unix_nano + slack

        function.run("echo")
        root, parts, _ = receiver.tree()
        assert root.parent_span_id == b"", "without a caller's trace it begins one"
        assert attributes(root)["function_cdk8s.cache"] == "hit"
        assert "function_cdk8s.kernel" not in attributes(root)
        assert parts.keys() == {"convert"}


def test_a_call_that_node_answered_says_so(traced: Traced, receiver: Receiver) -> None:
    with traced() as function:
        function.run("plus", "Plus")
        root, _, _ = receiver.tree()

    assert attributes(root)["function_cdk8s.kernel"] == "node"


def test_a_call_that_fails_says_why(traced: Traced, receiver: Receiver) -> None:
    with traced() as function:
        function.run("echo", spec={"objets": {}})
        refused, _, _ = receiver.tree()
        with pytest.raises(grpc.RpcError):
            function.run("crashing", "Crashing", {"mode": "segfault"})
        lost, parts, _ = receiver.tree()

    assert (refused.status.code, refused.status.message) == (
        refused.status.STATUS_CODE_ERROR,
        'spec.objets: unknown field (did you mean "objects"?)',
    )
    assert attributes(refused)["function_cdk8s.outcome"] == "fatal"
    assert attributes(refused)["rpc.grpc.status_code"] == 0
    assert lost.status.message == "its worker was lost: it was ended by signal 11 (SIGSEGV)"
    assert attributes(lost)["rpc.grpc.status_code"] == grpc.StatusCode.UNAVAILABLE.value[0]
    assert parts.keys() == {"queue", "synth"}


def test_what_the_caller_does_not_sample_is_not_sent(traced: Traced, receiver: Receiver) -> None:
    with traced() as function:
        function.run("echo", traceparent=f"{CALLER[:-2]}00")
        function.run("echo")

        assert receiver.tree()[0].trace_id.hex() != TRACE


def test_spans_that_are_not_sent_yet_are_sent_at_the_end(traced: Traced, receiver: Receiver) -> None:
    with traced(OTEL_BSP_SCHEDULE_DELAY="3600000") as function:
        function.run("echo", traceparent=CALLER)

    root, parts, _ = receiver.tree()
    assert (root.trace_id.hex(), parts.keys()) == (TRACE, {"queue", "synth", "convert"})


def test_a_receiver_that_is_not_there_harms_nobody(traced: Traced) -> None:
    with traced("--otlp-endpoint=http://127.0.0.1:1") as function:
        assert function.run("echo").meta is not None
        entry = function.await_entry("traces")

    assert entry["message"].startswith("Transient error StatusCode.UNAVAILABLE encountered while exporting traces")
    assert function.process.returncode == 0
    assert all(line.startswith("{") for line in function.lines if line), "every line is an entry"


def test_log_entries_name_xr_chart_version_and_trace(start: Any) -> None:
    with start("--insecure", "--workers=1", "--cache-size=0") as function:
        function.run("printing", "Printing", {"mode": "streams"}, traceparent=CALLER)
        function.run("raising", "Raising", {"mode": "plain"}, traceparent=CALLER)
        function.run("echo", spec={"objets": {}})
        with pytest.raises(grpc.RpcError):
            function.run("crashing", "Crashing", {"mode": "segfault"}, traceparent=CALLER)
        function.await_entry("failed")

    about = {
        (
            entry["msg"],
            entry.get("chart"),
            entry.get("version"),
            entry.get("xr"),
            entry.get("trace_id"),
            entry.get("kernel"),
        )
        for entry in function.log()
        if entry["msg"] in {"chart output", "chart raised", "refused", "failed", "worker lost"}
    }
    assert about == {
        ("chart output", "fixture-charts:printing", "0.1.0", "team-a/one", TRACE, None),
        ("chart raised", "fixture-charts:raising", "0.1.0", "team-a/one", TRACE, None),
        ("refused", "raising", "0.1.0", "team-a/one", TRACE, "native"),
        ("refused", "echo", "1.0.0", "team-a/one", None, "native"),
        ("worker lost", "fixture-charts:crashing", "0.1.0", "team-a/one", TRACE, None),
        ("failed", "crashing", "0.1.0", "team-a/one", TRACE, None),
    }


@pytest.mark.parametrize(
    "traceparent",
    ["", "nonsense", CALLER.upper(), f"ff{CALLER[2:]}", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01"],
)
def test_what_is_no_trace_is_none(traceparent: str) -> None:
    from cdk8s_function.server import tracing

    assert tracing.Tracer().begin([("traceparent", traceparent)]).trace_id == ""


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_a_protocol_other_than_grpc_is_refused(name: str, command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*command, "serve", "--insecure", "--otlp-endpoint=http://127.0.0.1:1"],
        env={**environment, name: "http/protobuf"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, done.stderr) == (
        1,
        f'Error: {name} is "http/protobuf", but this function sends traces by gRPC: set it to "grpc"\n',
    )


WITHOUT = """
import sys
from function_cdk8s import serve
with serve._tracer({endpoint!r}):
    print(sorted(name for name in ("opentelemetry", "prometheus_client", "jsii") if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("endpoint", "disabled", "imported"),
    [(None, "", []), ("http://127.0.0.1:1", "true", []), ("http://127.0.0.1:1", "", ["opentelemetry"])],
)
def test_opentelemetry_is_imported_where_it_is_wanted_alone(
    endpoint: str | None, disabled: str, imported: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(endpoint=endpoint)],
        env={**environment, "OTEL_SDK_DISABLED": disabled},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )

    assert done.stdout == f"{imported}\n"
