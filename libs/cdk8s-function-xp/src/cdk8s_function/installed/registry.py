"""Find charts among the entry points of installed wheels, in one version or in several.

Only names are read here. A chart's class is imported in worker processes,
never in the server.
"""

import csv
import dataclasses
import functools
import hashlib
import importlib.metadata
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cdk8s_function import spelling
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import ChartRef, Environment

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

GROUP = "cdk8s_function.charts"
"""The entry point group of charts (https://packaging.python.org/en/latest/specifications/entry-points/)."""

_SHOWN = 20
"""How many versions an error names."""

_BY_INSTALLER = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"})
"""What an installer adds to a wheel's metadata: it differs from one installation of the same wheel to the next."""


class NotHereError(FatalError):
    """No chart here is the one that was asked for, or more than one is.

    Attributes:
        field: The field of a function input that asked for it: `chart`, `version` or `digest`.
    """

    def __init__(self, message: str, *, field: str) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unusable:
    """A version whose charts can't be run, because something is wrong with its folder.

    Attributes:
        dist: The distribution.
        version: The version.
        reason: What is wrong with its folder.
    """

    dist: str
    version: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Registry:
    """The charts there are.

    Attributes:
        charts: All charts, by name, wheel and version, of which the oldest comes first.
        unusable: Versions that are there and can't be used.
    """

    charts: tuple[ChartRef, ...]
    unusable: tuple[Unusable, ...] = ()

    def require(self, name: str, *, version: str = "", digest: str = "") -> ChartRef:
        """Return the chart of that name: of the versions that are asked for the newest.

        Args:
            name: An entry point's name, or `dist:name` where several wheels offer it.
            version: A version, or a range of versions
                (https://packaging.python.org/en/latest/specifications/version-specifiers/); "" takes any, but a
                pre-release only where there is no other.
            digest: The digest of the version's folder; "" takes any.

        Raises:
            NotHereError: If no chart, or more than one, has that name, or none is of such a version.
        """
        dist, _, bare = name.rpartition(":")
        found = [c for c in self._by_name.get(bare, ()) if not dist or c.dist == normalized(dist)]
        if not found:
            names = self.names()
            known = spelling.listed(name, names) or f"none (no installed wheel has an entry point in the group {GROUP})"
            alone = {each.dist: each for each in self.unusable if each.dist not in {c.dist for c in self.charts}}
            known += "".join(f"; {u.dist} {u.version} can't be used: {u.reason}" for u in list(alone.values())[:1])
            msg = f'unknown chart "{name}"{spelling.hint(name, names)}; known charts: {known}'
            raise NotHereError(msg, field="chart")
        if len(dists := dict.fromkeys(c.dist for c in found)) > 1:
            choices = " or ".join(f'"{each}:{bare}"' for each in dists)
            msg = f'chart "{name}" is offered by {len(dists)} wheels; name one as {choices}'
            raise NotHereError(msg, field="chart")
        chosen = _newest([c for c in found if not digest or c.digest == digest], version)
        if chosen is None:
            is_digest_here = not digest or any(chart.digest == digest for chart in found)
            msg = self._explain(name, found, version=version, digest=digest)
            raise NotHereError(msg, field="version" if is_digest_here else "digest")
        return chosen

    def names(self) -> list[str]:
        """Return the names a function input may give, sorted: `dist:name` if several wheels offer one name."""
        return sorted({self.name_of(chart) for chart in self.charts})

    def name_of(self, chart: ChartRef) -> str:
        """Return the name by which a function input names a chart: `dist:name` if several wheels offer that name."""
        is_alone = all(other.dist == chart.dist for other in self._by_name.get(chart.name, ()))
        return chart.name if is_alone else f"{chart.dist}:{chart.name}"

    @functools.cached_property
    def environments(self) -> tuple[Environment, ...]:
        """The environments of the charts, those of newest versions first."""
        newest = {(chart.dist, chart.name): chart.environment for chart in self.charts}
        others = (chart.environment for chart in reversed(self.charts))
        return tuple(dict.fromkeys([*sorted(newest.values()), *others]))

    @functools.cached_property
    def _by_name(self) -> Mapping[str, Sequence[ChartRef]]:
        found: dict[str, list[ChartRef]] = {}
        for chart in self.charts:
            found.setdefault(chart.name, []).append(chart)
        return found

    def _explain(self, name: str, found: Sequence[ChartRef], *, version: str, digest: str) -> str:
        dist = found[0].dist
        asked = " ".join(filter(None, (version and f"in version {version}", digest and f"with digest {digest}")))
        shown = found[-_SHOWN:]
        more = f"{len(found) - len(shown)} older ones, " if len(found) > len(shown) else ""
        there = ", ".join(f"{c.version} ({c.digest})" if digest and c.digest else c.version for c in shown)
        broken = [each for each in self.unusable if each.dist == dist and not digest and _fits(each.version, version)]
        why = f"can't be used in version {version}: {broken[-1].reason}" if broken else f"is not here {asked}"
        return f'chart "{name}" of wheel {dist} {why}; versions here: {more}{there}'


def discover(paths: Iterable[str] | None = None) -> Registry:
    """Return the charts of the wheels installed in this environment.

    Args:
        paths: Folders to look in, in order, instead of `sys.path`; the first
            folder that has a wheel decides its version, as for an import.
    """
    charts = [
        chart
        for name, (dist, *_) in wheels_with_charts(paths).items()
        for chart in _charts(dist, name, record_digest=record_digest(dist))
    ]
    return Registry(in_order(charts))


def of_folder(folder: pathlib.Path) -> tuple[ChartRef, ...]:
    """Return the charts of a folder `<charts>/<distribution>/<version>`: those of that distribution.

    Args:
        folder: The folder.
    """
    name = normalized(folder.parent.name)
    own = next(iter(importlib.metadata.distributions(name=name, path=[str(folder)])), None)
    if own is None:
        return ()
    return in_order(_charts(own, name, record_digest=content_digest(wheels_in(folder)), folder=str(folder)))


def wheels_in(folder: pathlib.Path) -> list[importlib.metadata.Distribution]:
    """Return the wheels that are installed in a folder."""
    return list(importlib.metadata.distributions(path=[str(folder)]))


def in_order(charts: Iterable[ChartRef]) -> tuple[ChartRef, ...]:
    """Return charts by name, wheel and version, of which the oldest comes first."""
    known: dict[tuple[str, str], list[ChartRef]] = {}
    for chart in charts:
        known.setdefault((chart.name, chart.dist), []).append(chart)
    for several in known.values():
        if len(several) > 1:
            several.sort(key=lambda chart: (_age(chart.version), chart.version, chart.folder))
    return tuple(chart for _, several in sorted(known.items()) for chart in several)


def wheels_with_charts(paths: Iterable[str] | None = None) -> dict[str, list[importlib.metadata.Distribution]]:
    """Return the wheels with charts, by name, sorted. If a name has several wheels, Python imports the first.

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


def content_digest(wheels: Iterable[importlib.metadata.Distribution]) -> str:
    """Return a digest of the files that the RECORDs of wheels list: the same wherever they are installed."""
    rows = sorted({row for wheel in wheels for row in listed_files(wheel)})
    return "sha256:" + hashlib.sha256("".join(f"{path},{digest}\n" for path, digest in rows).encode()).hexdigest()


def listed_files(wheel: importlib.metadata.Distribution) -> list[tuple[str, str]]:
    """Return the files of a wheel with their digests, as its RECORD has them, without what an installer adds."""
    rows = csv.reader((wheel.read_text("RECORD") or "").splitlines())
    return [(row[0], row[1]) for row in rows if len(row) > 1 and row[1] and _is_of_wheel(row[0])]


def normalized(dist: str) -> str:
    """Return the one spelling of a distribution's name."""
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return "-".join(part for part in dist.lower().replace("_", "-").replace(".", "-").split("-") if part)


@functools.lru_cache(maxsize=1024)
def version_of(text: str) -> "Version | None":
    """Return a version, None if the text is not a valid one."""
    # Imported where there is more than one version: a worker starts sooner without it.
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    try:
        return Version(text)
    except InvalidVersion:
        return None


@functools.lru_cache(maxsize=1024)
def range_of(text: str) -> "SpecifierSet":
    """Return a range of versions.

    Raises:
        ValueError: If the text is none.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415  # As above.

    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        msg = "must be a version, or a range of versions like >=1.4,<2"
        raise ValueError(msg) from error


def _newest(charts: Sequence[ChartRef], version: str) -> ChartRef | None:
    """Return the newest of some charts, which are in order, in a version that is asked for."""
    if not version and len(charts) <= 1:
        return charts[0] if charts else None
    if (exact := version_of(version)) is not None:
        wanted = {exact}
    else:
        # Of pre-releases it takes one only if the range names one, or nothing else fits.
        wanted = set(range_of(version).filter([_age(chart.version) for chart in charts]))
    return next((chart for chart in reversed(charts) if _age(chart.version) in wanted), None)


def _fits(version: str, asked: str) -> bool:
    if not asked or (exact := version_of(asked)) is None:
        return not asked or range_of(asked).contains(_age(version), prereleases=True)
    return version_of(version) == exact


def _age(version: str) -> "Version":
    from packaging.version import Version  # noqa: PLC0415  # As above.

    # A version that is not valid (PEP 440) is older than all others.
    return version_of(version) or Version("0.dev0")


def _charts(
    wheel: importlib.metadata.Distribution, dist: str, *, record_digest: str, folder: str = ""
) -> Iterable[ChartRef]:
    for point in wheel.entry_points.select(group=GROUP):
        yield ChartRef(
            name=point.name,
            dist=dist,
            version=wheel.version or "",
            target=point.value,
            record_digest=record_digest,
            folder=folder,
        )


def _is_of_wheel(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return "__pycache__/" not in path and not (folder.endswith(".dist-info") and name in _BY_INSTALLER)
