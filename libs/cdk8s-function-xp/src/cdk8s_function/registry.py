"""Find charts among the entry points of installed wheels.

Only names are read here. A chart's class is imported in worker processes,
never in the server.
"""

import dataclasses
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable

from cdk8s_function import spelling
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import ChartRef

GROUP = "cdk8s_function.charts"
"""The entry point group of charts (https://packaging.python.org/en/latest/specifications/entry-points/)."""


@dataclasses.dataclass(frozen=True)
class Registry:
    """The charts of one environment.

    Attributes:
        charts: All charts, by name and wheel.
    """

    charts: tuple[ChartRef, ...]

    def require(self, name: str) -> ChartRef:
        """Return the chart of that name.

        Args:
            name: An entry point's name, or `dist:name` where several wheels offer it.

        Raises:
            FatalError: If no chart, or more than one, has that name.
        """
        dist, _, bare = name.rpartition(":")
        found = [c for c in self.charts if c.name == bare and (not dist or c.dist == normalized(dist))]
        if len(found) == 1:
            return found[0]
        if not found:
            names = self.names()
            known = ", ".join(names) or f"none (no installed wheel has an entry point in the group {GROUP})"
            msg = f'unknown chart "{name}"{spelling.hint(name, names)}; known charts: {known}'
            raise FatalError(msg)
        choices = " or ".join(f'"{c.dist}:{c.name}"' for c in found)
        msg = f'chart "{name}" is offered by {len(found)} wheels; name one as {choices}'
        raise FatalError(msg)

    def names(self) -> list[str]:
        """Return the names a function input may give, sorted: `dist:name` if several wheels offer one name."""
        return sorted(map(self.name_of, self.charts))

    def name_of(self, chart: ChartRef) -> str:
        """Return the name by which a function input names a chart: `dist:name` if several wheels offer that name."""
        is_alone = sum(other.name == chart.name for other in self.charts) == 1
        return chart.name if is_alone else f"{chart.dist}:{chart.name}"


def discover(paths: Iterable[str] | None = None) -> Registry:
    """Return the charts of the wheels installed in this environment.

    Args:
        paths: Folders to look in, in order, instead of `sys.path`; the first
            folder that has a wheel decides its version, as for an import.
    """
    charts = [
        ChartRef(
            name=point.name, dist=name, version=dist.version, target=point.value, record_digest=record_digest(dist)
        )
        for name, (dist, *_) in wheels_with_charts(paths).items()
        for point in dist.entry_points.select(group=GROUP)
    ]
    return Registry(tuple(sorted(charts, key=lambda chart: (chart.name, chart.dist))))


def wheels_with_charts(paths: Iterable[str] | None = None) -> dict[str, list[importlib.metadata.Distribution]]:
    """Return the wheels of each name of which one has charts, sorted by name; an import takes the first.

    Args:
        paths: Folders to look in, in order, instead of `sys.path`.
    """
    folders = list(sys.path if paths is None else paths)
    names = {
        # Reading a wheel's metadata takes far longer than reading its entry points, and an environment has hundreds.
        normalized(dist.metadata["Name"] or "")
        for dist in importlib.metadata.distributions(path=folders)
        if dist.entry_points.select(group=GROUP)
    }
    return {name: list(importlib.metadata.distributions(name=name, path=folders)) for name in sorted(names - {""})}


def record_digest(dist: importlib.metadata.Distribution) -> str:
    """Return the digest of a wheel's RECORD, "" where it has none."""
    # https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
    record = dist.read_text("RECORD")
    return hashlib.sha256(record.encode()).hexdigest() if record else ""


def normalized(dist: str) -> str:
    """Return the one spelling of a distribution's name."""
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return "-".join(part for part in dist.lower().replace("_", "-").replace(".", "-").split("-") if part)
