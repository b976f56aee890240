"""Find the chart under test: its class, its entry point, and the charts beside it."""

import dataclasses
import os
import pathlib
import sys
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, cast

from cdk8s_function import objects
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.installed import environments, registry
from cdk8s_function.installed.registry import Registry
from cdk8s_function.protocol.messages import ChartRef
from cdk8s_function.testing import chart_processes, kernel, xr_kind
from cdk8s_function.testing.xr_kind import XrKind
from cdk8s_function.worker import loader

_NOT_INSTALLED = "not-installed"

Factory = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart under test.

    Attributes:
        ref: Its entry point; of a class that no wheel offers, one that says so.
        factory: Its class; None for one in a folder of its own, which another process imports.
        kind: The kind of XR it composes.
        charts: The installed charts, and this one.
    """

    ref: ChartRef
    factory: Factory | None
    kind: XrKind
    charts: Registry

    @property
    def name(self) -> str:
        """The name by which a function input names it."""
        return self.charts.name_of(self.ref)


def find(chart: Factory | str, *, version: str = "", charts_dir: str | os.PathLike[str] | None = None) -> Chart:
    """Return a chart by its class, or by the name of its entry point.

    Args:
        chart: The class or the name.
        version: A version or a range, as a function input has it, of a chart by its name.
        charts_dir: A folder of folders `<distribution>/<version>`, whose charts can be taken too.

    Raises:
        FatalError: If no installed wheel, and none in such a folder, offers a chart of that name and version.
        LoadError: If it can't be imported, or declares no composite type.
        ValueError: If the version is none, the folder is missing, or either is given with a class.
    """
    kernel.prepare()
    if isinstance(chart, str):
        known = registry.discover() if charts_dir is None else environments.with_folders(_folder(charts_dir))
        ref = known.require(chart, version=_version_or_range(version))
        if ref.folder:
            return Chart(ref, None, chart_processes.kept().kind(ref), known)
        # What a worker does; of a module that is imported already it is the class that the test has too.
        factory = cast("Factory", loader.load(ref))
        return Chart(ref, factory, xr_kind.of(loader.composite_type(factory)), known)
    if version or charts_dir is not None:
        msg = "version and charts_dir are for a chart that is given by its name, not by its class"
        raise ValueError(msg)
    kind = xr_kind.of(loader.composite_type(chart))
    installed = registry.discover()
    for ref in installed.charts:
        if _named(ref) is chart:
            return Chart(ref, chart, kind, installed)
    ref = ChartRef(
        name=kind.kind.lower(),
        dist=_NOT_INSTALLED,
        version="0",
        target=f"{chart.__module__}:{chart.__qualname__}",
    )
    return Chart(ref, chart, kind, Registry((*installed.charts, ref)))


def declared(chart: Factory | str) -> CompositeType[Any]:
    """Return what a chart declares, with its models: of an installed one by its class or its entry point's name.

    Raises:
        FatalError: If no installed wheel offers a chart of that name.
        LoadError: If it can't be imported, or declares no composite type.
    """
    kernel.prepare()
    factory = cast("Factory", loader.load(registry.discover().require(chart))) if isinstance(chart, str) else chart
    return loader.composite_type(factory)


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
        types = {name: declared(name) for name in names}
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


def _folder(charts_dir: str | os.PathLike[str]) -> pathlib.Path:
    folder = pathlib.Path(charts_dir).absolute()
    if not folder.is_dir():
        msg = f"charts_dir: {folder} is no folder; give one that has folders <distribution>/<version> in it"
        raise ValueError(msg)
    return folder


def _version_or_range(version: str) -> str:
    try:
        if registry.version_of(version) is None:
            registry.range_of(version)
    except ValueError as error:
        msg = f"version: {error}, not {version!r}"
        raise ValueError(msg) from None
    return version


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
