"""A request that a served function recorded, rendered again."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# gRPC's generated stubs are untyped.

import base64
import contextlib
import dataclasses
import hashlib
import pathlib
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
import structlog
import yaml
from cdk8s_function.protocol.messages import ChartRef, Secrecy
from cdk8s_function.protocol.structs import to_dict as plain
from cdk8s_function.recording import recording
from cdk8s_function.recording.recording import Outcome, Recording

Render = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., contextlib.AbstractContextManager[Any]]

ERRORS = pathlib.Path(__file__).parents[4] / "docs" / "reference" / "errors.md"
ROWS = re.findall(r"^\| `(.+?)` \|", ERRORS.read_text(encoding="utf-8").split("## Replaying", 1)[1], re.MULTILINE)
SECONDS = 60
PASSWORD = "correct horse battery"
TOKEN = "token-of-the-spec"
INPUT = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "echo"}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"url": f"//me:{PASSWORD}@db"}}


def request(name: str, debug: str = "true", **spec: Any) -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest()
    req.input.update(INPUT)
    metadata = {"name": name, "namespace": "team-a", "annotations": {"cdk8s.fn.crossplane.io/debug": debug}}
    xr = {"apiVersion": "echo.example.org/v1", "kind": "Echo", "metadata": metadata, "spec": spec}
    req.observed.composite.resource.update(xr)
    data = {"password": base64.b64encode(PASSWORD.encode()).decode()}
    login = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "team-a"}, "data": data}
    req.observed.resources["login"].resource.update(login)
    req.credentials["api"].credential_data.data["key"] = b"key of the api"
    return req


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A served function, and what it recorded."""

    served: Any

    def run(self, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        """Call it."""
        return self.served.stub.RunFunction(req, timeout=SECONDS, wait_for_ready=True)

    @property
    def log(self) -> list[str]:
        """The lines of its log."""
        return list(self.served.lines)

    def recorded(self, xr: str) -> list[str]:
        """Return the lines with recordings of an XR."""
        return [line for line in self.log if "cdk8s-recording:" in line and f'"team-a/{xr}"' in line]

    def until_recorded(self, xr: str) -> str:
        """Wait until an XR's request is in the log; return its lines."""
        end = time.monotonic() + SECONDS
        while not self.recorded(xr):
            assert time.monotonic() < end, self.log
            time.sleep(0.01)
        return "".join(self.recorded(xr))


@pytest.fixture(scope="module")
def served(start: Start) -> Iterator[Recorded]:
    with start("--insecure", "--workers=1") as function:
        yield Recorded(function)


def find(log: str) -> Recording:
    """Return the one recording in a log."""
    ((name, data),) = recording.find(log).items()
    return recording.unpack(name, data)


def written(folder: pathlib.Path, text: str) -> pathlib.Path:
    log = folder / "log"
    log.write_text(text, encoding="utf-8")
    return log


def packed(recorded: Recording) -> str:
    return "\n".join(recording.pack(recorded.encode())[1])


def test_a_replay_prints_the_response_with_placeholders_for_secrets(
    served: Recorded, render: Render, tmp_path: pathlib.Path
) -> None:
    response = served.run(request("one", objects={"config": CONFIG}, token=TOKEN))
    log = served.until_recorded("one")

    done = render("--replay", written(tmp_path, log))

    name, *_ = recording.find(log)
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f'recording {name}: Echo "team-a/one" at ')
    assert lines[1:] == ["versions: the same", f"response: the recorded one, {find(log).outcome.digest}"]
    assert done.returncode == 0
    xr, config, token = yaml.safe_load_all(done.stdout)
    assert (xr["kind"], xr["metadata"]) == ("Echo", {"name": "one", "namespace": "team-a"})
    assert (config["kind"], token["kind"]) == ("ConfigMap", "Secret")
    # The chart's copies are of the right length, and of other letters.
    assert re.fullmatch(rf"//me:[a-z]{{{len(PASSWORD)}}}@db", config["data"]["url"])
    assert re.fullmatch(rf"[a-z]{{{len(TOKEN)}}}", token["stringData"]["token"])
    assert plain(response.desired.resources["token"].resource)["stringData"] == {"token": TOKEN}
    assert response.results == []


def test_no_secret_is_in_the_log(served: Recorded) -> None:
    served.run(request("secrets", objects={"config": CONFIG}, token=TOKEN))
    lines = served.until_recorded("secrets")

    encoded = find(lines).encode()

    for secret in (PASSWORD, TOKEN, "key of the api"):
        assert secret.encode() not in encoded
        assert base64.b64encode(secret.encode()) not in encoded
        assert secret not in "".join(served.log)
    assert ("spec", "token") in find(lines).secrecy.paths


@pytest.mark.parametrize("wrap", ["2026-01-01T00:00:00Z stdout F {}", "[pod/f-1/function] {}", '{{"log":"{}\\n"}}'])
def test_a_recording_is_found_whatever_a_log_puts_around_its_lines(served: Recorded, wrap: str) -> None:
    xr = f"wrapped-{len(wrap)}"
    served.run(request(xr, objects={"config": CONFIG}))
    lines = served.until_recorded(xr).splitlines()

    wrapped = "\n".join(wrap.format(line) for line in ["other words", *lines, "more words"])

    assert find(wrapped) == find("\n".join(lines))


def test_a_fatal_response_is_recorded_and_replayed(served: Recorded, render: Render, tmp_path: pathlib.Path) -> None:
    (result,) = served.run(request("fatal", objets={})).results

    done = render("--replay", written(tmp_path, served.until_recorded("fatal")))

    assert done.stderr.splitlines()[-2].startswith("response: the recorded one")
    assert done.stderr.splitlines()[-1] == f"Error: {result.message}"
    assert (done.returncode, done.stdout) == (1, "")


def test_a_call_that_ended_with_a_status_is_recorded(served: Recorded, render: Render, tmp_path: pathlib.Path) -> None:
    waiting = request("late", waitFor=str(tmp_path / "there"))
    waiting.input["timeout"] = "1s"
    with pytest.raises(grpc.RpcError):
        served.run(waiting)
    lines = served.until_recorded("late")
    (tmp_path / "there").touch()

    done = render("--replay", written(tmp_path, lines))

    assert find(lines).outcome.kind == "DEADLINE_EXCEEDED"
    assert done.stderr.splitlines()[-1] == (
        'response: none was recorded, the call ended with DEADLINE_EXCEEDED: cannot compose Echo "team-a/late" with '
        'chart "echo": its chart did not finish in time; its worker was ended'
    )
    assert done.returncode == 0


@pytest.mark.parametrize("debug", ["false", "", "yes"])
def test_an_xr_that_is_not_annotated_is_not_recorded(served: Recorded, debug: str) -> None:
    served.run(request(f"quiet-{debug}", debug))
    served.run(request(f"loud-{debug}"))
    served.until_recorded(f"loud-{debug}")

    assert served.recorded(f"quiet-{debug}") == []


def test_a_recording_is_found_in_the_log_of_a_function_that_is_debugged_itself() -> None:
    # With --debug the SDK writes lines for people, with colours.
    lines = structlog.dev.ConsoleRenderer(colors=True, force_colors=True)
    text = "\n".join(
        lines(None, "info", {"level": "info", "event": "recorded a request", "data": part, "xr": "team-a/made"})
        for part in in_parts()
    )

    assert "\x1b[" in text
    assert len(in_parts()) > 1
    assert find(text) == find("\n".join(in_parts()))


def recorded(**more: Any) -> Recording:
    req = request("made", objects={"config": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}}})
    fields: dict[str, Any] = {
        "at": "2026-01-01T00:00:00.000+00:00",
        "chart": ChartRef(name="echo", dist="echo-chart", version="1.0.0", target="echo_chart:Echo"),
        "versions": recording.versions(),
        "secrecy": Secrecy(),
        "outcome": Outcome(kind="response", parts={"desired.composite": "0"}),
        "request": req,
    }
    return Recording(**{**fields, **more})


def test_another_response_and_other_versions_are_reported(render: Render, tmp_path: pathlib.Path) -> None:
    chart = ChartRef(name="echo", dist="echo-chart", version="0.9.0", target="echo_chart:Echo")
    versions = recording.versions() | {"cdk8s": "2.0.0"}

    done = render("--replay", written(tmp_path, packed(recorded(chart=chart, versions=versions))))

    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert lines[1] == (
        'versions: chart "echo" was of echo-chart 0.9.0, and is of 1.0.0 here, '
        f"cdk8s was 2.0.0, and is {recording.versions()['cdk8s']} here"
    )
    assert lines[2].startswith("response: not the recorded one, it differs in conditions, context, desired.composite, ")
    assert [item["kind"] for item in yaml.safe_load_all(done.stdout)] == ["Echo", "ConfigMap"]


def test_the_last_of_several_recordings_is_replayed_unless_another_is_chosen(
    render: Render, tmp_path: pathlib.Path
) -> None:
    first, last = packed(recorded(at="first")), packed(recorded(at="last"))
    (name,), (other,) = recording.find(first), recording.find(last)
    log = written(tmp_path, f"{first}\n{last}")

    assert render("--replay", log).stderr.splitlines()[:2] == [
        f'recording {other}: Echo "team-a/made" at last',
        f"other recordings there, to choose with --recording: {name}",
    ]
    assert render("--replay", log, "--recording", name).stderr.startswith(f"recording {name}: ")


def in_parts() -> list[str]:
    """Return a recording that takes several lines."""
    req = request("made")
    req.context.update({str(index): hashlib.sha256(bytes([index])).hexdigest() for index in range(256)})
    return packed(recorded(request=req)).splitlines()


def name_of(log: str) -> str:
    """Return the id of the one recording in a log."""
    (name,) = recording.find(log)
    return name


LATER_FORMAT = "\n".join(recording.pack(b'{"format": 2}\n')[1])


@pytest.mark.parametrize(
    ("text", "arguments", "want"),
    [
        pytest.param(
            "nothing\n",
            [],
            'holds no recording; annotate the XR with cdk8s.fn.crossplane.io/debug: "true", and take the log of the '
            "function's pod once it was reconciled",
            id="a log without one",
        ),
        pytest.param(
            packed(recorded()),
            ["--recording=000000000000"],
            f'holds no recording "000000000000", but {name_of(packed(recorded()))}',
            id="an id that is of none",
        ),
        pytest.param(
            "\n".join(in_parts()[1:]),
            [],
            f'recording "{name_of(in_parts()[0])}": part 1 of {len(in_parts())} is missing; take more of the log',
            id="a log that begins too late",
        ),
        pytest.param(
            "cdk8s-recording:000000000000:1/1:AAAA", [], 'recording "000000000000": it is damaged', id="a torn line"
        ),
        pytest.param(
            LATER_FORMAT,
            [],
            f'recording "{name_of(LATER_FORMAT)}": it is of format 2, and this function-cdk8s reads format 1',
            id="a format to come",
        ),
    ],
)
def test_a_log_that_can_not_be_replayed(
    render: Render, tmp_path: pathlib.Path, text: str, arguments: list[str], want: str
) -> None:
    log = written(tmp_path, text)

    done = render("--replay", log, *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {log}: {want}\n")
    assert any(re.fullmatch(_pattern(row), f"{log}: {want}") for row in ROWS)


def test_a_log_that_can_not_be_read(render: Render, tmp_path: pathlib.Path) -> None:
    done = render("--replay", tmp_path / "none")

    line = f"{tmp_path}/none: cannot be read: No such file or directory"
    assert (done.returncode, done.stderr) == (1, f"Error: {line}\n")
    assert any(re.fullmatch(_pattern(row), line) for row in ROWS)


@pytest.mark.parametrize(
    ("arguments", "want"),
    [
        (["--replay=log", "xr.yaml"], "--replay takes no XR and no Composition: the recording has both"),
        (["--recording=0", "xr.yaml", "composition.yaml"], "--recording needs --replay"),
        (["xr.yaml"], "give an XR and a Composition, or --replay and a log"),
    ],
)
def test_arguments_that_do_not_go_together(render: Render, arguments: list[str], want: str) -> None:
    done = render(*arguments)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"Error: {want}")


def _pattern(row: str) -> str:
    return ".+?".join(re.escape(part) for part in re.split(r"<[^<>]+>", row))
