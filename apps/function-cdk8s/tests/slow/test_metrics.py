"""What the served function reports to Prometheus and the kubelet over HTTP."""

import contextlib
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import psutil
import pytest
from google.protobuf import json_format
from prometheus_client import parser

WORKSPACE = pathlib.Path(__file__).parents[4]
PAGE = WORKSPACE / "docs/reference/observability.md"
SECONDS = 60
Watch = Callable[..., contextlib.AbstractContextManager["Watched"]]
Labels = tuple[tuple[str, str], ...]


class Watched:
    """What is watched of a served function.

    Args:
        served: The function.
    """

    def __init__(self, served: Any) -> None:
        self.process: subprocess.Popen[str] = served.process
        self.run: Callable[..., fnv1.RunFunctionResponse] = served.run
        self.begin: Callable[..., Any] = served.begin
        self.metrics_port: int = served.await_entry("serving metrics")["port"]

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=SECONDS) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def samples(self) -> dict[tuple[str, Labels], float]:
        """Return all metrics, by name and labels."""
        families = parser.text_string_to_metric_families(self.get("/metrics")[1])
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Return one metric."""
        return self.samples()[f"function_cdk8s_{name}", tuple(sorted(labels.items()))]


def until(met: Callable[[], object]) -> None:
    """Wait until a condition is met."""
    end = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def watch(start: Any) -> Watch:
    @contextlib.contextmanager
    def watched(*arguments: str, **options: Any) -> Generator[Watched]:
        with start("--insecure", *arguments, **options) as served:
            yield Watched(served)

    return watched


def test_calls_are_counted_by_chart_outcome_and_what_the_cache_did(watch: Watch) -> None:
    with watch("--workers=1", "--cache-check=0") as function:
        for _ in range(3):
            function.run("echo")
        function.run("echo", spec={"nonsense": 1})
        function.run("echo", cache=False)
        for name in ("a", "b"):
            function.run(f"no-such-chart-{name}")
        with pytest.raises(grpc.RpcError):
            function.run("slow", "Slow", {"seconds": 1000}, timeout="1s")
        with pytest.raises(grpc.RpcError):
            function.run("crashing", "Crashing", {"mode": "segfault"})
        samples = function.samples()

    nonzero = {
        (name, labels): value
        for (name, labels), value in samples.items()
        if value and name in {"function_cdk8s_requests_total", "function_cdk8s_cache_requests_total"}
    }
    assert nonzero == {
        ("function_cdk8s_requests_total", (("chart", "echo"), ("outcome", "composed"), ("version", "1.0.0"))): 4,
        ("function_cdk8s_requests_total", (("chart", "echo"), ("outcome", "fatal"), ("version", "1.0.0"))): 1,
        ("function_cdk8s_requests_total", (("chart", "(unknown)"), ("outcome", "fatal"), ("version", ""))): 2,
        ("function_cdk8s_requests_total", (("chart", "crashing"), ("outcome", "unavailable"), ("version", "0.1.0"))): 1,
        (
            "function_cdk8s_requests_total",
            (("chart", "slow"), ("outcome", "deadline_exceeded"), ("version", "0.1.0")),
        ): 1,
        ("function_cdk8s_cache_requests_total", (("chart", "echo"), ("result", "miss"))): 2,
        ("function_cdk8s_cache_requests_total", (("chart", "echo"), ("result", "hit"))): 2,
        ("function_cdk8s_cache_requests_total", (("chart", "echo"), ("result", "off"))): 1,
        ("function_cdk8s_cache_requests_total", (("chart", "crashing"), ("result", "miss"))): 1,
        ("function_cdk8s_cache_requests_total", (("chart", "slow"), ("result", "miss"))): 1,
    }
    # Each call has its time, and each that reached a worker the time there.
    counts = {
        (name.removesuffix("_count"), *(value for _, value in labels)): value
        for (name, labels), value in samples.items()
        if value and name.endswith("_seconds_count")
    }
    assert counts == {
        ("function_cdk8s_request_seconds", "echo"): 5,
        ("function_cdk8s_request_seconds", "(unknown)"): 2,
        ("function_cdk8s_request_seconds", "crashing"): 1,
        ("function_cdk8s_request_seconds", "slow"): 1,
        ("function_cdk8s_synth_seconds", "echo", "native"): 3,
        ("function_cdk8s_synth_seconds", "crashing", "none"): 1,
        ("function_cdk8s_synth_seconds", "slow", "none"): 1,
        ("function_cdk8s_queue_wait_seconds",): 5,
    }
    assert samples["function_cdk8s_synth_seconds_sum", (("chart", "slow"), ("kernel", "none"))] >= 0.9


def test_a_synthesis_is_counted_by_its_kernel(watch: Watch) -> None:
    with watch("--workers=1", "--cache-size=0") as function:
        for chart, kind in (("echo", "Echo"), ("plus", "Plus"), ("plus", "Plus"), ("fixed", "Fixed")):
            function.run(chart, kind)
        counts = {
            labels: value
            for (name, labels), value in function.samples().items()
            if value and name == "function_cdk8s_synth_seconds_count"
        }

    assert counts == {
        (("chart", "echo"), ("kernel", "native")): 1,
        (("chart", "plus"), ("kernel", "node")): 2,
        (("chart", "fixed"), ("kernel", "none")): 1,
    }


def test_a_chart_whose_kernels_differ_is_told_and_left_to_node(watch: Watch) -> None:
    def told(function: Watched) -> str:
        rsp = function.run("telltale", "Telltale", {"mode": "differ"})
        return json_format.MessageToDict(rsp.desired.resources["told"].resource)["data"]["kernel"]

    with watch("--workers=1", "--verify-share=0.5") as function:
        function.run("good", "Good")
        assert [told(function) for _ in range(3)] == ["node"] * 3
        assert function.value("verifications_total", chart="good", result="same") == 1
        assert function.value("verifications_total", chart="telltale", result="different") == 1
        assert function.value("verifications_total", chart="telltale", result="same") == 0


def test_what_was_cached_before_a_difference_is_used_no_more(watch: Watch) -> None:
    def told(function: Watched, name: str) -> str:
        rsp = function.run("telltale", "Telltale", {"mode": "differ"}, name=name)
        return json_format.MessageToDict(rsp.desired.resources["told"].resource)["data"]["kernel"]

    with watch("--workers=1", "--verify-share=0.5", "--cache-check=0") as function:
        # The first synthesis is verified and says nothing of the kernel, the second is not, the third is.
        function.run("telltale", "Telltale")
        assert [told(function, "a") for _ in range(2)] == ["native"] * 2, "it is cached"
        assert told(function, "b") == "node"
        assert told(function, "a") == "node"


def test_the_workers_are_told_as_they_are(watch: Watch, tmp_path: pathlib.Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    with watch("--workers=1", "--queue=7", "--recycle-requests=3", "--worker-memory=300") as function:
        function.run("echo", cache=False)
        assert function.value("workers", state="idle") == 1
        assert function.value("worker_resident_bytes", worker="0") > 20 << 20
        assert function.value("worker_limit_bytes") == 300 << 20
        assert function.value("queue_limit_requests") == 7

        working = function.begin("echo", spec={"begun": str(begun), "waitFor": str(go)}, cache=False)
        until(begun.exists)
        waiting = function.begin("echo", cache=False)
        until(lambda: function.value("queue_requests") == 1)
        assert function.value("workers", state="busy") == 1
        go.touch()
        assert working.result().meta is not None
        assert waiting.result().meta is not None

        for kind, mode, spec in (("Crashing", "segfault", {}), ("Leaking", "shared", {"mebibytes": 4000})):
            with pytest.raises(grpc.RpcError):
                function.run(kind.lower(), kind, {"mode": mode, **spec}, timeout="1m")
        function.run("forking", "Forking", {"mode": "child"})
        until(lambda: function.value("workers_recycled_total", reason="spoiled") == 1)
        for _ in range(4):
            function.run("echo", cache=False)
        until(lambda: function.value("workers_recycled_total", reason="requests") >= 1)
        assert function.value("workers_lost_total", reason="ended") == 1
        assert function.value("workers_lost_total", reason="memory") == 1
        assert function.value("workers_lost_total", reason="deadline") == 0
        assert function.value("workers_started_total") >= 5


def test_a_chart_that_is_trusted_no_more_is_told(watch: Watch) -> None:
    with watch("--workers=1", "--cache-check=100") as function:
        assert function.value("chart_distrusted", chart="random") == 0
        for _ in range(2):
            function.run("random", "Random")

        assert function.value("chart_distrusted", chart="random") == 1
        assert function.value("chart_distrusted", chart="echo") == 0
        assert function.value("cache_requests_total", chart="random", result="check") == 1


def test_no_xr_and_no_caller_adds_a_series(watch: Watch) -> None:
    with watch("--workers=1") as function:
        function.run("echo")
        before = function.samples().keys()
        for number in range(20):
            function.run("echo", name=f"xr-{number}")
            function.run(f"chart-{number}")

        assert function.samples().keys() == before


def test_probes_from_start_to_drain(watch: Watch, tmp_path: pathlib.Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    with watch("--workers=1", "--grace=600") as function:
        assert function.get("/livez") == (200, "ok\n")
        until(lambda: function.get("/readyz") == (200, "ok\n"))

        working = function.begin("echo", spec={"begun": str(begun), "waitFor": str(go)}, cache=False)
        until(begun.exists)
        function.process.send_signal(signal.SIGTERM)
        until(lambda: function.get("/readyz") == (503, "service unavailable\n"))
        assert function.get("/livez") == (200, "ok\n"), "a server that drains is no reason to restart it"
        assert function.get("/nothing") == (404, "not found\n")
        go.touch()
        assert working.result().meta is not None
        assert function.process.wait(timeout=SECONDS) == 0


def test_without_a_host_it_listens_on_every_address(watch: Watch) -> None:
    with watch("--workers=1", "--metrics-address=:0") as function:
        hosts = ["127.0.0.1", "[::1]"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]
        for host in hosts:
            with urllib.request.urlopen(f"http://{host}:{function.metrics_port}/livez", timeout=SECONDS) as reply:
                assert reply.status == 200


def test_no_worker_listens_anywhere(watch: Watch) -> None:
    with watch("--workers=2") as function:
        function.run("echo", cache=False)
        server = psutil.Process(function.process.pid)
        listening = {
            process.pid: {
                connection.laddr.port for connection in process.net_connections() if connection.status == "LISTEN"
            }
            for process in (server, *server.children(recursive=True))
        }

    assert len(listening) > 2
    assert {pid: ports for pid, ports in listening.items() if ports}.keys() == {server.pid}
    assert function.metrics_port in listening[server.pid]


@pytest.fixture
def refusal(command: list[str], environment: dict[str, str]) -> Callable[[str], tuple[int, str]]:
    """Start the server with an address for metrics that won't do; returns its status and its words."""

    def ended(address: str) -> tuple[int, str]:
        arguments = [*command, "serve", "--insecure", f"--metrics-address={address}"]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
        return done.returncode, done.stderr

    return ended


def test_an_address_that_is_taken_ends_the_server(refusal: Callable[[str], tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = refusal(address)

    assert done == (
        1,
        (
            f"Error: cannot listen on {address} for metrics (Address already in use): "
            'give another --metrics-address, or "" for none\n'
        ),
    )


@pytest.mark.parametrize("address", ["8080", "localhost:http", "::1:80", "1.2.3.4:70000"])
def test_an_invalid_address_is_refused(address: str, refusal: Callable[[str], tuple[int, str]]) -> None:
    done = refusal(address)

    assert done == (1, f'Error: metrics address "{address}" is not host:port\n')


def test_without_an_address_nothing_is_told(start: Any) -> None:
    with start("--insecure", "--workers=1", "--metrics-address=") as made:
        made.run("echo")
        listening = [each for each in psutil.Process(made.process.pid).net_connections() if each.status == "LISTEN"]

    assert {each.laddr.port for each in listening} == {made.port}


def test_the_page_lists_every_metric_with_its_labels(watch: Watch) -> None:
    with watch("--workers=1") as function:
        text = function.get("/metrics")[1]
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    ours: dict[str, tuple[str, str]] = {}
    for name, family in families.items():
        shown = f"{name}_total" if family.type == "counter" else name
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        if name.startswith("function_cdk8s_"):
            ours[shown] = (family.type, " ".join(f"`{label}`" for label in labels))

    rows = re.findall(
        r"^\| `(function_cdk8s_\w+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name: (kind, labels.strip()) for name, kind, labels in rows} == ours
    assert len(rows) == len(ours)
