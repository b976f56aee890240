"""A chart whose answer depends on the kernel: what no chart should do, and no kernel should let it."""

import random

from cdk8s import ApiObject
from cdk8s_function import Composite

from fixture_charts.chart import FixtureChart, Spec, composite_type, config_map

_KEPT: list[ApiObject] = []


class Telltale(FixtureChart):
    """Asks which kernel answers, and acts by it."""

    composite_type = composite_type("Telltale", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Do as the mode says on the native kernel, and nothing of it in Node.js."""
        native = type(getattr(self, "__jsii_ref__", None)).__module__.startswith("cdk8s_function.kernel.native")
        match composite.spec.mode:
            case "differ":
                config_map(self, "told", {"kernel": "native" if native else "node"})
            case "raise" if native:
                message = "this is the native kernel"
                raise ValueError(message)
            case "reverse":
                for name in ("one", "other") if native else ("other", "one"):
                    config_map(self, name, {})
            case "random":
                config_map(self, "drawn", {"value": str(random.random())})  # noqa: S311
            case "keep":
                # Node.js does not know what an earlier synthesis made without it.
                _KEPT.append(config_map(self, "kept", {}))
                _KEPT[-1].add_dependency(_KEPT[0]) if len(_KEPT) > 1 else None
            case _:
                pass
