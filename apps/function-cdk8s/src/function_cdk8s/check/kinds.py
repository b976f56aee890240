"""The kinds of XR that the charts of a repository compose."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.objects import Json
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError
from cdk8s_function.worker import loader

from function_cdk8s.check.faults import Fault
from function_cdk8s.check.repository import Wheel


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """A chart's kind of XR.

    Attributes:
        chart: The chart's name.
        type: What its class declares.
        definition: The XRD that is made of it.
    """

    chart: str
    type: CompositeType[Any]
    definition: dict[str, Json]

    @property
    def name(self) -> tuple[str, str]:
        """The group and the kind."""
        return self.type.group, self.type.kind


def of(wheel: Wheel, installed: registry.Registry) -> Iterator[Kind | Fault]:
    """Import each chart of a wheel, and return its kind of XR or what is wrong.

    Args:
        wheel: The wheel.
        installed: The installed charts.
    """
    for name, target in sorted(wheel.charts.items()):
        try:
            yield _kind(wheel, name, target, installed)
        except (FatalError, SchemaError) as error:
            field = f'project.entry-points."{registry.GROUP}".{name}'
            yield Fault(file=wheel.file, field=field, message=str(error))


def _kind(wheel: Wheel, name: str, target: str, installed: registry.Registry) -> Kind:
    found = [each for each in installed.charts if (each.dist, each.name) == (wheel.name, name)]
    if not found:
        msg = f"{wheel.name} is not installed with this chart; run: pip install --editable ."
        raise FatalError(msg)
    if found[0].target.replace(" ", "") != target.replace(" ", ""):
        msg = f"{wheel.name} is installed with {found[0].target} instead; run: pip install --editable ."
        raise FatalError(msg)
    declared = loader.composite_type(loader.load(found[0]))
    return Kind(chart=name, type=declared, definition=xrd.of(declared))
