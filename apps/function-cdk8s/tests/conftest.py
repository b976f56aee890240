"""What the app's tests share: the command line as a process, and a served function."""

# pyright: reportUnknownMemberType=false
# gRPC's generated stubs are untyped.

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1
from function_cdk8s import serve as serving
from google.protobuf import json_format

Environment = dict[str, str]
Render = Callable[..., subprocess.CompletedProcess[str]]
Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]
Start = Callable[..., contextlib.AbstractContextManager["Served"]]
Files = dict[str, str | bytes]

EXAMPLE = pathlib.Path(__file__).parents[1] / "example"

CHARTS = pathlib.Path(__file__).parent / "charts"
START_SECONDS = 60
END_SECONDS = 60
RENDER_SECONDS = 60


class Served:
    """A served function.

    Attributes:
        process: Its first process.
        port: Where it serves gRPC.
        stub: Calls it, without TLS.
        lines: What it has printed.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = 0
        self.stub: Any = None
        self.lines: list[str] = []
        self._printed = threading.Condition()

    def listen(self) -> None:
        """Take note of each line it prints, until it ends."""
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                with self._printed:
                    self.lines.append(line)
                    self._printed.notify_all()
        with self._printed:
            self.lines.append("")
            self._printed.notify_all()

    def begin(self, chart: str, kind: str = "Echo", spec: Any = None, **more: Any) -> Any:
        """Call it for an XR; returns the call, which goes on. Keywords but these two are of the function input.

        Args:
            chart: The chart.
            kind: The XR's kind, Echo or one of the fixtures.
            spec: The XR's spec.
            **more: Among them `name`, the XR's, and `traceparent`, which the caller sends.
        """
        group = "echo.example.org" if kind == "Echo" else "fixtures.example.org"
        metadata = {"name": more.pop("name", "one"), "namespace": "team-a"}
        xr = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec or {}}
        traceparent = more.pop("traceparent", "")
        chart_input = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart, **more}
        fields = {"meta": {"tag": "tag"}, "observed": {"composite": {"resource": xr}}, "input": chart_input}
        req = json_format.ParseDict(fields, fnv1.RunFunctionRequest())
        sent = [("traceparent", traceparent)] if traceparent else []
        return self.stub.RunFunction.future(req, timeout=START_SECONDS, wait_for_ready=True, metadata=sent)

    def run(self, chart: str, kind: str = "Echo", spec: Any = None, **more: Any) -> fnv1.RunFunctionResponse:
        """Call it for an XR as `begin` does, and return its response."""
        return self.begin(chart, kind, spec, **more).result()

    def log(self) -> list[dict[str, Any]]:
        """Return the entries of its log."""
        entries: list[dict[str, Any]] = []
        for line in list(self.lines):
            with contextlib.suppress(json.JSONDecodeError):
                entries.append(json.loads(line))
        return entries

    def await_entry(self, message: str) -> dict[str, Any]:
        """Return the first entry of its log with a message, once it is there."""

        def found() -> dict[str, Any] | None:
            return next((entry for entry in self.log() if entry.get("msg") == message), None)

        with self._printed:
            self._printed.wait_for(lambda: found() or "" in self.lines, START_SECONDS)
        entry = found()
        assert entry, "the server did not say so:\n" + "".join(self.lines)
        return entry


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The command line of function-cdk8s, to be run by this Python."""
    return [sys.executable, "-c", "from function_cdk8s.cli import run; run()"]


@pytest.fixture(scope="session")
def environment() -> Environment:
    """An environment in which the charts of this folder are installed too, and no flag is set."""
    unset = {"CHARTS_DIR", "TMPDIR"}
    for option in serving.command.params:
        unset.update([option.envvar] if isinstance(option.envvar, str) else option.envvar or ())
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONPATH": str(CHARTS)}


@pytest.fixture
def render(command: list[str], environment: Environment, tmp_path: pathlib.Path) -> Render:
    """Run `function-cdk8s render` in a folder of its own, with a temporary folder in it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def rendered(*arguments: object, env: Environment | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "render", *map(str, arguments)],
            cwd=tmp_path,
            env={**environment, "TMPDIR": str(temporary), **(env or {})},
            capture_output=True,
            text=True,
            timeout=RENDER_SECONDS,
            check=False,
        )

    return rendered


@pytest.fixture(scope="session")
def start(command: list[str], environment: Environment) -> Start:
    """Start `function-cdk8s serve` on free ports; yields what is known of it."""

    @contextlib.contextmanager
    def started(*arguments: str, env: Environment | None = None) -> Generator[Served]:
        process = subprocess.Popen(
            [*command, "serve", *arguments],
            env={**environment, "ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        served = Served(process)
        listening = threading.Thread(target=served.listen)
        listening.start()
        try:
            served.port = served.await_entry("serving")["port"]
            with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
                served.stub = grpcv1.FunctionRunnerServiceStub(channel)
                yield served
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            listening.join()
            process.wait()

    return started


@pytest.fixture(scope="session")
def serve(start: Start) -> Serve:
    """Start `function-cdk8s serve` on a free port; yields the process and the port."""

    @contextlib.contextmanager
    def started(*arguments: str, env: Environment | None = None) -> Generator[tuple[subprocess.Popen[str], int]]:
        with start(*arguments, env=env) as served:
            yield served.process, served.port

    return started


@pytest.fixture
def given(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Files], None]:
    """Write files beside a good XR and Composition, and go there."""
    metadata = "{name: shop, namespace: team-a}"
    xr = f"apiVersion: example.org/v1alpha1\nkind: WebService\nmetadata: {metadata}\nspec: {{image: a}}\n"
    composition = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")

    def written(files: Files) -> None:
        monkeypatch.chdir(tmp_path)
        for name, content in {"xr.yaml": xr, "composition.yaml": composition, **files}.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    return written


@pytest.fixture(scope="session")
def files_of() -> Callable[..., Files]:
    """Make the files for a render with a fixture chart."""
    composition = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")

    def made(chart: str, kind: str, spec: str, *, timeout: str = "30s") -> Files:
        group = "echo.example.org" if kind == "Echo" else "fixtures.example.org"
        metadata = "{name: one, namespace: team-a}"
        return {
            "xr.yaml": f"apiVersion: {group}/v1\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n",
            "composition.yaml": composition.replace("example.org/v1alpha1", f"{group}/v1")
            .replace("kind: WebService", f"kind: {kind}")
            .replace("chart: web-service", f"chart: {chart}\n      timeout: {timeout}"),
        }

    return made
