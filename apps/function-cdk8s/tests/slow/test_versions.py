"""Several versions of a chart are served side by side, each from a folder of its own."""

# pyright: reportUnknownMemberType=false

import concurrent.futures
import importlib.util
import json
import marshal
import os
import pathlib
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
import pytest
from cdk8s_function.installed.environments import Environments
from fixture_charts import versions
from google.protobuf import json_format

Start = Callable[..., AbstractContextManager[Any]]

SECONDS = 60
ONE_OBJECT = {"objects": {"config": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}}}
SECOND = 1_700_000_000_000_000_000


@pytest.fixture
def charts(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "charts"
    versions.install_greetings(folder, "1.0.0", pins="1.0")
    versions.install_greetings(folder, "2.0.0", pins="2.0")
    written_at(folder, 0)
    for module in folder.rglob("*.py"):
        put_other_bytecode_beside(module)
    return folder


def put_other_bytecode_beside(module: pathlib.Path) -> None:
    """Let Python find bytecode that does not ask for its source (PEP 552), as an installer may put it there."""
    cached = pathlib.Path(importlib.util.cache_from_source(str(module)))
    cached.parent.mkdir(exist_ok=True)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    cached.write_bytes(head + marshal.dumps(compile("raise SystemExit", str(module), "exec")))


def written_at(folder: pathlib.Path, nanoseconds: int) -> None:
    """Let the modules in a folder be written within one second: Python takes bytecode of that second for theirs."""
    for module in folder.rglob("*.py"):
        os.utime(module, ns=(SECOND + nanoseconds, SECOND + nanoseconds))


def request(name: str = "one", observed: Any = None, kind: str = "", **asked: Any) -> fnv1.RunFunctionRequest:
    """Return a request for an XR; keywords but these are of the function input."""
    of = {"apiVersion": f"{kind.lower()}s.example.org/v1", "kind": kind} if kind else versions.XR
    xr = {**of, "metadata": {"name": name, "namespace": "team-a"}, "spec": {"name": name}}
    fields = {
        "observed": {"composite": {"resource": xr}, "resources": observed or {}},
        "input": {
            "apiVersion": "cdk8s.fn.crossplane.io/v1alpha1",
            "kind": "ChartInput",
            "chart": "greeting",
            **asked,
        },
    }
    return json_format.ParseDict(fields, fnv1.RunFunctionRequest())


def called(function: Any, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
    return function.stub.RunFunction(req, timeout=SECONDS, wait_for_ready=True)


def attempt(function: Any, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse | None:
    """Return the response to a call, None if Crossplane would have to call again."""
    call = function.stub.RunFunction.future(req, timeout=SECONDS, wait_for_ready=True)
    if (error := call.exception()) is None:
        return call.result()
    assert error.code() == grpc.StatusCode.UNAVAILABLE
    return None


def data(rsp: fnv1.RunFunctionResponse) -> dict[str, Any]:
    assert not rsp.results, rsp.results
    resource = json_format.MessageToDict(rsp.desired.resources["config"].resource)
    return {
        **resource["data"],
        "annotation": resource["metadata"]["annotations"]["cdk8s.fn.crossplane.io/chart-version"],
    }


def whole_of(version: str, word: str, name: str = "one") -> dict[str, str]:
    """Return what a response consists of that is all of one version."""
    return {"version": version, "late": version, "word": f"hello {word}", "name": name, "annotation": version}


def until(met: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def served(charts: pathlib.Path, start: Start) -> Iterator[Any]:
    """A function with two workers and two versions of the chart."""
    with start("--insecure", "--workers=2", env={"CHARTS_DIR": str(charts)}) as function:
        yield function


def test_each_call_gets_the_version_that_it_names(served: Any) -> None:
    newest = called(served, request())

    assert data(newest) == whole_of("2.0.0", "2.0")
    assert data(called(served, request(version="1.0.0"))) == whole_of("1.0.0", "1.0")
    assert data(called(served, request(version="<2"))) == whole_of("1.0.0", "1.0")
    (condition,) = newest.conditions
    message = condition.message or ""
    digest = message.removeprefix("greetings 2.0.0 (").removesuffix(")")
    assert (condition.type, condition.status) == ("ChartVersion", fnv1.STATUS_CONDITION_TRUE)
    resource = json_format.MessageToDict(newest.desired.resources["config"].resource)
    assert resource["metadata"]["annotations"]["cdk8s.fn.crossplane.io/chart-digest"] == digest
    assert data(called(served, request(digest=digest))) == whole_of("2.0.0", "2.0")
    refused = called(served, request(version="3"))
    assert refused.results[0].message == (
        'cannot compose Greeting "team-a/one" with chart "greeting": '
        'input.version: chart "greeting" of wheel greetings is not here in version 3; versions here: 1.0.0, 2.0.0'
    )
    entry = next(entry for entry in served.log() if entry.get("msg") == "a version of a chart appeared")
    assert (entry["chart"], entry["version"]) == ("greetings:greeting", "1.0.0")
    port = served.await_entry("serving metrics")["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as response:
        lines = response.read().decode().splitlines()
    assert 'function_cdk8s_requests_total{chart="greeting",outcome="composed",version="1.0.0"} 2.0' in lines
    info = f'function_cdk8s_chart_info{{chart="greeting",digest="{digest}",version="2.0.0",wheel="greetings"}} 1.0'
    assert info in lines


def test_more_versions_than_workers_take_turns_and_no_answer_is_of_another(charts: pathlib.Path, start: Start) -> None:
    for number in range(3, 5):
        versions.install_greetings(charts, f"{number}.0.0", pins=f"{number}.0")
    with start("--insecure", "--workers=2", env={"CHARTS_DIR": str(charts)}) as function:

        def compose(number: int) -> bool:
            version = f"{number % 4 + 1}.0.0"
            rsp = called(function, request(f"xr-{number}", version=version, cache=False))
            return data(rsp) == whole_of(version, f"{number % 4 + 1}.0", f"xr-{number}")

        with concurrent.futures.ThreadPoolExecutor(10) as callers:
            assert all(callers.map(compose, range(40)))


def test_a_version_appears_and_goes_while_the_others_are_served(served: Any, charts: pathlib.Path) -> None:
    assert data(called(served, request())) == whole_of("2.0.0", "2.0")

    versions.install_greetings(charts, "3.0.0", pins="1.0")
    until(lambda: data(called(served, request()))["version"] == "3.0.0")
    assert data(called(served, request())) == whole_of("3.0.0", "1.0")
    shutil.rmtree(charts / "greetings/3.0.0")

    def is_back() -> bool:
        rsp = attempt(served, request(cache=False))
        return rsp is not None and data(rsp) == whole_of("2.0.0", "2.0")

    until(is_back)
    assert served.process.poll() is None
    refused = called(served, request(version="3.0.0"))
    assert refused.results[0].message.endswith("is not here in version 3.0.0; versions here: 1.0.0, 2.0.0")


def test_files_that_are_replaced_in_a_folder_are_never_mixed(served: Any, charts: pathlib.Path) -> None:
    assert data(called(served, request())) == whole_of("2.0.0", "2.0")
    other = versions.install_greetings(charts.parent / "other", "2.0.0", pins="1.0")
    written_at(other, 1)
    shutil.copytree(other, charts / "greetings/2.0.0", dirs_exist_ok=True)

    shutil.rmtree(charts / "greetings/2.0.0/shared_words-2.0.dist-info")
    seen: list[dict[str, Any]] = []

    def is_new() -> bool:
        rsp = attempt(served, request(version="2.0.0", cache=False))
        if rsp is None:
            return False
        if rsp.results:
            assert "can't be used in version 2.0.0: " in rsp.results[0].message
            return False
        seen.append(data(rsp))
        return seen[-1]["word"] == "hello 1.0"

    until(is_new)
    assert served.process.poll() is None
    assert [each for each in seen if each not in (whole_of("2.0.0", "2.0"), whole_of("2.0.0", "1.0"))] == []
    assert data(called(served, request(version="1.0.0"))) == whole_of("1.0.0", "1.0")


def copied(source: pathlib.Path, target: pathlib.Path, *, without: str = "") -> pathlib.Path:
    """Copy a folder, but for files of a name, and return the copy."""
    return pathlib.Path(shutil.copytree(source, target, ignore=shutil.ignore_patterns(without)))


def test_a_distribution_that_had_no_folder_is_taken_up_once_it_is_whole(served: Any, charts: pathlib.Path) -> None:
    whole = versions.install_greetings(charts.parent / "other", "1.0.0", pins="1.0", dist="toasts")
    toast = copied(whole, charts / "toasts/1.0.0", without="late.py")
    served.await_entry("a version can't be used")

    refused = called(served, request(kind="Toast", chart="toast"))
    shutil.copy(whole / "toasts/late.py", toast / "toasts/late.py")

    assert refused.results[0].message.endswith(f"; toasts 1.0.0 can't be used: {toast}/toasts/late.py is missing")
    until(lambda: not called(served, request(kind="Toast", chart="toast")).results)
    assert data(called(served, request(kind="Toast", chart="toast"))) == whole_of("1.0.0", "1.0")


def test_a_flat_folder_is_taken_up_and_replaced_and_let_go_without_a_restart(served: Any, charts: pathlib.Path) -> None:
    installed = served.run("echo", spec=ONE_OBJECT)
    asked = request(kind="Toast", chart="toast", cache=False)
    others = charts.parent / "other"
    wholes = {
        pins: versions.install_greetings(others / pins, f"{pins}.0", pins=pins, dist="toasts")
        for pins in ("1.0", "2.0")
    }
    written_at(others, 0)
    flat = copied(wholes["1.0"], charts / "toasts-flat", without="late.py")
    served.await_entry("a version can't be used")
    assert called(served, asked).results[0].message.endswith(f"{flat}/toasts/late.py is missing")

    shutil.copy2(wholes["1.0"] / "toasts/late.py", flat / "toasts/late.py")
    until(lambda: not called(served, asked).results)
    assert data(called(served, asked)) == whole_of("1.0.0", "1.0")
    shutil.rmtree(flat)
    copied(wholes["2.0"], flat)
    seen: list[dict[str, Any]] = []

    def is_new() -> bool:
        rsp = attempt(served, asked)
        if rsp is None or rsp.results:
            return False
        seen.append(data(rsp))
        return seen[-1]["word"] == "hello 2.0"

    until(is_new)
    assert [each for each in seen if each not in (whole_of("1.0.0", "1.0"), whole_of("2.0.0", "2.0"))] == []
    shutil.rmtree(flat)
    until(lambda: (rsp := attempt(served, asked)) is not None and bool(rsp.results))
    assert 'unknown chart "toast"' in called(served, asked).results[0].message
    assert served.run("echo", spec=ONE_OBJECT) == installed
    assert data(called(served, request())) == whole_of("2.0.0", "2.0")
    assert served.process.poll() is None


UPWARDS = (
    'version 3.0.0 would delete "config" (ConfigMap NAME) and make "settings" in its place; if its construct '
    'was renamed, call composite.moved(construct, from_key="config") in the chart; to let it be deleted, '
    "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: config; if it is a later step's, add this step "
    "before the chart's new version"
)
DOWNWARDS = (
    'version 2.0.0 would delete "settings" (ConfigMap NAME), which version 3.0.0 composed, and make "config" in its '
    "place; name version 3.0.0 or a later one in the Composition; to let it be deleted, annotate the XR with "
    "cdk8s.fn.crossplane.io/allow-replace: settings"
)


@pytest.mark.parametrize(
    ("old", "new", "refusal"), [("2.0.0", "3.0.0", UPWARDS), ("3.0.0", "2.0.0", DOWNWARDS)], ids=["up", "down"]
)
def test_a_version_that_would_lose_an_object_is_refused_upwards_and_downwards(
    charts: pathlib.Path, start: Start, old: str, new: str, refusal: str
) -> None:
    versions.install_greetings(charts, "3.0.0", pins="2.0", construct="settings")
    with start("--insecure", "--workers=2", env={"CHARTS_DIR": str(charts)}) as function:
        composed = json_format.MessageToDict(called(function, request(version=old)))["desired"]["resources"]
        ((key, there),) = composed.items()
        observed = {key: {"resource": there["resource"]}}

        stays = called(function, request(version=old, observed=observed))
        moved = called(function, request(version=new, observed=observed))

    assert not stays.results
    line = moved.results[0].message.partition('with chart "greeting": ')[2]
    assert line == refusal.replace("NAME", there["resource"]["metadata"]["name"])


COMPOSITION = """
apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: greetings}
spec:
  compositeTypeRef: {apiVersion: greetings.example.org/v1, kind: Greeting}
  mode: Pipeline
  pipeline:
"""
STEP = """
  - step: STEP
    functionRef: {name: function-cdk8s}
    input: {apiVersion: cdk8s.fn.crossplane.io/v1alpha1, kind: ChartInput, chart: greeting, version: "VERSION"}
"""


@pytest.fixture
def rendered(render: Callable[..., Any], charts: pathlib.Path, tmp_path: pathlib.Path) -> Callable[..., Any]:
    """Render an XR with steps of some versions, in one process."""
    (tmp_path / "xr.yaml").write_text(json.dumps({**versions.XR, "metadata": {"name": "one", "namespace": "team-a"}}))

    def run(*asked: str) -> Any:
        steps = [STEP.replace("STEP", f"step-{at}").replace("VERSION", each) for at, each in enumerate(asked)]
        (tmp_path / "composition.yaml").write_text(COMPOSITION + "".join(steps))
        return render("xr.yaml", "composition.yaml", env={"CHARTS_DIR": str(charts)})

    return run


@pytest.mark.parametrize(("asked", "version", "word"), [("", "2.0.0", "2.0"), ("~=1.0", "1.0.0", "1.0")])
def test_render_takes_the_version_that_the_function_takes(
    rendered: Callable[..., Any], asked: str, version: str, word: str
) -> None:
    done = rendered(asked)

    assert done.returncode == 0, done.stderr
    assert f"  late: {version}\n  name: world\n  version: {version}\n  word: hello {word}\n" in done.stdout


def test_render_refuses_steps_of_two_folders(rendered: Callable[..., Any], charts: pathlib.Path) -> None:
    done = rendered("1.0.0", "2.0.0")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        f"chart greeting runs from {charts}/greetings/2.0.0, and this command runs charts from "
        f"{charts}/greetings/1.0.0: run a command for each"
    )


def test_the_list_of_charts_has_each_version_and_what_is_wrong_with_one(
    command: list[str], environment: dict[str, str], charts: pathlib.Path
) -> None:
    (charts / "greetings/2.0.0/greetings/late.py").unlink()
    done = subprocess.run(
        [*command, "charts"],
        env={**environment, "CHARTS_DIR": str(charts)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    (digest,) = {chart.digest for chart in Environments(charts).look().charts if chart.dist == "greetings"}
    lines = {line.split()[0]: line.split()[2:] for line in done.stdout.splitlines()}
    assert lines["NAME"] == ["WHEEL", "VERSION", "DIGEST", "KERNEL"]
    assert lines["greeting"] == ["greetings", "1.0.0", digest, "native"]
    assert lines["good"] == ["fixture-charts", "0.1.0", "native"]
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"Error: greetings 2.0.0 can't be used: {charts}/greetings/2.0.0/greetings/late.py is missing"
    )
