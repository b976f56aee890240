"""The source files of the charts that a render depends on."""

import contextlib
import importlib.util
import json
import pathlib
import sys
import sysconfig
from collections.abc import Generator

from cdk8s_function.errors import FatalError
from cdk8s_function.installed import environments
from cdk8s_function.reconcile.composition import Composition


@contextlib.contextmanager
def written(path: pathlib.Path | None, composition: Composition) -> Generator[None]:
    """Write a JSON list of files and folders for `watch`.

    It is written before the render, which may end the process, and again after it.

    Args:
        path: The file to write; None writes none.
        composition: The Composition that names the charts.
    """
    if path is None:
        yield
        return
    try:
        _write(path, composition)
        yield
    finally:
        _write(path, composition)


def of(composition: Composition) -> list[pathlib.Path]:
    """Return the packages of a Composition's charts, and the files of imported modules outside installed wheels.

    A package is returned as its folder, which includes files that are added later.

    Args:
        composition: The Composition.
    """
    charts = environments.discover()
    found: set[pathlib.Path] = set()
    for step in composition.spec.pipeline:
        named = {field: str((step.input or {}).get(field, "")) for field in ("version", "digest")}
        with contextlib.suppress(FatalError, ValueError):
            chart = charts.require(str((step.input or {}).get("chart")), **named)
            found.update([pathlib.Path(chart.folder)] if chart.folder else _package(chart.target))
    libraries = {pathlib.Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and not libraries.intersection((path := pathlib.Path(file)).parents):
            found.add(path)
    return sorted(found)


def _package(target: str) -> list[pathlib.Path]:
    """Return the folder of a chart's package, or the file of its module. Imports neither."""
    top = target.partition(":")[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [pathlib.Path(folder) for folder in spec.submodule_search_locations]
    return [pathlib.Path(spec.origin)] if spec.origin else []


def _write(path: pathlib.Path, composition: Composition) -> None:
    path.write_text(json.dumps([str(each) for each in of(composition)]), encoding="utf-8")
