"""`plan` says, for each XR, what a chart's new version changes, and what it would lose."""

import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

CHART = """
from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, Manifest

class Spec(ApiModel):
    size: str = "1Gi"

class Store(Chart):
    composite_type = CompositeType(group="example.org", version="v1", kind="Store", spec=Spec)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        Manifest(self, "claim", {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": composite.spec.size}}},
        })
        Manifest(self, "login", {"apiVersion": "v1", "kind": "Secret", "stringData": {"user": "one"}})
        Manifest(self, "settings", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}})
"""
XR = """
apiVersion: example.org/v1
kind: Store
metadata: {name: NAME, namespace: team-a}
spec: {size: SIZE}
"""


def make_wheel(folder: pathlib.Path, version: str, *edits: tuple[str, str]) -> pathlib.Path:
    code = CHART
    for before, after in edits:
        assert before in code
        code = code.replace(before, after)
    wheel = folder / f"stores-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr("stores.py", code)
        information = f"stores-{version}.dist-info"
        files.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: stores\nVersion: {version}\n")
        files.writestr(f"{information}/entry_points.txt", "[cdk8s_function.charts]\nstore = stores:Store\n")
    return wheel


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    make_wheel(tmp_path, "1.0.0")
    xrs = tmp_path / "xrs"
    xrs.mkdir()
    (xrs / "large.yaml").write_text(XR.replace("NAME", "large").replace("SIZE", "9Gi"))
    (xrs / "small.yaml").write_text(XR.replace("NAME", "small").replace("SIZE", "1Gi"))
    (xrs / "other.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: team-a}\n")
    return tmp_path


def plan(folder: pathlib.Path, new: pathlib.Path, *, xrs: str = "xrs") -> tuple[int, str, str]:
    command = [sys.executable, "-P", "-m", "function_cdk8s", "plan", "stores-1.0.0-py3-none-any.whl", new.name]
    done = subprocess.run([*command, "--xrs", xrs], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_what_changes_is_printed_for_each_xr(folder: pathlib.Path) -> None:
    added = 'Manifest(self, "more", {"apiVersion": "v1", "kind": "ConfigMap"})\n        Manifest(self, "settings"'
    new = make_wheel(
        folder,
        "1.1.0",
        ('"a": "1"', '"a": "2"'),
        ('"user": "one"', '"user": "two"'),
        ('Manifest(self, "settings"', added),
    )

    status, printed, _ = plan(folder, new)

    def changes(name: str, more: str) -> str:
        return (
            f"Store team-a/{name} (xrs/{name}.yaml): 1.0.0 -> 1.1.0\n"
            f'  changed   "login" (Secret) stringData.user: changes\n'
            f'  added     "more" (ConfigMap {more})\n'
            f'  changed   "settings" (ConfigMap) data.a: "1" -> "2"\n'
        )

    assert re.sub("c8[0-9a-f]{6}", "HASH", printed) == changes("large", "large-more-HASH") + changes(
        "small", "small-more-HASH"
    )
    assert status == 0


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            [("composite.spec.size", '"5Gi"')],
            'problem   "claim" (PersistentVolumeClaim large-claim-HASH) cannot change spec.resources.requests.storage: '
            '"9Gi" -> "5Gi", and no claim shrinks (ValidatePersistentVolumeClaimUpdate)',
            id="a change that the API server refuses",
        ),
        pytest.param(
            [('Manifest(self, "settings"', 'Manifest(self, "options"')],
            'problem   cannot compose resources: pipeline step "compose" returned a fatal result: cannot compose Store '
            '"team-a/large" with chart "store": version 2.0.0 would delete "settings" (ConfigMap large-settings-HASH) '
            'and make "options" in its place; if its construct was renamed, call composite.moved(construct, '
            'from_key="settings") in the chart; to let it be deleted, annotate the XR with '
            "cdk8s.fn.crossplane.io/allow-replace: settings",
            id="a construct that is renamed",
        ),
    ],
)
def test_a_problem_is_an_error(folder: pathlib.Path, edits: list[tuple[str, str]], line: str) -> None:
    status, printed, _ = plan(folder, make_wheel(folder, "2.0.0", *edits), xrs="xrs/large.yaml")

    problems = [re.sub("c8[0-9a-f]{6}", "HASH", each.strip()) for each in printed.splitlines() if "problem" in each]
    assert problems == [line]
    assert status == 1


def test_nothing_changes_is_said(folder: pathlib.Path) -> None:
    status, printed, _ = plan(folder, make_wheel(folder, "1.0.1"), xrs="xrs/small.yaml")

    assert printed == "Store team-a/small (xrs/small.yaml): 1.0.0 -> 1.0.1\n  nothing changes\n"
    assert status == 0


def test_a_folder_without_xrs_of_the_chart_is_an_error(folder: pathlib.Path) -> None:
    status, printed, error = plan(folder, make_wheel(folder, "1.0.1"), xrs="xrs/other.yaml")

    assert (status, printed) == (1, "")
    assert error == "Error: xrs/other.yaml has no XR of the charts of stores-1.0.1-py3-none-any.whl\n"


def test_an_xr_that_the_old_version_refuses_is_an_error(folder: pathlib.Path) -> None:
    (folder / "xrs/small.yaml").write_text(XR.replace("NAME", "small").replace("SIZE", "[]"))

    status, _, error = plan(folder, make_wheel(folder, "1.0.1"), xrs="xrs/small.yaml")

    assert status == 1
    assert "spec.size: input should be a valid string" in error
    assert "That was version 1.0.0, of stores-1.0.0-py3-none-any.whl." in error
