"""Check an environment before its charts are imported: each must run with its own code and libraries.

If two wheels or modules have the same name, Python uses the first and does not warn.
A chart could then run with another chart's code, or with a version of a library that
its author did not test, and nobody would notice.
"""

import importlib.machinery
import importlib.metadata
import pathlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from cdk8s_function.errors import FunctionError
from cdk8s_function.installed import registry

_Wheel = importlib.metadata.Distribution


class ContradictionError(FunctionError):
    """An installed chart would not run with the code and libraries of its wheel."""


def check(paths: Sequence[str] | None = None) -> None:
    """Refuse an environment in which a chart would not run with the code and libraries of its wheel.

    Args:
        paths: Folders to look in, in order, instead of `sys.path`.

    Raises:
        ContradictionError: If a wheel with charts is installed in two versions, if
            another module hides a chart's, or if a chart's wheel requires what is
            not installed (https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use).
            The message is one line that names all faults, the same each time.
    """
    folders = list(sys.path if paths is None else paths)
    installed = registry.wheels_with_charts(folders)
    charts = {name: wheels[0] for name, wheels in installed.items()}
    faults: list[str] = []
    for name, wheel in charts.items():
        faults += [
            *_twice(name, installed[name]),
            *hidden(name, wheel, folders, charts),
            *unmet(name, wheel, folders),
        ]
    if faults:
        msg = f"the installed charts contradict each other: {'; '.join(faults)}"
        raise ContradictionError(msg)


def _twice(name: str, wheels: Sequence[_Wheel]) -> Iterator[str]:
    first, *others = wheels
    for other in others:
        if (other.version, _contents(other)) != (first.version, _contents(first)):
            here, there = (f"{wheel.version} in {_folder(wheel)}" for wheel in (first, other))
            yield f"wheel {name} is installed as {here} and as {there}; remove one of them"


def _contents(wheel: _Wheel) -> frozenset[tuple[str, str]]:
    """Return the files of a wheel with their digests, without its metadata."""
    return frozenset(row for row in registry.listed_files(wheel) if ".dist-info/" not in row[0])


def hidden(name: str, wheel: _Wheel, folders: Sequence[str], others: Mapping[str, _Wheel]) -> Iterator[str]:
    """Return a sentence for each module of a wheel's charts that would not be imported from it.

    Args:
        name: The wheel's name, normalized.
        wheel: The wheel.
        folders: Where Python would look for them, in order.
        others: Wheels with charts, by name. One of them may hide a module.
    """
    folder = _folder(wheel)
    for module in _modules(wheel):
        if not any((folder / path).exists() for path in (module, f"{module}.py")):
            continue  # An editable install: its files are elsewhere.
        found = _found(module, folders)
        if folder in {path.parent for path in found}:
            continue
        hiding = "a module of Python itself"
        if found:
            owners = [o for o in others.values() if _folder(o) == found[0].parent and module in _modules(o)]
            owned = "".join(f" of wheel {registry.normalized(o.name)} {o.version}" for o in owners)
            hiding = f"{found[0]}{owned}"
        yield f"module {module} of wheel {name} {wheel.version} in {folder} is hidden by {hiding}; rename one of them"


def _modules(wheel: _Wheel) -> list[str]:
    """Return the top-level modules that a wheel's charts are in, sorted."""
    points = wheel.entry_points.select(group=registry.GROUP)
    return sorted({point.value.partition(":")[0].partition(".")[0].strip() for point in points})


def _found(module: str, folders: Iterable[str]) -> list[pathlib.Path]:
    """Return the files or package folders that an import of a module would take."""
    if module in sys.builtin_module_names:
        return []
    spec = importlib.machinery.PathFinder.find_spec(module, list(folders))
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [pathlib.Path(location).resolve() for location in spec.submodule_search_locations]
    return [pathlib.Path(spec.origin).resolve()] if spec.origin else []


def unmet(name: str, wheel: _Wheel, folders: Sequence[str]) -> Iterator[str]:
    """Return a sentence for each requirement of a wheel that is not met.

    Args:
        name: The wheel's name, normalized.
        wheel: The wheel.
        folders: Where Python would look for it, in order.
    """
    for line in sorted(wheel.requires or ()):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            yield f"wheel {name} {wheel.version} requires {line!r}, which is not a requirement"
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = next(iter(importlib.metadata.distributions(name=requirement.name, path=list(folders))), None)
        needed = f"wheel {name} {wheel.version} requires {requirement.name}{requirement.specifier}"
        if found is None:
            yield f"{needed}, and it is not installed"
        elif not requirement.specifier.contains(found.version, prereleases=True):
            yield f"{needed}, and {found.version} is installed"


def _folder(wheel: _Wheel) -> pathlib.Path:
    return pathlib.Path(str(wheel.locate_file(""))).resolve()
