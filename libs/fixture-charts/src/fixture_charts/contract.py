"""Entry points that break the contract of charts."""

from cdk8s import Chart
from cdk8s_function import Composite
from constructs import Construct

from fixture_charts.chart import Spec, composite_type

FIXED = "a constant, nothing to call"


class Undeclared(Chart):
    """A chart that declares no composite_type."""

    def __init__(self, scope: Construct, id: str, composite: Composite[Spec]) -> None:  # constructs' name.
        """Never reached."""
        raise NotImplementedError


class Misdeclared(Undeclared):
    """A chart whose composite_type is something else."""

    composite_type = "fixtures.example.org/v1, Kind=Misdeclared"


def not_a_chart(scope: Construct, id: str, composite: Composite[Spec]) -> Construct:  # constructs' name.
    """Return a construct that is no chart."""
    return Construct(scope, f"{id}-{composite.name}")


not_a_chart.composite_type = composite_type("NotAChart", Spec)  # pyright: ignore[reportFunctionMemberAccess]
