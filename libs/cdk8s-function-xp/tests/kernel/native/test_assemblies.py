"""The native kernel serves only releases of cdk8s and constructs that it was compared with."""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from cdk8s_function.kernel.native import assemblies

SYNTHESIS = """
import json, pathlib, sys, tempfile
from cdk8s_function.kernel.native import assemblies
from cdk8s_function.kernel.node import runtime

known = assemblies.blessed()
assemblies.blessed = lambda: {digest: name for digest, name in known.items() if not name.startswith(sys.argv[1])}
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
    runtime.configure(scratch=pathlib.Path(scratch), node_heap_mib=256)
    from cdk8s_function.protocol.messages import ChartRef, SynthRequest
    from cdk8s_function.worker import synth
    from fixture_charts.objects import Good

    synth.warm()
    chart = ChartRef(name="good", dist="fixture-charts", version="1", target="fixture_charts.objects:Good")
    xr = {"apiVersion": "fixtures.example.org/v1", "kind": "Good", "metadata": {"name": "demo"}, "spec": {}}
    reply = synth.reply(Good, SynthRequest(chart=chart, composite=xr))
    print(json.dumps([
        reply.synthesised.kernel, synth.why_node(chart), [each.manifest for each in reply.outcome.resources]
    ]))
"""


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cdk8s", b"known", ""),
        ("constructs", b"known", ""),
        ("cdk8s", b"another", "cdk8s 2.71.0 is not blessed"),
        ("constructs", b"another", "constructs 2.71.0 is not blessed"),
        ("cdk8s", b"", "cdk8s 2.71.0 is not blessed"),
        # Of others, what is served is read from their JavaScript.
        ("cdk8s-plus-34", b"another", ""),
        ("example", b"another", ""),
    ],
)
def test_only_blessed_files_of_cdk8s_and_constructs_are_served(
    name: str, content: bytes, reason: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, file = tmp_path / "known", tmp_path / "assembly.tgz"
    known.write_bytes(b"known")
    file.write_bytes(content)
    monkeypatch.setattr(assemblies, "LOADED", {})
    monkeypatch.setattr(assemblies, "blessed", lambda: {assemblies.digest(known): f"{name}@2.70.0"})

    assert assemblies.note(name, "2.71.0", str(file)) == reason
    assert {name: file} == assemblies.LOADED


def synthesis(unknown: str) -> list[Any]:
    """The kernel that synthesised a chart, why it was Node.js, and the manifests, where a release is not blessed."""
    done = subprocess.run([sys.executable, "-c", SYNTHESIS, unknown], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_release_that_is_not_blessed_runs_on_node() -> None:
    served, why, manifests = synthesis("none")
    kernel, reason, others = synthesis("cdk8s@")

    assert (served, why) == ("native", "")
    assert (kernel, reason) == ("node", f"cdk8s {importlib.metadata.version('cdk8s')} is not blessed")
    assert manifests == others != []
