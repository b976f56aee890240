"""Find the chart under test: its class, its entry point, and the charts beside it."""

import dataclasses
import pathlib
import sys
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, cast

from cdk8s_function import objects
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.installed import registry
from cdk8s_function.installed.registry import Registry
from cdk8s_function.protocol.messages import ChartRef
from cdk8s_function.testing import kernel
from cdk8s_function.worker import loader

_NOT_INSTALLED = "not-installed"

Factory = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart under test.

    Attributes:
        ref: Its entry point; of a class that no wheel offers, one that says so.
        factory: Its class.
        composite_type: The kind of XR it composes.
        charts: The installed charts, and this one.
    """

    ref: ChartRef
    factory: Factory
    composite_type: CompositeType[Any]
    charts: Registry

    @property
    def name(self) -> str:
        """The name by which a function input names it."""
        return self.charts.name_of(self.ref)


def find(chart: Factory | str) -> Chart:
    """Return a chart by its class, or by the name of its entry point.

    Raises:
        FatalError: If no installed wheel offers a chart of that name.
        LoadError: If it can't be imported, or declares no composite type.
    """
    kernel.prepare()
    installed = registry.discover()
    if isinstance(chart, str):
        ref = installed.require(chart)
        # What a worker does; of a module that is imported already it is the class that the test has too.
        factory = cast("Factory", loader.load(ref))
        return Chart(ref, factory, loader.composite_type(factory), installed)
    declared = loader.composite_type(chart)
    for ref in installed.charts:
        if _named(ref) is chart:
            return Chart(ref, chart, declared, installed)
    ref = ChartRef(
        name=declared.kind.lower(),
        dist=_NOT_INSTALLED,
        version="0",
        target=f"{chart.__module__}:{chart.__qualname__}",
    )
    return Chart(ref, chart, declared, Registry((*installed.charts, ref)))


def of_project(folder: pathlib.Path, xr: Mapping[str, Any] | None) -> str:
    """Return the name of the chart of the project that a folder is in.

    Args:
        folder: The folder; of those above it the nearest whose pyproject.toml offers charts is the project.
        xr: An XR, whose kind tells which of several charts.

    Raises:
        ValueError: If the project has no chart, or several, of which none is told.
    """
    names = _names_of_project(folder)
    if len(names) > 1 and xr and {"apiVersion", "kind"} <= xr.keys():
        kind = objects.group_of(xr["apiVersion"]), xr["kind"]
        types = {name: find(name).composite_type for name in names}
        names = [name for name, each in types.items() if (each.group, each.kind) == kind] or names
    if len(names) == 1:
        return names[0]
    if names:
        msg = f'the project has several charts: {", ".join(names)}; name one, like chart(spec, chart="{names[0]}")'
    else:
        msg = (
            f"no pyproject.toml above {folder} offers a chart (an entry point of the group {registry.GROUP}); "
            'name an installed one, like chart(spec, chart="web-service")'
        )
    raise ValueError(msg)


def _names_of_project(folder: pathlib.Path) -> list[str]:
    for above in (folder, *folder.parents):
        file = above / "pyproject.toml"
        if not file.is_file():
            continue
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
        if names := list(project.get("entry-points", {}).get(registry.GROUP, {})):
            dist = registry.normalized(project.get("name", ""))
            known = registry.discover()
            return [_full_name(name, dist, known) for name in names]
    return []


def _full_name(name: str, dist: str, known: Registry) -> str:
    return next((known.name_of(ref) for ref in known.charts if (ref.name, ref.dist) == (name, dist)), name)


def _named(ref: ChartRef) -> object:
    """Return what an entry point names, None unless it has been imported."""
    module, _, attributes = ref.target.partition(":")
    found: object = sys.modules.get(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute, None)
    return found
