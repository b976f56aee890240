"""The served function, called over gRPC as Crossplane calls it."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportAttributeAccessIssue=false
# gRPC's generated stubs are untyped.

import base64
import contextlib
import hashlib
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import crossplane.function.proto.v1beta1.run_function_pb2 as fnv1beta1
import grpc
import pytest
from click.testing import CliRunner
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1
from crossplane.function.proto.v1beta1 import run_function_pb2_grpc as grpcv1beta1
from function_cdk8s.cli import main
from google.protobuf import json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]

CHARTS = pathlib.Path(__file__).parents[1] / "charts"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
SECONDS = 60
MIB = 1 << 20
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def request(chart: str, spec: dict[str, Any] | None = None, **more: Any) -> fnv1.RunFunctionRequest:
    """Return a request for an Echo, or with kind for another fixture; keywords not of a request are of its input."""
    kind = more.pop("kind", "Echo")
    api_version = "echo.example.org/v1" if kind == "Echo" else "fixtures.example.org/v1"
    fields = {
        "meta": {"tag": "tag"},
        "observed": {
            "composite": {
                "resource": {
                    "apiVersion": api_version,
                    "kind": kind,
                    "metadata": {"name": "one", "namespace": "team-a"},
                    "spec": spec or {},
                }
            }
        },
        "desired": more.pop("desired", {}),
        "input": {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart, **more},
    }
    return json_format.ParseDict(fields, fnv1.RunFunctionRequest())


def plain(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def connect(port: int, credentials: grpc.ChannelCredentials | None = None, **options: object) -> grpc.Channel:
    pairs = [(f"grpc.{name}", value) for name, value in options.items()]
    target = f"127.0.0.1:{port}"
    return grpc.secure_channel(target, credentials, pairs) if credentials else grpc.insecure_channel(target, pairs)


def functions(channel: grpc.Channel) -> Any:
    """Return the functions of a server; the stubs have no types."""
    return grpcv1.FunctionRunnerServiceStub(channel)


def health(channel: grpc.Channel) -> Any:
    """Return a server's health service."""
    return health_pb2_grpc.HealthStub(channel)


def failure(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    """Return the status a call fails with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    return error.code(), error.details()


def until(met: Callable[[], object]) -> None:
    """Wait until a condition is met."""
    end = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def served(serve: Serve) -> Iterator[int]:
    """A function with one worker and room for one request beside it; its port."""
    with serve("--insecure", "--workers=1", "--queue=1") as (_, port):
        yield port


@pytest.fixture(scope="module")
def channel(served: int) -> Iterator[grpc.Channel]:
    with connect(served) as channel:
        yield channel


@pytest.fixture(scope="module")
def run(channel: grpc.Channel) -> Callable[..., fnv1.RunFunctionResponse]:
    """Call the function."""
    stub = functions(channel)

    def called(req: fnv1.RunFunctionRequest, *, seconds: float = SECONDS) -> fnv1.RunFunctionResponse:
        return stub.RunFunction(req, timeout=seconds, wait_for_ready=True)

    return called


Run = Callable[..., fnv1.RunFunctionResponse]


def test_returns_the_charts_objects_beside_what_earlier_steps_desire(run: Run) -> None:
    earlier = {
        "composite": {"resource": {"status": {"a": 1.0}}},
        "resources": {"other": {"resource": {"kind": "Other"}}},
    }
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"k": "v"}}

    rsp = run(request("echo", {"objects": {"config": manifest}, "status": {"b": "x"}}, desired=earlier, ttl="5m"))

    assert plain(rsp) == {
        "meta": {"tag": "tag", "ttl": "300s"},
        "desired": {
            "composite": {"resource": {"status": {"a": 1.0, "b": "x"}}},
            "resources": {
                "other": {"resource": {"kind": "Other"}},
                "config": {
                    "resource": {
                        **manifest,
                        "metadata": {
                            "name": "made",
                            "labels": {"cdk8s.fn.crossplane.io/chart": "echo"},
                            "annotations": {"cdk8s.fn.crossplane.io/chart-version": "1.0.0"},
                        },
                    },
                    "ready": "READY_FALSE",
                },
            },
        },
        "context": {},
    }


def test_the_ttl_is_a_minute_unless_the_input_says_another(run: Run) -> None:
    assert run(request("echo")).meta.ttl.ToSeconds() == 60
    assert run(request("echo", ttl="1h30m")).meta.ttl.ToSeconds() == 5400
    assert run(request("echo", ttl="0s")).meta.ttl.ToSeconds() == 0


def test_a_users_fault_is_a_fatal_result_that_leaves_desired_state_as_it_came(run: Run) -> None:
    earlier = {"resources": {"other": {"resource": {"kind": "Other"}, "ready": "READY_TRUE"}}}

    rsp = run(request("echo", {"objets": {}}, desired=earlier))

    assert plain(rsp) == {
        "meta": {"tag": "tag", "ttl": "0s"},
        "desired": earlier,
        "results": [
            {
                "severity": "SEVERITY_FATAL",
                "message": 'cannot compose Echo "team-a/one" with chart "echo": '
                'spec.objets: unknown field (did you mean "objects"?)',
            }
        ],
        "context": {},
    }


def test_both_versions_of_the_protocol_respond_the_same(run: Run, channel: grpc.Channel) -> None:
    req = request("echo", {"objects": {"a": {"apiVersion": "v1", "kind": "ConfigMap"}}})
    beta = fnv1beta1.RunFunctionRequest.FromString(req.SerializeToString())

    rsp = grpcv1beta1.FunctionRunnerServiceStub(channel).RunFunction(beta, timeout=SECONDS)

    assert plain(rsp) == plain(run(req))


@pytest.mark.parametrize("service", ["v1", "v1beta1"])
def test_a_deep_or_too_deep_or_invalid_request_gets_a_response(channel: grpc.Channel, service: str) -> None:
    call = channel.unary_unary(f"/apiextensions.fn.proto.{service}.FunctionRunnerService/RunFunction")
    responses: dict[int, str] = {}
    for levels in (60, 9_000):
        req = request("echo")
        fields = req.context.fields
        for _ in range(levels - 1):
            fields = fields["a"].struct_value.fields
        fields["a"].string_value = "leaf"
        responses[levels] = call(req.SerializeToString(), timeout=SECONDS).decode(errors="replace")

    assert "nests deeper" not in responses[60]
    assert "leaf" in responses[60]
    assert 'cannot compose Echo "team-a/one": the request\'s context.a.a' in responses[9_000]
    assert failure(lambda: call(b"\xff", timeout=SECONDS)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "the request is no RunFunctionRequest",
    )


def test_reflection_names_the_services(channel: grpc.Channel) -> None:
    assert sorted(ProtoReflectionDescriptorDatabase(channel).get_services()) == [
        "apiextensions.fn.proto.v1.FunctionRunnerService",
        "apiextensions.fn.proto.v1beta1.FunctionRunnerService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


def test_a_lost_worker_is_unavailable(run: Run) -> None:
    assert failure(lambda: run(request("crashing", {"mode": "segfault"}, kind="Crashing"))) == (
        UNAVAILABLE,
        (
            'cannot compose Crashing "team-a/one" with chart "crashing": '
            "its worker was lost: it was ended by signal 11 (SIGSEGV)"
        ),
    )


def test_a_chart_over_its_timeout_is_deadline_exceeded(run: Run) -> None:
    # A worker is warm when this call has ended.
    run(request("echo", cache=False))

    assert failure(lambda: run(request("slow", {"seconds": 1000}, kind="Slow", timeout="1s"))) == (
        grpc.StatusCode.DEADLINE_EXCEEDED,
        'cannot compose Slow "team-a/one" with chart "slow": its chart did not finish in time; its worker was ended',
    )


def test_a_callers_deadline_ends_the_chart_before_its_timeout(run: Run) -> None:
    slow = request("slow", {"seconds": 1000}, kind="Slow", timeout="1h")

    code, _ = failure(lambda: run(slow, seconds=1))

    assert code == grpc.StatusCode.DEADLINE_EXCEEDED
    # The one worker is free for the next request.
    assert run(request("echo", cache=False)).meta.tag == "tag"


def test_a_request_for_which_there_is_no_room_is_unavailable(
    run: Run, channel: grpc.Channel, tmp_path: pathlib.Path
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    stub = functions(channel)
    run(request("echo", cache=False))
    working = stub.RunFunction.future(request("echo", {"begun": str(begun), "waitFor": str(go)}), timeout=SECONDS)
    until(begun.exists)

    waiting = [stub.RunFunction.future(request("echo", cache=False), timeout=SECONDS) for _ in range(2)]
    until(lambda: any(call.done() for call in waiting))
    (refused,) = [call for call in waiting if call.done()]
    go.touch()

    assert (refused.code(), refused.details()) == (
        UNAVAILABLE,
        'cannot compose Echo "team-a/one" with chart "echo": every worker is busy and 1 requests wait already',
    )
    (queued,) = [call for call in waiting if call is not refused]
    assert queued.result().meta.tag == working.result().meta.tag == "tag"


def test_a_response_above_the_limit_fails(run: Run) -> None:
    huge = request("huge", {"objects": 2, "bytesEach": 4 * MIB - 10_000}, kind="Huge")
    earlier = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"text": "x" * 20_000}}
    huge.desired.resources["earlier"].resource.update(earlier)

    code, details = failure(lambda: run(huge))

    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details.startswith("SERVER: Sent message larger than max (")


def test_a_request_above_the_limit_fails(run: Run) -> None:
    code, details = failure(lambda: run(request("echo", {"status": {"large": "x" * 5 * MIB}})))

    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details.startswith("SERVER: Received message larger than max (")


def test_larger_messages_pass_where_the_flags_let_them(serve: Serve) -> None:
    with (
        serve("--insecure", "--workers=1", env={"MAX_RECV_MESSAGE_SIZE": "16"}) as (_, port),
        connect(port, max_receive_message_length=-1) as channel,
    ):
        stub = functions(channel)
        large = request("huge", {"token": "x" * 5 * MIB}, kind="Huge", timeout="1m")
        rsp = stub.RunFunction(large, timeout=SECONDS, wait_for_ready=True)

    assert len(rsp.desired.resources) == 1000
    assert rsp.desired.resources["config"].resource["data"]["token"] == "x" * 5 * MIB
    assert rsp.ByteSize() > 9 * MIB


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("DEBUG", "--debug"),
        ("INSECURE", "--insecure"),
        ("MAX_RECV_MESSAGE_SIZE", "--max-recv-message-size"),
        ("MAX_GRPC_MESSAGE_SIZE", "--max-recv-message-size"),
        ("MAX_SEND_MESSAGE_SIZE", "--max-send-message-size"),
        ("WORKERS", "--workers"),
        ("QUEUE", "--queue"),
        ("RECYCLE_REQUESTS", "--recycle-requests"),
        ("RECYCLE_AGE", "--recycle-age"),
        ("RECYCLE_GROWTH", "--recycle-growth"),
        ("WORKER_MEMORY", "--worker-memory"),
        ("NODE_HEAP", "--node-heap"),
        ("CACHE_SIZE", "--cache-size"),
        ("CACHE_CHECK", "--cache-check"),
        ("VERIFY_SHARE", "--verify-share"),
        ("GRACE", "--grace"),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused(variable: str, option: str) -> None:
    result = CliRunner().invoke(main, ["serve"], env={variable: "nonsense"})

    assert result.exit_code == 2
    assert f"Error: Invalid value for '{option}'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no certificates: give --tls-server-certs-dir (or TLS_SERVER_CERTS_DIR), or --insecure"),
        (("--tls-server-certs-dir=absent",), "[Errno 2] No such file or directory: 'absent/tls.key'"),
    ],
)
def test_no_way_to_serve(
    arguments: tuple[str, ...], message: str, command: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [*command, "serve", "--metrics-address=", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, f"Error: {message}\n")


def test_a_port_that_is_taken_ends_the_server(served: int, command: list[str], environment: dict[str, str]) -> None:
    address = f"--address=127.0.0.1:{served}"
    done = subprocess.run(
        [*command, "serve", "--insecure", "--metrics-address=", address],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert f"Error: Failed to bind to address 127.0.0.1:{served}" in done.stderr


GATE = """
import pathlib, time
from echo_chart import Echo
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.01)
"""


def test_health_from_start_to_drain(serve: Serve, environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    """Not serving until a worker is warm; after SIGTERM the running call ends, and a new one is refused."""
    warm, begun, go = tmp_path / "warm", tmp_path / "begun", tmp_path / "go"
    info = tmp_path / "gated-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: gated\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[cdk8s_function.charts]\ngated = gated:Echo\n", encoding="utf-8")
    (tmp_path / "gated.py").write_text(GATE.format(gate=str(warm)), encoding="utf-8")
    folders = f"{environment['PYTHONPATH']}:{tmp_path}"

    with (
        serve("--insecure", "--workers=1", "--grace=600", env={"PYTHONPATH": folders}) as (process, port),
        connect(port) as channel,
        connect(port, use_local_subchannel_pool=1) as other,
    ):
        watched = health(channel).Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS, wait_for_ready=True)
        statuses = (report.status for report in watched)

        assert next(statuses) == NOT_SERVING
        warm.touch()
        assert next(statuses) == SERVING
        for service in ("", "apiextensions.fn.proto.v1.FunctionRunnerService"):
            check = health_pb2.HealthCheckRequest(service=service)
            assert health(channel).Check(check, timeout=SECONDS).status == SERVING

        stub = functions(channel)
        working = stub.RunFunction.future(request("echo", {"begun": str(begun), "waitFor": str(go)}), timeout=SECONDS)
        until(begun.exists)
        process.send_signal(signal.SIGTERM)
        assert list(statuses) == [NOT_SERVING], "and then the stream ends, while the call in work goes on"
        # A call that was on its way is still taken, and waits for the worker.
        until(lambda: failure(lambda: functions(other).RunFunction(request("echo"), timeout=1))[0] == UNAVAILABLE)
        go.touch()

        assert working.result().meta.tag == "tag"
        assert process.wait(timeout=SECONDS) == 0


def test_an_old_connection_is_replaced_and_the_call_in_work_on_it_ends(serve: Serve, tmp_path: pathlib.Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    states: list[grpc.ChannelConnectivity] = []
    with (
        serve("--insecure", "--workers=1", "--connection-age=1") as (_, port),
        connect(port, use_local_subchannel_pool=1) as channel,
    ):
        channel.subscribe(states.append)
        run = functions(channel).RunFunction
        held = request("echo", {"begun": str(begun), "waitFor": str(go)})
        working = run.future(held, timeout=SECONDS, wait_for_ready=True)
        until(begun.exists)
        until(lambda: states[-1] == grpc.ChannelConnectivity.IDLE and grpc.ChannelConnectivity.READY in states)
        go.touch()

        assert working.result().meta.tag == "tag"
        assert run(request("echo"), timeout=SECONDS).meta.tag == "tag"
        assert states.count(grpc.ChannelConnectivity.READY) > 1


def test_an_unknown_service_has_no_health(channel: grpc.Channel) -> None:
    check = health_pb2.HealthCheckRequest(service="absent")
    watched = health(channel).Watch(check, timeout=SECONDS)

    code, _ = failure(lambda: health(channel).Check(check, timeout=SECONDS))

    assert code == grpc.StatusCode.NOT_FOUND
    assert next(watched).status == SERVICE_UNKNOWN
    watched.cancel()


def test_who_watches_is_told_though_another_has_left(serve: Serve) -> None:
    with serve("--insecure", "--workers=1") as (process, port), connect(port) as channel:
        first, second = [
            health(channel).Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS, wait_for_ready=True)
            for _ in range(2)
        ]
        for watched in (first, second):
            until(lambda: next(watched).status == SERVING)  # noqa: B023  # Called at once.
        first.cancel()
        until(lambda: health(channel).Check(health_pb2.HealthCheckRequest(), timeout=SECONDS).status == SERVING)
        process.send_signal(signal.SIGTERM)

        assert [report.status for report in second] == [NOT_SERVING]


def test_charts_of_mounted_folders_are_served(serve: Serve, tmp_path: pathlib.Path) -> None:
    """A wheel unpacked into a folder of CHARTS_DIR is a chart like an installed one."""
    folder = shutil.copytree(CHARTS, tmp_path / "echo")
    files = ("echo_chart.py", "echo_chart-1.0.0.dist-info/entry_points.txt")
    digests = [base64.urlsafe_b64encode(hashlib.sha256((folder / each).read_bytes()).digest()) for each in files]
    rows = [f"{each},sha256={digest.decode()},\n" for each, digest in zip(files, digests, strict=True)]
    (folder / "echo_chart-1.0.0.dist-info/RECORD").write_text("".join(rows), encoding="utf-8")

    env = {"PYTHONPATH": "", "CHARTS_DIR": str(tmp_path)}
    with serve("--insecure", "--workers=1", env=env) as (_, port), connect(port) as channel:
        response = functions(channel).RunFunction(request("echo"), timeout=SECONDS, wait_for_ready=True)

    assert plain(response) == {"meta": {"tag": "tag", "ttl": "60s"}, "desired": {}, "context": {}}


def test_a_missing_folder_of_charts_is_refused() -> None:
    done = CliRunner().invoke(main, ["charts"], env={"CHARTS_DIR": "/nowhere"})

    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        "Error: Invalid value for '--charts-dir' (env var: 'CHARTS_DIR'): Directory '/nowhere' does not exist.",
    )
