"""`function-cdk8s render --summary`: what is composed and ready, and what the XR says and asks for."""

import os
import pathlib
import pty
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from function_cdk8s import table

EXAMPLE = pathlib.Path(__file__).parents[1] / "example"
COMPOSITION = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")
KEY = "crossplane.io/composition-resource-name"
SECONDS = 60

Render = Callable[..., subprocess.CompletedProcess[str]]

EXAMPLE_SUMMARY = """\
WebService team-a/demo: 3 composed, 0 ready

KEY         KIND        NAME                      READY
deployment  Deployment  demo-deployment-c873b5f1  no: not observed yet
ingress     Ingress     demo-ingress-c8bb025f     no: not observed yet
service     Service     demo-service-c8e89e14     no: not observed yet

CONDITION   STATUS  REASON              MESSAGE
Responsive  True    WatchCircuitClosed
Synced      True    ReconcileSuccess
Ready       False   Creating            Unready resources: deployment, ingress, and service

STATUS             VALUE
availableReplicas  0
url                http://demo.example.org
"""


def test_the_example_in_short(render: Render) -> None:
    done = render(EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", "--summary")

    assert (done.returncode, done.stdout, done.stderr) == (0, EXAMPLE_SUMMARY, "")


def test_a_status_without_fields_has_no_table(render: Render, tmp_path: pathlib.Path) -> None:
    done = render(*echo(tmp_path, {"status": {}}), "--summary")

    assert [part.split()[0] for part in done.stdout.split("\n\n")] == ["Echo", "CONDITION"]


def observed(key: str, kind: str = "ConfigMap", **fields: Any) -> dict[str, Any]:
    """Return an object of the cluster that the XR composed."""
    metadata = {"name": f"one-{key}", "namespace": "team-a", "annotations": {KEY: key}, **fields.pop("metadata", {})}
    api_version = "apps/v1" if kind == "Deployment" else "v1"
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def echo(folder: pathlib.Path, spec: dict[str, Any], *there: dict[str, Any]) -> tuple[object, ...]:
    """Write an Echo and what is observed; return the arguments of a render."""
    composition = COMPOSITION.replace("example.org/v1alpha1", "echo.example.org/v1")
    composition = composition.replace("kind: WebService", "kind: Echo").replace("chart: web-service", "chart: echo")
    xr = {
        "apiVersion": "echo.example.org/v1",
        "kind": "Echo",
        "metadata": {"name": "one", "namespace": "team-a"},
        "spec": spec,
    }
    (folder / "composition.yaml").write_text(composition, encoding="utf-8")
    (folder / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")
    (folder / "observed.yaml").write_text(yaml.safe_dump_all(there), encoding="utf-8")
    return ("xr.yaml", "composition.yaml", *(("-o", "observed.yaml") if there else ()))


def rows(output: str, heading: str) -> list[str]:
    """Return the rows of the table that begins with a heading."""
    tables = [part.splitlines() for part in output.split("\n\n")]
    return next((lines[1:] for lines in tables if lines[0].startswith(heading)), list[str]())


READY = {
    "made": (observed("made"), "yes"),
    "new": (None, "no: not observed yet"),
    "leaving": (
        observed("leaving", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        "no: it is being deleted",
    ),
    "stale": (
        observed("stale", "Deployment", metadata={"generation": 3}, status={"observedGeneration": 2}),
        "no: its controller has seen generation 2, not 3",
    ),
    "failing": (
        observed(
            "failing",
            "Deployment",
            status={
                "observedGeneration": 1,
                "conditions": [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"}],
            },
        ),
        "no: its condition Available is False (MinimumReplicasUnavailable)",
    ),
    "starting": (
        observed("starting", "Deployment", status={"observedGeneration": 1, "conditions": "none"}),
        "no: its status does not say that it is",
    ),
    "fresh": (observed("fresh", "Deployment"), "no: it has no status yet"),
    "held": (observed("held"), "no: the chart says so"),
    "gone": (observed("gone"), "deleted: it is observed, and no longer composed"),
}


def test_why_an_object_is_not_ready(render: Render, tmp_path: pathlib.Path) -> None:
    not_ready = {"annotations": {"cdk8s.fn.crossplane.io/ready": "False"}}
    allowed = {"annotations": {"cdk8s.fn.crossplane.io/allow-replace": "gone"}}
    objects = {
        key: {
            "apiVersion": there["apiVersion"] if there else "v1",
            "kind": there["kind"] if there else "ConfigMap",
            "metadata": {"name": f"one-{key}", **(not_ready if key == "held" else {})},
        }
        for key, (there, _) in READY.items()
        if key != "gone"
    }
    arguments = echo(tmp_path, {"objects": objects}, *(there for there, _ in READY.values() if there))
    xr = yaml.safe_load((tmp_path / "xr.yaml").read_text(encoding="utf-8"))
    xr["metadata"].update(allowed)
    (tmp_path / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")

    done = render(*arguments, "--summary")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Echo team-a/one: 8 composed, 1 ready\n")
    found = {line.split()[0]: line.split(maxsplit=3)[-1] for line in rows(done.stdout, "KEY ")}
    assert list(found) == sorted(READY)
    assert found == {key: says for key, (_, says) in READY.items()}


def test_what_is_required_and_said(render: Render, tmp_path: pathlib.Path) -> None:
    first = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shared}\n"
    (tmp_path / "required.yaml").write_text(first, encoding="utf-8")
    status = {"nested": {"flag": True, "list": [1, 2.5, None]}, "text": "x" * 121, "many": list(range(30))}
    arguments = echo(tmp_path, {"chain": ["a", "b"], "status": status})

    done = render(*arguments, "--summary", "-e", "required.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert rows(done.stdout, "REQUIRES") == [
        "a         ConfigMap  a in shared  1",
        "b         ConfigMap  b in shared  0: --required-resources gives them",
    ]
    shown = rows(done.stdout, "STATUS")
    assert len(shown) == 21
    assert shown[0].split() == ["found.a.apiVersion", "v1"]
    assert shown[-1].split(maxsplit=1) == ["…", "and 19 more fields"]


def test_events_schemas_and_selectors_are_listed(render: Render, tmp_path: pathlib.Path) -> None:
    composition = COMPOSITION.replace("example.org/v1alpha1", "fixtures.example.org/v1")
    composition = composition.replace("kind: WebService", "kind: Talking").replace("web-service", "talking")
    xr = "apiVersion: fixtures.example.org/v1\nkind: Talking\nmetadata: {name: one, namespace: team-a}\n"
    (tmp_path / "composition.yaml").write_text(composition, encoding="utf-8")
    (tmp_path / "xr.yaml").write_text(f"{xr}spec: {{token: hidden}}\n", encoding="utf-8")

    done = render("xr.yaml", "composition.yaml", "--summary")

    assert (done.returncode, done.stderr) == (0, "")
    assert rows(done.stdout, "EVENT") == ["Normal   Began   it began", "Warning          it hurt"]
    assert rows(done.stdout, "REQUIRES") == [
        "nodes     Node       role=worker          0: --required-resources gives them",
        "zone      ConfigMap  zone in kube-system  0: --required-resources gives them",
        "pods      Pod        the schema of v1     no: --required-schemas gives it",
    ]
    assert [line.split()[:3] for line in rows(done.stdout, "CONDITION")][:4] == [
        ["Responsive", "True", "WatchCircuitClosed"],
        ["Up", "True", "Works"],
        ["Down", "False", "Works"],
        ["Sideways", "Unknown", "Unsure"],
    ]


def test_a_paused_xr_composes_nothing_and_says_why(render: Render, tmp_path: pathlib.Path) -> None:
    text = (EXAMPLE / "xr.yaml").read_text(encoding="utf-8")
    paused = text.replace("metadata:\n", 'metadata:\n  annotations: {crossplane.io/paused: "true"}\n', 1)
    (tmp_path / "xr.yaml").write_text(paused, encoding="utf-8")

    done = render("xr.yaml", EXAMPLE / "composition.yaml", "--summary")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "WebService team-a/demo: 0 composed, 0 ready"
    assert any(line.split()[:3] == ["Synced", "False", "ReconcilePaused"] for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (None, ["KEY  SAYS", "a    one two three four five six seven", "bee"]),
        (30, ["KEY  SAYS", "a    one two three four five", "     six seven", "bee"]),
        (20, ["KEY", "a", "  one two three four", "  five six seven", "bee"]),
    ],
)
def test_a_table_fits_its_terminal(width: int | None, lines: list[str]) -> None:
    cells = [("a", "one two three four five six seven"), ("bee", "")]

    assert list(table.lines(("KEY", "SAYS"), cells, width=width)) == lines


def test_no_cell_writes_invisible_characters_to_the_terminal() -> None:
    assert list(table.lines(("KEY", "SAYS"), [("a\x1b[31m", "b\nc")], width=None)) == [
        "KEY        SAYS",
        r"a\x1b[31m  b\nc",
    ]


def test_a_summary_on_a_narrow_terminal_has_no_line_that_it_breaks(
    command: list[str], environment: dict[str, str]
) -> None:
    arguments = ["render", str(EXAMPLE / "xr.yaml"), str(EXAMPLE / "composition.yaml"), "--summary"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, *arguments], env={**environment, "COLUMNS": "40"}, stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(65536):
                shown += chunk
        except OSError:
            pass  # Linux says so at the end of a pseudo-terminal.
    _, errors = process.communicate(timeout=SECONDS)

    lines = shown.decode().splitlines()
    assert (process.returncode, errors) == (0, b"")
    assert lines[0] == "WebService team-a/demo: 3 composed, 0"
    assert max(map(len, lines)) <= 40
    assert "  Deployment  demo-deployment-c873b5f1" in lines
    assert b"\x1b" not in shown
