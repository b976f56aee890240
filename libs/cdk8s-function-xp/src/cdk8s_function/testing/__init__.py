"""Test charts: step an XR as Crossplane does, and say what must hold of it.

    from cdk8s_function.testing import Match, scenario
    from web_service import WebService

    shop = scenario(WebService, {"image": "example.org/shop:1"}).until_stable()
    shop.has("Deployment", Match.partial({"spec": {"replicas": 1}})).ready()

    scenario -> reconcile (cdk8s_function.reconcile) -> chart_runs: in this process, or in one for the chart's folder
       |  ^
       v  |
    cluster: what is applied becomes observed, and its controllers act

Install it with the extra `test`, which brings a pytest plugin too: its fixture
`chart` composes the chart of the project that a test is in. Runs in the process
of a chart's tests. These names are for users; the modules are not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk8s_function.testing.errors import CompositionError, UnstableError
    from cdk8s_function.testing.match import Match
    from cdk8s_function.testing.reconciles import Reconcile
    from cdk8s_function.testing.scenarios import Scenario, definition, scenario
    from cdk8s_function.testing.snapshot import YamlSnapshotExtension
    from cdk8s_function.testing.spec_strategies import specs
    from cdk8s_function.testing.upgrades import Loss, Upgraded

__all__ = [
    "CompositionError",
    "Loss",
    "Match",
    "Reconcile",
    "Scenario",
    "UnstableError",
    "Upgraded",
    "YamlSnapshotExtension",
    "definition",
    "scenario",
    "specs",
]

_MODULES = {
    "CompositionError": "errors",
    "Loss": "upgrades",
    "Match": "match",
    "Reconcile": "reconciles",
    "Scenario": "scenarios",
    "UnstableError": "errors",
    "Upgraded": "upgrades",
    "YamlSnapshotExtension": "snapshot",
    "definition": "scenarios",
    "scenario": "scenarios",
    "specs": "spec_strategies",
}


def __getattr__(name: str) -> object:
    # pytest imports this package in every run, for the plugin: what a run does not use is not loaded.
    if name in _MODULES:
        import importlib  # noqa: PLC0415

        from cdk8s_function import extras  # noqa: PLC0415

        extras.require("test", "crossplane", "hypothesis", "syrupy", "yaml")
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
