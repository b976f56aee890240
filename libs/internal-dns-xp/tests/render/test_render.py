"""What Crossplane itself makes of each example, with the package's Composition and the served function.

`crossplane composition render` runs Crossplane's own code; the function it calls
is the one a cluster calls.
"""

import base64
import contextlib
import json
import pathlib
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from cdk8s_function.testing import Scenario
from syrupy.assertion import SnapshotAssertion

PROJECT = pathlib.Path(__file__).parents[2]
WORKSPACE = PROJECT.parents[1]
EXAMPLES = sorted((PROJECT / "examples").glob("*.yaml"))
COMPOSITION = PROJECT / "package/apis/internaldns/composition.yaml"
DEFINITION = COMPOSITION.with_name("definition.yaml")
VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
KEY = "crossplane.io/composition-resource-name"
SECONDS = 120

Chart = Callable[..., Scenario]
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def binaries() -> list[str]:
    command = [WORKSPACE / "bin/provision", "crossplane", "crossplane-core"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=1800).stdout.splitlines()


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """Serve the function; yields the file that tells Crossplane where."""
    main = "from function_cdk8s.cli import run; run()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            main,
            "serve",
            "--insecure",
            "--workers=1",
            "--address=127.0.0.1:0",
            "--metrics-address=",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            name = yaml.safe_load(COMPOSITION.read_text(encoding="utf-8"))["spec"]["pipeline"][0]["functionRef"]["name"]
            target = {
                "render.crossplane.io/runtime": "Development",
                "render.crossplane.io/runtime-development-target": f"127.0.0.1:{_port(process)}",
            }
            function = {
                "apiVersion": "pkg.crossplane.io/v1",
                "kind": "Function",
                "metadata": {"name": name, "annotations": target},
            }
            file = tmp_path_factory.mktemp("functions") / "functions.yaml"
            file.write_text(yaml.safe_dump(function), encoding="utf-8")
            yield file
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        with contextlib.suppress(json.JSONDecodeError):
            entry = json.loads(line)
            if entry.get("msg") == "serving":
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return entry["port"]
    raise AssertionError("".join(lines))


def render(binaries: list[str], functions: pathlib.Path, xr: Manifest, folder: pathlib.Path) -> list[Manifest]:
    """Return what Crossplane prints, without the text of the sidecar's programs."""
    crossplane, core = binaries
    (folder / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")
    (folder / "observed.yaml").write_text(yaml.safe_dump_all(observed()), encoding="utf-8")
    printed = run(
        *(crossplane, "composition", "render", folder / "xr.yaml", COMPOSITION, functions),
        *(f"--crossplane-binary={core}", f"--xrd={DEFINITION}", f"--observed-resources={folder / 'observed.yaml'}"),
    )
    return list(yaml.safe_load_all(printed))


def run(*command: str | pathlib.Path) -> str:
    """Return what a command that succeeds prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def observed() -> list[Manifest]:
    """Return the objects as a cluster has them after the first reconcile."""
    key = base64.b64encode(b"the-api-key").decode()
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": composed("secret", "dns-secret-c816fe31"),
            "data": {"api-key": key},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": composed("service", "dns-service-c8fb4535"),
            "spec": {"clusterIP": "10.96.0.53", "clusterIPs": ["10.96.0.53"]},
            "status": {"loadBalancer": {"ingress": [{"hostname": "dns.tail1234.ts.net"}, {"ip": "100.64.0.53"}]}},
        },
    ]


def composed(key: str, name: str) -> Manifest:
    return {
        "name": name,
        "namespace": "internal-dns",
        "annotations": {KEY: key},
    }


def shown(documents: list[Manifest]) -> list[Manifest]:
    """Return documents without what follows from a release or from the chart's own code."""
    for document in documents:
        annotations = document["metadata"].get("annotations", {})
        if annotations.get("cdk8s.fn.crossplane.io/chart-version") == VERSION:
            annotations["cdk8s.fn.crossplane.io/chart-version"] = "…"
        if "sidecar.py" in document.get("data", {}):
            document["data"] = sorted(document["data"])
        if document["kind"] == "Deployment":
            document["spec"]["template"]["metadata"]["annotations"]["dns.internal/settings-hash"] = "…"
            if "dns.internal/template-hash" in annotations:
                annotations["dns.internal/template-hash"] = "…"
    return documents


def example_xr(example: pathlib.Path) -> Manifest:
    documents = [each for each in yaml.safe_load_all(example.read_text(encoding="utf-8")) if each]
    [xr] = [each for each in documents if each["kind"] == "InternalDNS"]
    return xr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_renders_as_before(
    example: pathlib.Path,
    binaries: list[str],
    functions: pathlib.Path,
    tmp_path: pathlib.Path,
    snapshot: SnapshotAssertion,
) -> None:
    assert shown(render(binaries, functions, example_xr(example), tmp_path)) == snapshot


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_reconcile_of_the_test_kit_is_what_crossplane_renders(
    example: pathlib.Path, binaries: list[str], functions: pathlib.Path, tmp_path: pathlib.Path, chart: Chart
) -> None:
    xr = example_xr(example)
    there = {each["metadata"]["annotations"][KEY]: each for each in observed()}

    made = chart(xr, composition=COMPOSITION, observed=there).step().last

    status, *objects = render(binaries, functions, xr, tmp_path)
    conditions = status["status"].pop("conditions")
    assert made.applied == {each["metadata"]["annotations"][KEY]: each for each in objects}
    assert made.status == status["status"]
    assert {each["type"]: each["status"] for each in made.conditions} == {
        each["type"]: each["status"] for each in conditions
    }


def test_the_names_in_the_cluster_are_kept_and_the_status_tells_the_way(
    binaries: list[str], functions: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    xr = example_xr(PROJECT / "examples/tailscale.yaml")
    status, *objects = render(binaries, functions, xr, tmp_path)

    assert status["status"]["nameserverIP"] == "100.64.0.53"
    assert status["status"]["tailnetName"] == "dns.tail1234.ts.net"
    names = {each["metadata"]["annotations"][KEY]: each for each in objects}
    assert names["secret"]["metadata"]["name"] == "dns-secret-c816fe31"
    assert {each["metadata"]["namespace"] for each in objects} == {"internal-dns"}
    assert names["secret"]["data"]["api-key"] == base64.b64encode(b"the-api-key").decode()


def test_the_package_depends_on_the_function_its_composition_calls() -> None:
    package = yaml.safe_load((PROJECT / "package/crossplane.yaml").read_text(encoding="utf-8"))
    composition = yaml.safe_load(COMPOSITION.read_text(encoding="utf-8"))

    [dependency] = package["spec"]["dependsOn"]
    # Crossplane names a package it installs as a dependency after its repository's path.
    _, _, path = dependency["package"].partition("/")
    [step] = composition["spec"]["pipeline"]
    assert step["functionRef"]["name"] == path.replace("/", "-")
    assert dependency["version"].removeprefix("v").replace(".", "").isdigit(), "the version is exact"


def test_the_package_builds(binaries: list[str], tmp_path: pathlib.Path) -> None:
    package = tmp_path / "internal-dns.xpkg"
    run(
        *(binaries[0], "xpkg", "build", f"--package-root={PROJECT / 'package'}"),
        *(f"--examples-root={PROJECT / 'examples'}", f"--package-file={package}"),
    )
    assert package.stat().st_size > 1000
