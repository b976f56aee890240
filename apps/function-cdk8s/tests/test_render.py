"""`function-cdk8s render` as a user runs it; that its output is Crossplane's own is proved in `render/`."""

import contextlib
import dataclasses
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
import yaml
from click.testing import CliRunner
from function_cdk8s.cli import main
from syrupy.assertion import SnapshotAssertion

EXAMPLE = pathlib.Path(__file__).parents[1] / "example"
SECONDS = 60
KEY = "crossplane.io/composition-resource-name"

Render = Callable[..., subprocess.CompletedProcess[str]]
Given = Callable[[dict[str, str | bytes]], None]
FilesOf = Callable[..., dict[str, str | bytes]]
Start = Callable[..., contextlib.AbstractContextManager[Any]]


def loaded(output: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(output))


def condition(xr: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [item for item in xr["status"]["conditions"] if item["type"] == kind]
    return found


def test_the_example(render: Render, snapshot: SnapshotAssertion) -> None:
    done = render(EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", EXAMPLE / "functions.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot
    xr, *objects = loaded(done.stdout)
    assert [item["metadata"]["annotations"][KEY] for item in objects] == ["deployment", "ingress", "service"]
    assert xr["spec"]["crossplane"]["resourceRefs"] == [
        {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": item["metadata"]["name"]} for item in objects
    ]
    assert condition(xr, "Ready")["message"] == "Unready resources: deployment, ingress, and service"
    assert all(item["metadata"]["ownerReferences"][0]["name"] == xr["metadata"]["name"] for item in objects)


def test_what_is_printed_can_be_given_back_as_observed(render: Render, tmp_path: pathlib.Path) -> None:
    files = (EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml")
    first = render(*files)
    objects = loaded(first.stdout)
    for item in objects:
        if item["kind"] == "Deployment":
            item["status"] = {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1}
        if item["kind"] == "Ingress":
            item["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    (tmp_path / "observed.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")

    second = render(*files, "--observed", "observed.yaml", "-x", "-r", "-c")

    assert (second.returncode, second.stderr) == (0, "")
    xr, *rest = loaded(second.stdout)
    composed = [item for item in rest if "metadata" in item]
    assert composed == loaded(first.stdout)[1:]
    assert (condition(xr, "Ready")["status"], condition(xr, "Synced")["status"]) == ("True", "True")
    assert xr["status"]["availableReplicas"] == 1
    assert xr["spec"]["image"] == loaded((EXAMPLE / "xr.yaml").read_text(encoding="utf-8"))[0]["spec"]["image"]
    results, context = rest[len(composed) : -1], rest[-1]
    assert [item["message"] for item in results] == ["Successfully selected composition: web-services"]
    assert context == {"apiVersion": "render.crossplane.io/v1beta1", "kind": "Context", "fields": {}}


def test_the_same_files_give_the_same_bytes(render: Render) -> None:
    files = (EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", "-r", "-x")

    assert render(*files).stdout == render(*files).stdout


XR = "apiVersion: example.org/v1alpha1\nkind: WebService\nmetadata: {name: shop, namespace: team-a}\nspec: {image: a}\n"
COMPOSITION = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")
XRD = (
    "apiVersion: apiextensions.crossplane.io/v2\nkind: CompositeResourceDefinition\nmetadata: {name: x}\n"
    "spec: {group: example.org, names: {kind: WebService}, versions: [{name: v1alpha1}]}\n"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A mistake in what a render is given, and all it says to it."""

    reason: str
    files: dict[str, str | bytes] = dataclasses.field(default_factory=dict[str, str | bytes])
    arguments: tuple[str, ...] = ()
    says: str


FAULTS = [
    Fault(
        reason="no such file",
        arguments=("-o", "absent.yaml"),
        says="absent.yaml: cannot be read: No such file or directory",
    ),
    Fault(
        reason="not YAML",
        files={"xr.yaml": "a:\n\t- b"},
        says=("xr.yaml: not YAML: line 2: found character '\\t' that cannot start any token"),
    ),
    Fault(
        reason="not UTF-8",
        files={"xr.yaml": b"a: \xff"},
        says="xr.yaml: neither UTF-8 nor UTF-16 with a byte order mark",
    ),
    Fault(reason="an empty file", files={"xr.yaml": ""}, says="xr.yaml: holds no object"),
    Fault(
        reason="a number JSON has no form for",
        files={"xr.yaml": XR.replace("image: a", "size: .inf")},
        says="xr.yaml: not YAML: line 4: .inf has no JSON form",
    ),
    Fault(
        reason="an XR without its kind and name",
        files={"xr.yaml": "apiVersion: example.org/v1alpha1\nmetadata: {}\n"},
        says="xr.yaml: kind: required field is missing; metadata.name: required field is missing",
    ),
    Fault(
        reason="a label that is not text",
        files={"xr.yaml": XR.replace("name: shop", "name: shop, labels: {size: 1}")},
        says="xr.yaml: metadata.labels.size: input should be a valid string, not 1 (write it in quotes)",
    ),
    Fault(
        reason="what is no Composition",
        files={"composition.yaml": XR},
        says="composition.yaml: not a Composition of apiextensions.crossplane.io/v1, "
        "but WebService of example.org/v1alpha1",
    ),
    Fault(
        reason="a step without its function",
        files={"composition.yaml": COMPOSITION.replace("functionRef:", "function:")},
        says="composition.yaml: spec.pipeline[0].functionRef: required field is missing",
    ),
    Fault(
        reason="a Composition for another kind",
        files={"composition.yaml": COMPOSITION.replace("kind: WebService", "kind: Other")},
        says="composition.yaml: spec.compositeTypeRef.kind is 'Other', but the XR's kind is 'WebService'",
    ),
    Fault(
        reason="a Composition for another version",
        files={"composition.yaml": COMPOSITION.replace("example.org/v1alpha1", "example.org/v1")},
        says="composition.yaml: spec.compositeTypeRef.apiVersion is 'example.org/v1', "
        "but the XR's apiVersion is 'example.org/v1alpha1'",
    ),
    Fault(
        reason="a Composition the XR does not select",
        files={
            "xr.yaml": XR.replace(
                "{image: a}", "{image: a, crossplane: {compositionSelector: {matchLabels: {channel: stable}}}}"
            )
        },
        says='composition.yaml: metadata.labels["channel"] is missing, '
        "but the XR's spec.crossplane.compositionSelector wants 'stable'",
    ),
    Fault(
        reason="a Composition of the old kind",
        files={"composition.yaml": COMPOSITION.replace("mode: Pipeline", "mode: Resources")},
        says='composition.yaml: spec.mode of Composition "web-services" must be Pipeline',
    ),
    Fault(
        reason="a step of another function",
        files={"composition.yaml": f"{COMPOSITION}  - step: ready\n    functionRef: {{name: function-auto-ready}}\n"},
        says='composition.yaml: spec.pipeline[1]: step "ready" calls function-auto-ready, and only steps of '
        "function-cdk8s (input of apiVersion cdk8s.fn.crossplane.io/v1alpha1) can be rendered here; "
        "use `crossplane composition render` for this pipeline",
    ),
    Fault(
        reason="the third document of a file",
        files={"observed.yaml": "apiVersion: v1\nkind: A\n---\n---\na: 1\n"},
        arguments=("-o", "observed.yaml"),
        says="observed.yaml, document 3: apiVersion: required field is missing; kind: required field is missing",
    ),
    Fault(
        reason="the second item of a List",
        files={"observed.yaml": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: A}, {kind: B}]\n"},
        arguments=("-o", "observed.yaml"),
        says="observed.yaml, document 1, item 2: apiVersion: required field is missing",
    ),
    Fault(
        reason="a folder without YAML",
        files={"folder/notes.txt": ""},
        arguments=("-e", "folder"),
        says="folder: no YAML files (.yaml or .yml) in this folder",
    ),
    Fault(
        reason="credentials that are no object",
        files={"secrets.yaml": "text"},
        arguments=("--function-credentials=secrets.yaml",),
        says="secrets.yaml, document 1: not a Kubernetes object",
    ),
    Fault(
        reason="schemas that are no JSON",
        files={"schemas/v1.json": "{"},
        arguments=("-s", "schemas"),
        says="schemas/v1.json: not JSON: line 1: Expecting property name enclosed in double quotes",
    ),
    Fault(
        reason="an XRD of another group",
        files={"xrd.yaml": XRD.replace("example.org", "other.org")},
        arguments=("--xrd=xrd.yaml",),
        says="xrd.yaml: it defines WebService.other.org, not the XR's WebService.example.org",
    ),
    Fault(
        reason="an XRD without the XR's version",
        files={"xrd.yaml": XRD.replace("v1alpha1", "v1beta1")},
        arguments=("--xrd=xrd.yaml",),
        says="xrd.yaml: spec.versions has no v1alpha1, the version of the XR",
    ),
    Fault(
        reason="an XRD without a schema",
        files={"xrd.yaml": XRD},
        arguments=("--xrd=xrd.yaml",),
        says="xrd.yaml: spec.versions: v1alpha1 has no schema.openAPIV3Schema",
    ),
    Fault(
        reason="a context value that is not YAML",
        arguments=("--context-values=a=[",),
        says="context value of key 'a': not YAML: line 1: expected the node content, but found '<stream end>'",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.reason)
def test_a_mistake_in_a_file_is_one_line(fault: Fault, given: Given) -> None:
    given(fault.files)

    result = CliRunner().invoke(main, ["render", "xr.yaml", "composition.yaml", *fault.arguments])

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {fault.says}\n")


def test_the_composition_of_a_package_s_folder_is_found(given: Given, render: Render) -> None:
    other = COMPOSITION.replace("kind: WebService", "kind: Other")
    given(
        {
            "package/apis.yaml": f"{XRD}---\n{other}---\n{COMPOSITION}",
            "package/notes.txt": "a: [",
            "package/.hidden.yaml": "[",
        }
    )

    done = render("xr.yaml", "package")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == render("xr.yaml", "composition.yaml").stdout


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "package: no YAML file in this folder has a Composition for WebService"),
        (
            {"package/a.yaml": COMPOSITION.replace("kind: WebService", "kind: WebServices")},
            "package: no YAML file in this folder has a Composition for WebService; it has some for WebServices",
        ),
        (
            {"package/b.yaml": COMPOSITION, "package/a.yaml": COMPOSITION},
            "package: 2 Compositions are for WebService; name one file: package/a.yaml, package/b.yaml",
        ),
        (
            {"package/a.yaml": COMPOSITION.replace("functionRef:", "function:")},
            "package/a.yaml: spec.pipeline[0].functionRef: required field is missing",
        ),
    ],
    ids=["none", "of another kind", "two", "a faulty one"],
)
def test_a_folder_without_one_composition_for_the_xr(files: dict[str, str], says: str, given: Given) -> None:
    given({"package/definition.yaml": XRD, **files})

    result = CliRunner().invoke(main, ["render", "xr.yaml", "package"])

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {says}\n")


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--context-values=a", "Invalid value for --context-values: expected KEY=VALUE, not 'a'"),
        ("--timeout=5", "Invalid value for '--timeout': '5' is not a duration, like 30s or 1m30s"),
    ],
)
def test_a_mistake_in_an_option(argument: str, says: str, given: Given) -> None:
    given({})

    result = CliRunner().invoke(main, ["render", "xr.yaml", "composition.yaml", argument])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"Error: {says}\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_with_a_byte_order_mark_are_read(encoding: str, given: Given, render: Render) -> None:
    given({"xr.yaml": XR.encode(encoding), "composition.yaml": COMPOSITION.encode(encoding)})

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert loaded(done.stdout)[0]["metadata"]["name"] == "shop"


def test_a_second_xr_in_a_file_is_told_of(given: Given, render: Render) -> None:
    given({"xr.yaml": f"{XR}---\n{XR.replace('shop', 'other')}", "composition.yaml": COMPOSITION})

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stderr) == (0, "xr.yaml: only the first of its 2 objects is rendered\n")
    assert {item["metadata"]["name"].partition("-")[0] for item in loaded(done.stdout)} == {"shop"}


def test_options_that_only_concern_crossplane_are_ignored(given: Given) -> None:
    given({})
    ignored = ["functions.yaml", "--crossplane-binary=x", "--crossplane-version=x", "-a", "k=v", "-a", "l=w"]
    ignored += ["--verbose", "--cache-dir=x", "--max-concurrency=1", "-f", "crossplane-project.yaml", "--config=x"]

    result = CliRunner().invoke(main, ["render", "xr.yaml", "composition.yaml", *ignored, "-o", "absent.yaml"])

    assert result.stderr == "Error: absent.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (
            f"namespace: team-b, annotations: {{{KEY}: a}}",
            'observed ConfigMap there is not in the XR\'s namespace, "team-a"',
        ),
        (
            (
                f"namespace: team-a, annotations: {{{KEY}: a}}, "
                "ownerReferences: [{kind: Other, name: o, uid: u, controller: true}]"
            ),
            "observed ConfigMap there is controlled by Other o, not the XR",
        ),
        (
            "namespace: team-a",
            (
                "cannot compose resources: cannot get existing composed resources: "
                f'ConfigMap there has no annotation "{KEY}"'
            ),
        ),
    ],
)
def test_an_observed_resource_that_cannot_be_the_xrs(metadata: str, says: str, render: Render, given: Given) -> None:
    given({"observed.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: there, {metadata}}}\n"})

    done = render("xr.yaml", "composition.yaml", "-o", "observed.yaml")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {says}\n")


def test_an_output_that_the_function_would_refuse_is_refused(render: Render, given: Given, files_of: FilesOf) -> None:
    given(files_of("huge", "Huge", "{objects: 1, values: 100000}"))

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stdout) == (1, "")
    assert "the chart's status holds more than 100000 values; make it smaller" in done.stderr


def test_what_a_chart_prints_goes_to_standard_error(render: Render, given: Given, files_of: FilesOf) -> None:
    for mode, expected in (
        ("streams", {"from sys.stdout", "from sys.stderr"}),
        ("descriptors", {"from descriptor 1", "from descriptor 2"}),
        ("node", {"from console.log", "from console.error", "from process.stdout"}),
    ):
        given(files_of("printing", "Printing", f"{{mode: {mode}}}"))

        done = render("xr.yaml", "composition.yaml")

        assert done.returncode == 0
        assert expected <= set(done.stderr.splitlines())
        assert [item["kind"] for item in loaded(done.stdout)] == ["Printing", "ConfigMap"]


def test_colours_asked_for_and_refused_at_once_are_no_line_of_a_render(render: Render) -> None:
    done = render(EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", env={"NO_COLOR": "1", "FORCE_COLOR": "true"})

    assert (done.returncode, done.stderr) == (0, "")


LATE_READER = """
import threading
import time

start = threading.Thread.start

def start_late(thread):
    if thread.name == "process.stderr_sink":
        read = thread.run
        thread.run = lambda: (time.sleep(0.5), read())
    start(thread)

threading.Thread.start = start_late
"""
"""Has jsii's thread read what Node.js printed only when all else is done, as on a busy machine."""


def test_what_is_printed_is_whole_where_standard_error_is_a_file(
    command: list[str],
    environment: dict[str, str],
    given: Given,
    files_of: FilesOf,
    tmp_path: pathlib.Path,
) -> None:
    files = files_of("printing", "Printing", "{mode: node}")
    composition = yaml.safe_load(files["composition.yaml"])
    (step,) = composition["spec"]["pipeline"]
    composition["spec"]["pipeline"].append({**step, "step": "next", "input": {**step["input"], "chart": "absent"}})
    given(files | {"composition.yaml": yaml.safe_dump(composition)})
    (tmp_path / "sitecustomize.py").write_text(LATE_READER, encoding="utf-8")

    with (tmp_path / "stderr").open("wb") as stderr:
        status = subprocess.call(
            [*command, "render", "xr.yaml", "composition.yaml"],
            env=environment | {"PYTHONPATH": str(tmp_path)},
            stderr=stderr,
            timeout=SECONDS,
        )

    *printed, error = (tmp_path / "stderr").read_text(encoding="utf-8").splitlines()
    assert status == 1
    assert sorted(printed) == ["from console.error", "from console.log", "from process.stdout"]
    assert error.startswith('Error: cannot compose resources: pipeline step "next" returned a fatal result: ')


def test_a_charts_own_traceback_is_shown_before_the_error(render: Render, given: Given, files_of: FilesOf) -> None:
    given(files_of("raising", "Raising", "{mode: key-error}"))

    done = render("xr.yaml", "composition.yaml")

    first, *_, last = done.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert last.startswith('Error: cannot compose resources: pipeline step "chart" returned a fatal result: ')
    assert (done.returncode, done.stdout) == (1, "")


def test_a_response_that_crossplane_would_not_take(render: Render, given: Given, files_of: FilesOf) -> None:
    given(files_of("huge", "Huge", "{}"))

    done = render("xr.yaml", "composition.yaml")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith('Error: cannot compose resources: cannot run Composition pipeline step "chart": ')
    assert done.stderr.endswith(" bytes, and Crossplane takes no more than 4194304\n")


UNORDERED = """
from cdk8s import Chart
from cdk8s_function import ApiModel, CompositeType, Manifest
from pydantic import Field, create_model

NAMES = {f"name-{number}" for number in range(50)}
Spec = create_model("Spec", __base__=ApiModel, **{name.replace("-", "_"): (str, "") for name in NAMES})


class Unordered(Chart):
    composite_type = CompositeType(group="example.org", version="v1", kind="Unordered", spec=Spec)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        Manifest(self, "config", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"order": " ".join(NAMES)}})
"""


@pytest.fixture
def unordered(environment: dict[str, str], tmp_path: pathlib.Path) -> dict[str, str]:
    """Return the environment in which a chart is installed that iterates a set, and makes its spec's model of one."""
    folder = tmp_path / "wheels"
    info = folder / "unordered-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: unordered\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[cdk8s_function.charts]\nunordered = unordered:Unordered\n", encoding="utf-8"
    )
    (folder / "unordered.py").write_text(UNORDERED, encoding="utf-8")
    made = {name: value for name, value in environment.items() if name != "PYTHONHASHSEED"}
    return {**made, "PYTHONPATH": f"{environment['PYTHONPATH']}:{folder}"}


def test_a_chart_that_iterates_a_set_renders_the_same_each_time_and_as_a_worker_does(
    render: Render, start: Start, unordered: dict[str, str], tmp_path: pathlib.Path
) -> None:
    xr = {"apiVersion": "example.org/v1", "kind": "Unordered", "metadata": {"name": "demo", "namespace": "team-a"}}
    step_input = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "unordered"}
    step = {"step": "chart", "functionRef": {"name": "function-cdk8s"}, "input": step_input}
    composition = {
        "apiVersion": "apiextensions.crossplane.io/v1",
        "kind": "Composition",
        "metadata": {"name": "unordered"},
        "spec": {
            "compositeTypeRef": {k: xr[k] for k in ("apiVersion", "kind")},
            "mode": "Pipeline",
            "pipeline": [step],
        },
    }
    (tmp_path / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")
    (tmp_path / "composition.yaml").write_text(yaml.safe_dump(composition), encoding="utf-8")
    req = fnv1.RunFunctionRequest()
    req.observed.composite.resource.update(xr)
    req.input.update(step_input)

    rendered = [render("xr.yaml", "composition.yaml", env=unordered) for _ in range(3)]
    with start("--insecure", "--workers=1", env=unordered) as served:
        response = served.stub.RunFunction(req, timeout=SECONDS, wait_for_ready=True)

    assert [(each.returncode, each.stderr) for each in rendered] == [(0, "")] * 3
    assert len({each.stdout for each in rendered}) == 1
    _, config = loaded(rendered[0].stdout)
    assert config["data"]["order"] == response.desired.resources["config"].resource["data"]["order"]


def test_the_xrd_of_a_model_made_of_a_set_is_the_same_each_time(command: list[str], unordered: dict[str, str]) -> None:
    printed = {
        subprocess.run(
            [*command, "xrd", "unordered"], env=unordered, capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
        for _ in range(3)
    }

    assert len(printed) == 1


@pytest.mark.parametrize(
    ("chart", "spec", "stderr", "same"),
    [
        pytest.param("good", "{}", "", True, id="the kernels agree"),
        pytest.param(
            "telltale",
            "{mode: differ}",
            "Error: cannot compose resources: cannot run Composition pipeline step "
            '"chart": cannot compose Telltale "team-a/one" with chart "telltale": '
            "the native kernel's outcome differs from Node.js's at resources.told.manifest.data.kernel\n",
            False,
            id="they differ",
        ),
        pytest.param(
            "telltale",
            "{mode: random}",
            'step "chart" was not verified: each synthesis has another outcome\n',
            True,
            id="the chart differs each time",
        ),
    ],
)
def test_a_render_that_is_verified(
    chart: str,
    spec: str,
    stderr: str,
    same: bool,
    render: Render,
    given: Given,
    files_of: FilesOf,
) -> None:
    given(files_of(chart, chart.capitalize(), spec))

    done = render("xr.yaml", "composition.yaml", "--verify")

    assert (done.returncode, done.stderr) == (0 if same else 1, stderr)
    assert bool(done.stdout) is same


def test_a_chart_that_node_synthesises_alone_is_not_verified_and_the_render_says_why(
    render: Render, given: Given, files_of: FilesOf
) -> None:
    given(files_of("plus", "Plus", "{}"))

    done = render("xr.yaml", "composition.yaml", "--verify")

    assert done.returncode == 0
    assert done.stderr.startswith('step "chart" was not verified: Node.js synthesised it alone: ')
    assert done.stderr.count("\n") == 1
    assert done.stdout
