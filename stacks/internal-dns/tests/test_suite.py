"""The suite's README tells of every case, and its steps stop at the first command that fails."""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
import yaml
from cdk8s_function.protocol.messages import ChartRef, Secrecy
from cdk8s_function.recording import recording

STACK = pathlib.Path(__file__).parents[1]
CASES = sorted(path.name for path in (STACK / "e2e").iterdir() if path.is_dir())

HISTOGRAM = """
  Queries sent:         100
  Queries completed:    100 (100.00%)
  Queries lost:         {lost} (0.00%)

  Queries per second:   1999.185606

  Latency bucket (s):   answer count
  0.000014 - 0.000014:  49
  0.000100 - 0.000200:  49
  0.003000 - 0.004000:  1
  0.035000 - 0.040000:  1
"""


def steps() -> list[Any]:
    found = [
        pytest.param(command["script"], id=f"{file.parent.name}/{file.name}")
        for file in sorted((STACK / "e2e").glob("*/*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        if document["kind"] in {"TestStep", "TestAssert"}
        for command in document.get("commands", [])
    ]
    assert found
    return found


def test_the_readme_has_a_line_for_every_case() -> None:
    text = (STACK / "e2e/README.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\d\d-[a-z0-9-]+)` \|", text, re.MULTILINE) == CASES


@pytest.mark.parametrize("script", steps())
def test_a_script_of_several_commands_stops_at_the_first_that_fails(script: str) -> None:
    # kuttl runs it with `sh -c`, whose status is that of the last command alone.
    assert len(script.strip().splitlines()) == 1 or script.startswith("set -eu\n")


def run(program: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, STACK / "client" / program, *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, errors="replace", check=False, timeout=120
    )


def test_the_load_is_told_by_its_quantiles(tmp_path: pathlib.Path) -> None:
    (tmp_path / "load.txt").write_text(HISTOGRAM.format(lost=0), encoding="utf-8")

    done = run("load.py", "20-hundred-ingresses", str(tmp_path / "load.txt"))

    assert json.loads(done.stdout) == {
        "case": "20-hundred-ingresses",
        "measure": "load",
        "qps": 1999,
        "milliseconds": {"p50": 0.2, "p99": 4.0},
    }


def test_a_lost_query_fails_the_load(tmp_path: pathlib.Path) -> None:
    (tmp_path / "load.txt").write_text(HISTOGRAM.format(lost=1), encoding="utf-8")

    done = run("load.py", "20-hundred-ingresses", str(tmp_path / "load.txt"))

    assert (done.returncode, done.stderr) == (1, "1 queries had no answer\n")


CALLED = """\
crossplane-1 controller_runtime_reconcile_errors_total{{controller="composite/internaldns.dns.internal"}} {errors}
crossplane-1 controller_runtime_reconcile_errors_total{{controller="packages/function"}} {calls}
crossplane-1 function_run_function_response_total{{function_name="other",grpc_code="Unavailable"}} {calls}
crossplane-1 function_run_function_response_total{{function_name="function-replicas",grpc_code="OK"}} {calls}
crossplane-1 function_run_function_response_total{{function_name="function-replicas",grpc_code="Unavailable"}} {lost}
crossplane-1 function_run_function_response_total{{function_name="function-replicas",grpc_code="Canceled"}} {cancelled}
crossplane-1 function_run_function_seconds_bucket{{function_name="function-replicas",le="1"}} {fast}
crossplane-1 function_run_function_seconds_bucket{{function_name="function-replicas",le="10"}} {calls}
"""


@pytest.mark.parametrize(
    ("after", "want"),
    [
        ({"calls": 1.2e2}, (0, '"text": "110 calls, 0 repeated, 3 took over 1 s, 0 over 10 s"')),
        ({"calls": 10, "fast": 10}, (1, "Crossplane made no call")),
        ({"calls": 120, "lost": 2}, (1, 'function_name="function-replicas",grpc_code="Unavailable"')),
        (
            {"calls": 119, "cancelled": 1, "errors": 1},
            (0, '"text": "110 calls, 1 repeated, 3 took over 1 s, 1 over 10 s"'),
        ),
        ({"calls": 120, "errors": 1}, (1, 'controller="composite/internaldns.dns.internal"')),
    ],
)
def test_calls_that_fail_fail_the_case(tmp_path: pathlib.Path, after: dict[str, float], want: tuple[int, str]) -> None:
    for name, counts in {"before": {"calls": 10, "fast": 10}, "after": {"fast": 117, **after}}.items():
        (tmp_path / name).write_text(
            CALLED.format(**{"lost": 1, "cancelled": 0, "errors": 0, **counts}), encoding="utf-8"
        )

    done = run("replicas.py", "calls", "update", str(tmp_path / "before"), str(tmp_path / "after"))

    assert done.returncode == want[0]
    assert want[1] in done.stdout + done.stderr


CACHED = """\
one function_cdk8s_cache_requests_total{{chart="internal-dns",result="hit"}} {one}
one function_cdk8s_cache_requests_total{{chart="internal-dns",result="miss"}} 8.0
two function_cdk8s_cache_requests_total{{chart="internal-dns",result="hit"}} 5.0
two function_cdk8s_cache_requests_total{{chart="internal-dns",result="miss"}} {two}
"""


@pytest.mark.parametrize(
    ("after", "want"),
    [
        ({"one": 30, "two": 4}, (0, "20 calls, 100 % from the cache; 3 calls, 0 % from the cache", "")),
        ({"one": 30, "two": 1}, (1, "", "two had no call\n")),
    ],
)
def test_a_replica_without_calls_fails_the_case(
    tmp_path: pathlib.Path, after: dict[str, int], want: tuple[int, str, str]
) -> None:
    for name, counts in {"before": {"one": 10, "two": 1}, "after": after}.items():
        (tmp_path / name).write_text(CACHED.format(**counts), encoding="utf-8")

    done = run("replicas.py", "spread", "two", str(tmp_path / "before"), str(tmp_path / "after"))

    assert (done.returncode, done.stderr) == (want[0], want[2])
    assert want[1] in done.stdout


def managed(manager: str, time: str) -> dict[str, Any]:
    entry = {"manager": manager, "operation": "Apply", "time": time}
    metadata = {"name": "dns", "uid": "1", "managedFields": [entry, {"manager": "kubelet", "time": time}]}
    return {"kind": "Secret", "metadata": metadata}


def test_what_crossplane_applied_is_told_with_its_time() -> None:
    applied = managed("apiextensions.crossplane.io/composed-1", "2026-11-24T12:00:00Z")
    again = managed("apiextensions.crossplane.io/composed-1", "2026-11-24T13:00:00Z")

    first, second = (run("applied.py", given=json.dumps({"items": [each]})).stdout for each in (applied, again))

    assert first.startswith("Secret dns 1 [{")
    assert "kubelet" not in first
    assert first != second


def test_an_object_that_crossplane_did_not_apply_is_an_error() -> None:
    foreign = managed("kubectl", "2026-11-24T12:00:00Z")

    done = run("applied.py", given=json.dumps({"items": [foreign]}))

    assert (done.returncode, done.stderr) == (1, "Secret dns was not applied by Crossplane\n")


def packed(name: str) -> list[str]:
    """Return the lines of the function's log with a recorded request of an InternalDNS."""
    req = fnv1.RunFunctionRequest()
    req.observed.composite.resource.update({"kind": "InternalDNS", "metadata": {"name": name}})
    # So much that it takes several lines.
    req.context.update({str(place): hashlib.sha256(bytes([place])).hexdigest() for place in range(256)})
    recorded = recording.Recording(
        at="2026-01-01T00:00:00.000+00:00",
        chart=ChartRef(
            name="internal-dns", dist="internal-dns-xp", version="0.1.0", target="internal_dns.chart:InternalDns"
        ),
        versions={},
        secrecy=Secrecy(),
        outcome=recording.Outcome(kind="response"),
        request=req,
    )
    _, parts = recording.pack(recorded.encode())
    return [json.dumps({"msg": "recorded a request", "data": part}) for part in parts]


def test_what_is_recorded_in_a_log_is_told_unpacked() -> None:
    one, other = packed("dns-one"), packed("dns-other")
    assert len(one) > 1

    done = run("recorded.py", given="\n".join(["more words", *one, *other]))

    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"dns-one|dns-other", done.stdout) == ["dns-one", "dns-other"]


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        (["more words"], r"the log holds no recording\n"),
        (packed("dns")[1:], r"recording \w+: part 1 of \d is missing.*\n"),
    ],
)
def test_a_log_without_a_whole_recording_is_an_error(lines: list[str], want: str) -> None:
    done = run("recorded.py", given="\n".join(lines))

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(want, done.stderr)


def composed(kind: str, name: str, **more: Any) -> dict[str, Any]:
    annotations = {"crossplane.io/composition-resource-name": name}
    metadata = {"name": f"dns-{name}", "namespace": "internal-dns", "annotations": annotations}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}


def test_what_is_composed_is_told_the_same_of_a_render_and_of_a_cluster() -> None:
    xr = {"apiVersion": "dns.internal/v1alpha1", "kind": "InternalDNS", "metadata": {"name": "dns"}}
    records = composed("ConfigMap", "records", data={"a": "1", "b": "2"})
    service = composed("Service", "service", spec={"ports": []})
    stored = [composed("Service", "service", spec={"clusterIP": "10.0.0.1"}), {**records, "data": {"b": "2", "a": "1"}}]

    render = run("composed.py", given=yaml.safe_dump_all([xr, service, records])).stdout
    cluster = run("composed.py", given=yaml.safe_dump({"kind": "List", "items": stored})).stdout

    first, second = render.splitlines()
    assert re.fullmatch("records v1 ConfigMap internal-dns/dns-records [0-9a-f]{64}", first)
    assert second == "service v1 Service internal-dns/dns-service"
    assert cluster == render


@pytest.mark.parametrize(
    "other",
    [
        composed("ConfigMap", "records", data={"a": "2"}),
        composed("Secret", "records", data={"a": "1"}),
        composed("ConfigMap", "settings", data={"a": "1"}),
    ],
)
def test_another_object_is_told_otherwise(other: dict[str, Any]) -> None:
    records = composed("ConfigMap", "records", data={"a": "1"})

    first, second = (run("composed.py", given=yaml.safe_dump(each)).stdout for each in (records, other))

    assert first != second
