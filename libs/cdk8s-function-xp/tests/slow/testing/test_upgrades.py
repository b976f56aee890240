"""A chart's new version is stepped from what its old wheel composed; what would be lost or refused is told."""

import itertools
import pathlib
import re
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s_function.testing import Scenario, scenario
from fixture_charts import versions

CHART = """
from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, Manifest

class Spec(ApiModel):
    size: str = "1Gi"

class Aging(Chart):
    composite_type = CompositeType(group="fixtures.example.org", version="v1", kind="Aging", spec=Spec)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        claim = Manifest(self, "data", {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": composite.spec.size}}},
        })
        labels = {"app": composite.name}
        Manifest(self, "deployment", {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}},
        })
        Manifest(self, "settings", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}})
"""
NUMBERS = itertools.count()

Upgrade = Callable[..., Scenario]


def make_wheel(folder: pathlib.Path, module: str, version: str, code: str) -> pathlib.Path:
    """Write a wheel of one module with the chart."""
    return versions.make_wheel(folder, module, version, {f"{module}.py": code}, chart=f"aging = {module}:Aging")


@pytest.fixture
def upgrade(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Upgrade:
    """Return a function that upgrades an XR from the chart above to an edited one, which is installed."""

    def run(
        *edits: tuple[str, str],
        spec: dict[str, Any] | None = None,
        version: str = "2.0.0",
        composition: Callable[[str], dict[str, Any]] | None = None,
        **more: Any,
    ) -> Scenario:
        module = f"aging_{next(NUMBERS)}"
        old = make_wheel(tmp_path, module, "1.0.0", CHART)
        code = CHART
        for before, after in edits:
            assert before in code
            code = code.replace(before, after)
        with zipfile.ZipFile(make_wheel(tmp_path / "new", module, version, code)) as files:
            files.extractall(tmp_path / "installed")
        monkeypatch.setattr(sys, "path", [str(tmp_path / "installed"), *sys.path])
        try:
            given = composition(module) if composition else None
            name = f"{module.replace('_', '-')}:aging"
            return scenario(name, spec, composition=given).upgrade(from_wheel=old, **more)
        finally:
            sys.modules.pop(module)

    return run


def test_a_new_version_takes_over(upgrade: Upgrade) -> None:
    upgraded = upgrade(('"a": "1"', '"a": "2"')).ready()

    assert upgraded.last.applied["settings"]["data"] == {"a": "2"}
    versions = [
        each.applied["settings"]["metadata"]["annotations"]["cdk8s.fn.crossplane.io/chart-version"]
        for each in upgraded.history
    ]
    assert sorted(set(versions)) == ["1.0.0", "2.0.0"]


def test_the_old_version_is_composed_by_a_composition_that_names_it(upgrade: Upgrade) -> None:
    def composition(module: str) -> dict[str, Any]:
        head = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput"}
        asked = {**head, "chart": f"{module.replace('_', '-')}:aging", "version": "2.0.0"}
        return {
            "apiVersion": "apiextensions.crossplane.io/v1",
            "kind": "Composition",
            "metadata": {"name": "agings"},
            "spec": {
                "compositeTypeRef": {"apiVersion": "fixtures.example.org/v1", "kind": "Aging"},
                "mode": "Pipeline",
                "pipeline": [{"step": "compose", "functionRef": {"name": "function-cdk8s"}, "input": asked}],
            },
        }

    upgraded = upgrade(('"a": "1"', '"a": "2"'), composition=composition)

    annotations = [each.applied["settings"]["metadata"]["annotations"] for each in (upgraded.history[0], upgraded.last)]
    assert [each["cdk8s.fn.crossplane.io/chart-version"] for each in annotations] == ["1.0.0", "2.0.0"]


def test_a_declared_move_is_not_reported(upgrade: Upgrade) -> None:
    name = '"metadata": {"name": composite.observed_name("settings")}, "data": {"a": "1"}}), from_key="settings")'
    upgrade(
        ('Manifest(self, "settings"', 'composite.moved(Manifest(self, "options"'),
        ('"data": {"a": "1"}})', name),
    )


@pytest.mark.parametrize(
    ("edits", "more", "line"),
    [
        pytest.param(
            [('Manifest(self, "settings"', 'Manifest(self, "options"')],
            {"version": "1.0.0"},
            '"settings" (ConfigMap demo-settings-c8dfecf6) is deleted and made again as "options"; '
            'call composite.moved(construct, from_key="settings") in the chart',
            id="a renamed construct of the same version",
        ),
        pytest.param(
            [('Manifest(self, "settings"', 'Manifest(self, "options"')],
            {},
            'version 2.0.0 would delete "settings" (ConfigMap ',
            id="a renamed construct that the function refuses",
        ),
        pytest.param(
            [('labels = {"app": composite.name}', 'labels = {"app": composite.name, "tier": "web"}')],
            {},
            'cannot change spec.selector.matchLabels.tier: absent -> "web" (ValidateDeploymentUpdate)',
            id="an immutable field",
        ),
        pytest.param(
            [("composite.spec.size", '"512Mi"')],
            {},
            'cannot change spec.resources.requests.storage: "1Gi" -> "512Mi", and no claim shrinks',
            id="a claim that shrinks",
        ),
        pytest.param(
            [('        Manifest(self, "settings"', '        if False: Manifest(self, "settings"')],
            {},
            'is deleted; if that is meant, say may_delete=["settings"]',
            id="an object that is gone",
        ),
    ],
)
def test_what_is_lost_or_refused_is_told(
    upgrade: Upgrade, edits: list[tuple[str, str]], more: dict[str, Any], line: str
) -> None:
    with pytest.raises(AssertionError) as error:
        upgrade(*edits, **more)
    message = str(error.value)
    assert message.startswith('Aging "team-a/demo": version ')
    assert "does not take over what version 1.0.0 composed:" in message
    assert line in message


def test_the_difference_is_shown(upgrade: Upgrade) -> None:
    with pytest.raises(AssertionError) as error:
        upgrade(('labels = {"app": composite.name}', 'labels = {"app": "web"}'))
    assert "--- deployment (before)\n+++ deployment (after)\n" in str(error.value)
    assert "\n-      app: demo\n+      app: web\n" in str(error.value)


def test_a_deletion_that_is_meant_passes(upgrade: Upgrade) -> None:
    upgrade(
        ('        Manifest(self, "settings"', '        if False: Manifest(self, "settings"'), may_delete=["settings"]
    )


def test_the_version_that_refuses_the_xr_is_named(upgrade: Upgrade) -> None:
    with pytest.raises(AssertionError, match=r"spec\.count") as error:
        upgrade(('size: str = "1Gi"', 'size: str = "1Gi"\n    count: int = 1'), spec={"count": 2})
    assert re.fullmatch(r"That was aging-\d+ 1\.0\.0\.", error.value.__notes__[0])


def test_what_is_no_wheel_is_told(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "a.whl"
    file.write_text("no zip")
    with pytest.raises(ValueError, match=r"a\.whl: is not a wheel; build one with `uv build --wheel`"):
        scenario("fixture-charts:good").upgrade(from_wheel=file)
