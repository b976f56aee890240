"""`plan` says, for each XR, what a chart's new version changes, and what it would lose."""

import os
import pathlib
import re
import subprocess
import sys
import zipfile

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
import yaml
from cdk8s_function.protocol.messages import ChartRef, Secrecy
from cdk8s_function.recording import recording
from cdk8s_function.recording.recording import Outcome, Recording
from fixture_charts import versions as wheels
from function_cdk8s.plan import versions

WORKSPACE = pathlib.Path(__file__).parents[4]

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
    return wheels.make_wheel(folder, "stores", version, {"stores.py": code}, chart="store = stores:Store")


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    make_wheel(tmp_path, "1.0.0")
    xrs = tmp_path / "xrs"
    xrs.mkdir()
    (xrs / "large.yaml").write_text(XR.replace("NAME", "large").replace("SIZE", "9Gi"))
    (xrs / "small.yaml").write_text(XR.replace("NAME", "small").replace("SIZE", "1Gi"))
    (xrs / "other.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: team-a}\n")
    return tmp_path


CHANGES = (
    ('"a": "1"', '"a": "2"'),
    ('"user": "one"', '"user": "two"'),
    (
        'Manifest(self, "settings"',
        'Manifest(self, "more", {"apiVersion": "v1", "kind": "ConfigMap"})\n        Manifest(self, "settings"',
    ),
)
PYPROJECT = '[project]\nname = "Stores"\n[project.entry-points."cdk8s_function.charts"]\nstore = "stores:Store"\n'

# The package of pytest's plugin has modules that need the extra `test`; a plan does not.
COMMAND = "import sys; sys.modules.update(hypothesis=None, syrupy=None); from function_cdk8s.cli import run; run()"
OLD = "stores-1.0.0-py3-none-any.whl"


def plan(folder: pathlib.Path, new: str, *options: str, old: str = OLD, xrs: str = "xrs") -> tuple[int, str, str]:
    command = [sys.executable, "-P", "-c", COMMAND, "plan", old, new, "--xrs", xrs, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, re.sub("c8[0-9a-f]{6}", "HASH", done.stdout), done.stderr


def test_what_changes_is_printed_for_each_xr(folder: pathlib.Path) -> None:
    new = make_wheel(folder, "1.1.0", *CHANGES)

    status, printed, _ = plan(folder, new.name)

    def changes(name: str, more: str) -> str:
        return (
            f"Store team-a/{name} (xrs/{name}.yaml): 1.0.0 -> 1.1.0\n"
            f'  changed   "login" (Secret) stringData.user: changes\n'
            f'  added     "more" (ConfigMap {more})\n'
            f'  changed   "settings" (ConfigMap) data.a: "1" -> "2"\n'
        )

    assert printed == changes("large", "large-more-HASH") + changes("small", "small-more-HASH")
    assert status == 0


def test_the_page_on_it_shows_what_its_commands_print(folder: pathlib.Path) -> None:
    page = (WORKSPACE / "docs/reference/command-line.md").read_text(encoding="utf-8")
    section = page.partition("## See what a new version changes\n")[2].partition("\n## ")[0]
    (shown,) = re.findall(r"^```text\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    (folder / "dist").mkdir()
    (folder / OLD).rename(folder / "dist" / OLD)
    make_wheel(folder / "dist", "1.1.0", *CHANGES)
    (folder / "xrs/small.yaml").unlink()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    # The index has the releases.
    index = {"UV_NO_INDEX": "1", "UV_FIND_LINKS": "dist"}
    environment = {**os.environ, **index, "PATH": f"{pathlib.Path(sys.executable).parent}:{WORKSPACE / 'bin'}:/bin"}

    for command in commands.splitlines():
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == (shown, "")


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            [("composite.spec.size", '"5Gi"')],
            'refused   "claim" (PersistentVolumeClaim large-claim-HASH) cannot change spec.resources.requests.storage: '
            '"9Gi" -> "5Gi", and no claim shrinks (ValidatePersistentVolumeClaimUpdate)',
            id="a change that the API server refuses",
        ),
        pytest.param(
            [('Manifest(self, "settings"', 'Manifest(self, "options"')],
            'refused   cannot compose resources: pipeline step "compose" returned a fatal result: cannot compose Store '
            '"team-a/large" with chart "store": version 2.0.0 would delete "settings" (ConfigMap large-settings-HASH) '
            'and make "options" in its place; if its construct was renamed, call composite.moved(construct, '
            'from_key="settings") in the chart; to let it be deleted, annotate the XR with '
            "cdk8s.fn.crossplane.io/allow-replace: settings",
            id="a construct that is renamed",
        ),
        pytest.param(
            [('        Manifest(self, "settings"', '        if False: Manifest(self, "settings"')],
            'deleted   "settings" (ConfigMap large-settings-HASH) is deleted',
            id="an object that is gone",
        ),
    ],
)
def test_a_loss_is_an_error(folder: pathlib.Path, edits: list[tuple[str, str]], line: str) -> None:
    status, printed, _ = plan(folder, make_wheel(folder, "2.0.0", *edits).name, xrs="xrs/large.yaml")

    words = ("deleted", "refused", "replaced")
    assert [each.strip() for each in printed.splitlines() if each.strip().startswith(words)] == [line]
    assert status == 1


def test_what_the_user_of_an_xr_lets_be_replaced_is_told(folder: pathlib.Path) -> None:
    allowed = "small, annotations: {cdk8s.fn.crossplane.io/allow-replace: settings}"
    (folder / "xrs/small.yaml").write_text(XR.replace("NAME", allowed).replace("SIZE", "1Gi"))
    new = make_wheel(folder, "2.0.0", ('Manifest(self, "settings"', 'Manifest(self, "options"'))

    status, printed, _ = plan(folder, new.name, xrs="xrs/small.yaml")

    assert printed == (
        "Store team-a/small (xrs/small.yaml): 1.0.0 -> 2.0.0\n"
        '  added     "options" (ConfigMap small-options-HASH)\n'
        '  replaced  "settings" (ConfigMap small-settings-HASH) is deleted and made again as "options"; '
        'call composite.moved(construct, from_key="settings") in the chart\n'
    )
    assert status == 1


NOTHING = "Store team-a/small (xrs/small.yaml): 1.0.0 -> 1.0.1\n  nothing changes\n"


@pytest.mark.parametrize(
    ("old", "new", "options"),
    [
        pytest.param(OLD, "stores-1.0.1-py3-none-any.whl", [], id="wheels"),
        pytest.param("unpacked", "stores-1.0.1-py3-none-any.whl", [], id="a folder"),
        pytest.param("1.0.0", "1.0.1", ["--wheels", "."], id="versions of the project here"),
        pytest.param("stores==1.0.0", "stores==1.0.1", ["--wheels", "."], id="releases"),
    ],
)
def test_a_version_is_given_in_each_way(folder: pathlib.Path, old: str, new: str, options: list[str]) -> None:
    make_wheel(folder, "1.0.1")
    with zipfile.ZipFile(folder / OLD) as wheel:
        wheel.extractall(folder / "unpacked")
    (folder / "pyproject.toml").write_text(PYPROJECT)

    status, printed, error = plan(folder, new, *options, old=old, xrs="xrs/small.yaml")

    assert (status, printed, error) == (0, NOTHING, "")


def test_pip_takes_a_version_where_uv_is_not_installed(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")

    with versions.unpacked("stores==1.0.0", folder) as found:
        assert (found / "stores.py").is_file()


def test_recorded_requests_are_planned_with_what_was_observed(folder: pathlib.Path) -> None:
    """The claim is larger than the old chart would make it: only what the cluster has says that it cannot shrink."""
    xr = yaml.safe_load(XR.replace("NAME", "recorded").replace("SIZE", "5Gi"))
    request = fnv1.RunFunctionRequest()
    request.input.update({"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "store"})
    request.observed.composite.resource.update(xr)
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "recorded-claim-c8b6457d", "namespace": "team-a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}, "volumeName": "v"},
        "status": {"phase": "Bound"},
    }
    request.observed.resources["claim"].resource.update(claim)
    recorded = Recording(
        at="2026-01-01T00:00:00Z",
        chart=ChartRef(name="store", dist="stores", version="1.0.0", target="stores:Store"),
        versions={},
        secrecy=Secrecy(),
        outcome=Outcome(kind="response"),
        request=request,
    )
    _, lines = recording.pack(recorded.encode())
    (folder / "xrs/function.log").write_text("\n".join(["other lines", *lines]))
    new = make_wheel(folder, "1.1.0", ("composite.spec.size", '"1Gi"'))
    for each in ("large", "small"):
        (folder / f"xrs/{each}.yaml").unlink()

    status, printed, _ = plan(folder, new.name)

    assert printed == (
        "Store team-a/recorded (xrs/function.log): 1.0.0 -> 1.1.0\n"
        '  changed   "claim" (PersistentVolumeClaim) spec.resources.requests.storage: "5Gi" -> "1Gi"\n'
        '  refused   "claim" (PersistentVolumeClaim recorded-claim-HASH) cannot change '
        'spec.resources.requests.storage: "5Gi" -> "1Gi", and no claim shrinks (ValidatePersistentVolumeClaimUpdate)\n'
    )
    assert status == 1


def test_a_folder_without_xrs_of_the_chart_is_an_error(folder: pathlib.Path) -> None:
    status, printed, error = plan(folder, make_wheel(folder, "1.0.1").name, xrs="xrs/other.yaml")

    assert (status, printed) == (1, "")
    assert error == (
        "Error: xrs/other.yaml has no XR of the charts of stores-1.0.1-py3-none-any.whl;"
        " give --xrs a file or folder that has some\n"
    )


def test_an_xr_that_the_old_version_refuses_does_not_keep_the_others_from_being_planned(folder: pathlib.Path) -> None:
    (folder / "xrs/large.yaml").write_text(XR.replace("NAME", "large").replace("SIZE", "[]"))

    status, printed, _ = plan(folder, make_wheel(folder, "1.0.1").name)

    assert printed == (
        "Store team-a/large (xrs/large.yaml): -> 1.0.1\n"
        '  failed    cannot compose resources: pipeline step "compose" returned a fatal result: cannot compose Store '
        '"team-a/large" with chart "store": spec.size: input should be a valid string\n'
        "  failed    That was stores 1.0.0.\n" + NOTHING
    )
    assert status == 1
