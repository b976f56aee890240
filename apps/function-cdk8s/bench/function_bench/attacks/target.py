"""The function under attack: served on the loopback interface, and what it answers."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping
from typing import Any, Self

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
from cdk8s_function import proc
from google.protobuf import json_format, message
from prometheus_client import parser

from function_bench.chaos.supervised import end_orphans

SECONDS = 60
"""How long the function may take for whatever it is waited for."""

METHOD = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"
ALLOWED = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}
_COMMAND = pathlib.Path(sys.executable).parent / "function-cdk8s"
_LINE_CHARACTERS = 4000


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        kind: "composed", "FATAL", or the gRPC status.
        text: The message, if it was not composed.
        response: The response, if there is one.
        is_allowed: Whether it is right though its status is none of ALLOWED.
    """

    kind: str
    text: str = ""
    response: fnv1.RunFunctionResponse | None = None
    is_allowed: bool = False

    def fault(self) -> str:
        """Return what is wrong with it whatever was asked; "" if nothing is."""
        if self.response is None and self.kind not in ALLOWED and not self.is_allowed:
            return f"{self.kind}: {self.text[:200]!r}"
        if self.kind == "FATAL" and (not self.text.isprintable() or len(self.text) > _LINE_CHARACTERS):
            return f"the message is no line of {_LINE_CHARACTERS} printable characters: {self.text[:200]!r}"
        return ""


def request(
    chart: str, spec: Mapping[str, Any] | None = None, *, name: str = "demo", **more: Any
) -> fnv1.RunFunctionRequest:
    """Return a request for an XR of a fixture chart. What else is given is of the function input."""
    group, kind = ("echo.example.org", "Echo") if chart == "swapped" else ("fixtures.example.org", chart.capitalize())
    fields = {
        "meta": {"tag": "tag"},
        "observed": {
            "composite": {
                "resource": {
                    "apiVersion": f"{group}/v1",
                    "kind": kind,
                    "metadata": {"name": name, "namespace": "team-a"},
                    "spec": dict(spec or {}),
                }
            }
        },
        "desired": {"resources": {"earlier": {"resource": {"apiVersion": "v1", "kind": "ConfigMap"}}}},
        "input": {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart, **more},
    }
    return json_format.ParseDict(fields, fnv1.RunFunctionRequest())


class Target:
    """A served function with two workers. Use it as a context manager.

    Args:
        folder: An empty folder for its log and its temporary files.
        charts: A folder with charts besides the installed ones.
    """

    def __init__(self, folder: pathlib.Path, charts: pathlib.Path | None = None) -> None:
        self._folder = folder
        self._charts = charts
        self._good = ""
        self._tokens = 0
        self.faults: list[str] = []
        """What the server did that it should not."""

    def __enter__(self) -> Self:
        proc.adopt_orphans()
        log, temporary = self._folder / "log", self._folder / "tmp"
        temporary.mkdir()
        address = "127.0.0.1:0"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    _COMMAND,
                    "serve",
                    "--insecure",
                    "--workers=2",
                    f"--address={address}",
                    f"--metrics-address={address}",
                ],
                env={**os.environ, "TMPDIR": str(temporary), "CHARTS_DIR": str(self._charts or "")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            self.port, self.metrics_port = self._await_port("serving"), self._await_port("serving metrics")
        except BaseException:
            self._end()
            raise
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._run: Any = self._channel.unary_unary(METHOD)
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._end()

    def call(self, asked: fnv1.RunFunctionRequest | bytes, *, seconds: float = SECONDS) -> Outcome:
        """Call it, and return how that ended. An encoded request is sent as it is."""
        wire = asked if isinstance(asked, bytes) else asked.SerializeToString()
        try:
            response = fnv1.RunFunctionResponse.FromString(self._run(wire, timeout=seconds))
        except grpc.RpcError as error:
            failure: Any = error
            return Outcome(failure.code().name, failure.details() or "")
        except message.DecodeError as error:
            return Outcome("unreadable response", str(error))
        fatal = [result.message for result in response.results if result.severity == fnv1.SEVERITY_FATAL]
        return Outcome("FATAL" if fatal else "composed", "".join(fatal), response)

    def check_good(self) -> str:
        """Have a worker compose an XR; return what is wrong with the response, "" if it is the whole right one."""
        self._tokens += 1
        token, end = f"token-{self._tokens:06}", time.monotonic() + SECONDS
        asked = request("good", {"token": token}, name="good", cache=False)
        while (outcome := self.call(asked)).kind in ALLOWED and time.monotonic() < end:
            time.sleep(0.1)
        if outcome.kind != "composed" or outcome.response is None:
            return f"a good request is not composed: {outcome.kind} {outcome.text}"
        plain = json.dumps(json_format.MessageToDict(outcome.response), sort_keys=True)
        if plain.count(token) != 8:
            return f"the response to a good request holds its token {plain.count(token)} times, not 8"
        self._good = self._good or plain.replace(token, "token")
        return "" if plain.replace(token, "token") == self._good else "a good request's response differs from the first"

    def get(self, path: str) -> str:
        """Return a page of its metrics port, "" if it does not answer with 200 in time."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=SECONDS) as reply,
            ):
                return reply.read().decode() or "ok"
            time.sleep(0.1)
        return ""

    def lost(self) -> dict[str, float]:
        """Return how many workers were lost, by reason."""
        return {
            sample.labels["reason"]: sample.value
            for family in parser.text_string_to_metric_families(self.get("/metrics"))
            for sample in family.samples
            if sample.name == "function_cdk8s_workers_lost_total"
        }

    def has_said(self, message_: str) -> bool:
        """Return whether a message is in its log."""
        return any(entry.get("msg") == message_ for entry in self._entries())

    def _entries(self) -> Generator[dict[str, Any]]:
        for line in (self._folder / "log").read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)

    def _await_port(self, said: str) -> int:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            for entry in self._entries():
                if entry.get("msg") == said:
                    return entry["port"]
            time.sleep(0.05)
        msg = "the function does not serve:\n" + (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(msg)

    def _end(self) -> None:
        self.process.terminate()
        try:
            status = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
            self.faults.append(f"the server did not end within {SECONDS} s")
        if status:
            self.faults.append(f"the server ended with status {status}")
        self.faults += [f"the server left a process running: {left}" for left in end_orphans()]
