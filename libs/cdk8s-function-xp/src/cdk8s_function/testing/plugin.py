"""pytest's plugin of the kit, loaded in each run where this library is installed; it imports little until it is used.

def test_it_is_ready(chart):
    chart({"image": "example.org/shop:1"}).until_stable().ready()

def test_it_composes_as_before(chart, yaml_snapshot):
    assert chart("examples/minimal.yaml").until_stable() == yaml_snapshot
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from cdk8s_function.testing import kernel

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from cdk8s_function.testing.given import Given
    from cdk8s_function.testing.scenarios import Scenario

kernel.install()


# Of a module, so that Hypothesis takes it: each example makes scenarios of its own.
@pytest.fixture(scope="module")
def chart(request: pytest.FixtureRequest) -> "Callable[..., Scenario]":
    """Return a function that makes a scenario with the chart of the project that the test is in.

    It takes what `cdk8s_function.testing.scenario` takes after the chart; `chart`
    names one where the project has several, and none fits the XR alone.
    """

    def make(spec_or_xr: "Given | None" = None, *, chart: str = "", **options: Any) -> "Scenario":  # noqa: ANN401
        from cdk8s_function.testing import charts, scenarios  # noqa: PLC0415  # They import cdk8s.

        folder = request.path.parent
        return scenarios.scenario(
            chart or charts.of_project(folder, spec_or_xr if isinstance(spec_or_xr, Mapping) else None),
            spec_or_xr,
            **options,
        )

    return make


@pytest.fixture
def yaml_snapshot(snapshot: "SnapshotAssertion") -> "SnapshotAssertion":
    """Return syrupy's snapshot that is kept as a YAML file; `--snapshot-update` writes it."""
    from cdk8s_function.testing.snapshot import YamlSnapshotExtension  # noqa: PLC0415  # It imports syrupy.

    return snapshot.use_extension(YamlSnapshotExtension)
