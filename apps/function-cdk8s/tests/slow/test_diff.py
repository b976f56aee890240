"""`function-cdk8s render --diff` and `--diff-observed`: what changed, object by object, and no secret."""

import base64
import pathlib
import stat
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from cdk8s_function import objects
from cdk8s_function.reconcile.reconcile import Rendered
from function_cdk8s.render import diff

EXAMPLE = pathlib.Path(__file__).parents[2] / "example"
KEY = "crossplane.io/composition-resource-name"
TOKEN = "hunter2pw"
REPEATED = dict.fromkeys(sorted(objects.REPEATING_ANNOTATIONS), TOKEN)

Render = Callable[..., subprocess.CompletedProcess[str]]

XR = {"apiVersion": "example.org/v1", "kind": "Shop", "metadata": {"name": "one", "namespace": "a"}, "status": {}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def made(key: str, kind: str = "ConfigMap", **fields: Any) -> dict[str, Any]:
    metadata = {"name": f"one-{key}", "annotations": {KEY: key}, **fields.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def rendered(*composed: dict[str, Any], status: dict[str, Any] | None = None) -> Rendered:
    return Rendered(xr={**XR, "status": status or {}}, composed=composed)


def changed(text: str) -> list[str]:
    """Return a diff's lines without those that are the same on both sides."""
    return [line for line in text.splitlines() if line[0] != " "]


def test_a_series_of_renders_shows_what_each_changed(render: Render, tmp_path: pathlib.Path) -> None:
    (tmp_path / "xr.yaml").write_text((EXAMPLE / "xr.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    arguments = ("xr.yaml", EXAMPLE / "composition.yaml", "--diff=last.yaml", "--save=last.yaml")

    first = render(*arguments)
    second = render(*arguments)
    xr = yaml.safe_load((tmp_path / "xr.yaml").read_text(encoding="utf-8"))
    xr["spec"].pop("host")
    xr["spec"]["replicas"] = 7
    (tmp_path / "xr.yaml").write_text(yaml.safe_dump(xr), encoding="utf-8")
    third = render(*arguments)

    assert (first.returncode, first.stderr) == (1, "")
    assert first.stdout.startswith("--- /dev/null\n+++ example.org/v1alpha1 WebService team-a/demo\n@@ -0,0 +1,")
    assert first.stdout.count("--- /dev/null\n") == 4
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (third.returncode, third.stderr) == (1, "")
    shown = changed(third.stdout)
    assert "--- deployment: apps/v1 Deployment team-a/demo-deployment-c873b5f1" in shown
    assert "+  replicas: 7" in shown
    gone = shown.index("--- ingress: networking.k8s.io/v1 Ingress team-a/demo-ingress-c8bb025f")
    assert shown[gone + 1] == "+++ /dev/null"
    assert not [line for line in shown if line.startswith(("--- service", "+++ service"))]
    saved = tmp_path / "last.yaml"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert saved.read_text(encoding="utf-8") == render("xr.yaml", EXAMPLE / "composition.yaml").stdout
    assert {path.name for path in tmp_path.iterdir()} == {"last.yaml", "temporary", "xr.yaml"}


def test_of_an_observed_object_only_what_the_chart_sets_is_compared(render: Render, tmp_path: pathlib.Path) -> None:
    files = (EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml")
    there = list(yaml.safe_load_all(render(*files).stdout))[1:]
    for item in there:
        item["metadata"] |= {"uid": "u", "resourceVersion": "7", "managedFields": [{"manager": "crossplane"}]}
        item["status"] = {"observedGeneration": 1}
    deployment = next(item for item in there if item["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container |= {"terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "Always"}
    (tmp_path / "observed.yaml").write_text(yaml.safe_dump_all(there), encoding="utf-8")

    same = render(*files, "-o", "observed.yaml", "--diff-observed")
    container["image"] = "example.org/other:1"
    listed = {"apiVersion": "v1", "kind": "List", "items": there}
    (tmp_path / "observed.yaml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    other = render(*files, "-o", "observed.yaml", "--diff-observed")

    assert (same.returncode, same.stdout, same.stderr) == (0, "", "")
    assert (other.returncode, other.stderr) == (1, "")
    head, tail, _, old, new = changed(other.stdout)
    assert head.removeprefix("--- ") == tail.removeprefix("+++ ")
    assert (old.strip("- "), new.split()[2]) == ("image: example.org/other:1", "image:")


SAME = [
    pytest.param(made("a"), made("a"), id="the same"),
    pytest.param(
        made("a", "Secret", data={"t": encoded(TOKEN)}),
        made("a", "Secret", stringData={"t": TOKEN}),
        id="a Secret's text and what the API server makes of it",
    ),
    pytest.param(
        made("a", metadata={"annotations": {KEY: "a", **REPEATED}}), made("a"), id="what kubectl, kapp and Rancher keep"
    ),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_equal_objects_have_no_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert diff.with_file(rendered(after), [XR, before]) == ""


SECRETS = [
    pytest.param(
        made("a", "Secret", data={"t": encoded("old"), "same": "c2FtZQ==", "gone": encoded(TOKEN)}),
        made("a", "Secret", stringData={"t": TOKEN, "new": TOKEN}, data={"same": "c2FtZQ=="}),
        ["-  gone: (secret)", "-  t: (secret)", "+  new: (secret)", "+  t: (secret, changed)"],
        id="changed",
    ),
    pytest.param(None, made("a", "Secret", data={"t": TOKEN}), ["+  t: (secret)"], id="added"),
    pytest.param(made("a", "Secret", data={"t": TOKEN}), None, ["-  t: (secret)"], id="deleted"),
    pytest.param(
        made("a", "Secret", data=TOKEN),
        made("a", "Secret", data="b"),
        ["-data: (secret)", "+data: (secret, changed)"],
        id="no map",
    ),
    pytest.param(
        made("a", "ConfigMap", data={"t": TOKEN}),
        made("a", "Secret", data={"t": "b"}),
        ["-  t: (secret)", "+  t: (secret, changed)"],
        id="of a ConfigMap",
    ),
    pytest.param(
        made("a", "Secret", metadata={"annotations": {KEY: "a", **REPEATED}}),
        made("a"),
        [],
        id="in an annotation that repeats it",
    ),
]


@pytest.mark.parametrize(("before", "after", "lines"), SECRETS)
def test_a_secret_is_only_called_changed(
    before: dict[str, Any] | None, after: dict[str, Any] | None, lines: list[str]
) -> None:
    composed = [after] if after else []
    there = [before] if before else []

    text = diff.with_file(rendered(*composed), [XR, *there])

    for each in (text, diff.with_observed(rendered(*composed), there)):
        assert TOKEN not in each
        assert encoded(TOKEN) not in each
    assert sorted(line for line in changed(text) if "(secret" in line) == sorted(lines)


def test_objects_belong_together_by_key_and_without_one_by_name() -> None:
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain"}}
    before = [XR, made("a", metadata={"name": "old"}), plain, made("b"), made("b", metadata={"name": "twin"})]
    after = rendered(
        made("a", metadata={"name": "new"}), made("b"), made("b", metadata={"name": "twin"}, data={"x": "z"})
    )

    assert changed(diff.with_file(after, before)) == [
        "--- a: v1 ConfigMap old",
        "+++ a: v1 ConfigMap new",
        "@@ -3,4 +3,4 @@",
        "-  name: old",
        "+  name: new",
        "--- v1 ConfigMap plain",
        "+++ /dev/null",
        "@@ -1,4 +0,0 @@",
        *[f"-{line}" for line in yaml.safe_dump(plain).splitlines()],
        "--- b: v1 ConfigMap twin",
        "+++ b: v1 ConfigMap twin",
        "@@ -1,4 +1,6 @@",
        "+data:",
        "+  x: z",
    ]


def test_of_the_xr_its_status_is_compared() -> None:
    before = {**XR, "spec": {"password": TOKEN}, "status": {"url": "a"}}

    assert changed(diff.with_file(rendered(status={"url": "b"}), [before])) == [
        "--- example.org/v1 Shop a/one",
        "+++ example.org/v1 Shop a/one",
        "@@ -5,4 +5,4 @@",
        "-  url: a",
        "+  url: b",
    ]


def test_events_and_the_context_of_a_saved_render_are_no_objects(render: Render, tmp_path: pathlib.Path) -> None:
    files = (EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml")
    (tmp_path / "last.yaml").write_text(render(*files, "-r", "-c", "-x").stdout, encoding="utf-8")

    done = render(*files, "--diff", "last.yaml")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_lists_of_an_observed_object_are_compared_item_by_item() -> None:
    before = {
        "named": [{"name": "b", "x": 1, "extra": 1}, {"name": "c"}],
        "plain": [{"x": 1, "extra": 1}, 2, 3],
        "y": 1,
    }
    after = {"named": [{"name": "a"}, {"name": "b", "x": 2}], "plain": [{"x": 1}, 2]}

    assert diff.only_what_is_set(before, after) == {
        "named": [{"name": "b", "x": 1}, {"name": "c"}],
        "plain": [{"x": 1}, 2, 3],
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--diff=absent.yaml"], "absent.yaml: cannot be read: No such file or directory"),
        (["--diff=absent.yaml", "--save=other.yaml"], "absent.yaml: cannot be read: No such file or directory"),
        (["--save=absent/last.yaml"], "absent/last.yaml: cannot be written: No such file or directory"),
        (["--diff-observed"], "--diff-observed needs --observed-resources"),
        (["--diff=a", "--summary"], "give only one of --summary, --diff and --diff-observed"),
    ],
)
def test_a_render_that_can_not_be_compared_ends_with_another_status_than_a_difference(
    arguments: list[str], says: str, render: Render
) -> None:
    done = render(EXAMPLE / "xr.yaml", EXAMPLE / "composition.yaml", *arguments)

    assert (done.returncode, done.stdout) == (1 if "--save=absent/last.yaml" in arguments else 2, "")
    assert done.stderr.endswith(f"Error: {says}\n")


def test_a_chart_that_takes_too_long_is_no_difference(render: Render, tmp_path: pathlib.Path) -> None:
    xr = "apiVersion: fixtures.example.org/v1\nkind: Slow\nmetadata: {name: one, namespace: team-a}\n"
    composition = (EXAMPLE / "composition.yaml").read_text(encoding="utf-8")
    composition = composition.replace("example.org/v1alpha1", "fixtures.example.org/v1")
    composition = composition.replace("kind: WebService", "kind: Slow").replace("web-service", "slow")
    (tmp_path / "xr.yaml").write_text(f"{xr}spec: {{seconds: 1000}}\n", encoding="utf-8")
    (tmp_path / "composition.yaml").write_text(composition, encoding="utf-8")

    done = render("xr.yaml", "composition.yaml", "--timeout=3s", "--diff=last.yaml", "--save=last.yaml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("its chart did not finish within --timeout\n")
    assert not (tmp_path / "last.yaml").exists()
