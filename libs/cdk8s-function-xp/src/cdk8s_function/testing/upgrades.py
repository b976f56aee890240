"""Whether a chart's new version takes over what an old one composed: nothing lost, nothing refused.

old wheel, in a process of its own -> until stable -> this version -> until stable
                                                          |
                      each reconcile: deleted? made again? renamed? immutable?
"""

import contextlib
import dataclasses
import difflib
import pathlib
import tempfile
import zipfile
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from cdk8s_function import objects
from cdk8s_function.installed import registry
from cdk8s_function.installed.registry import Registry
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ChartRef
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.testing import immutable

if TYPE_CHECKING:
    from cdk8s_function.testing.reconciles import Reconcile

_DIFF_LINES = 120


@dataclasses.dataclass(frozen=True)
class Loss:
    """Something that a new version loses, or that is refused; `str()` is the line that tells it.

    Attributes:
        word: What becomes of the object.
        line: The object, and why.
        remedy: What a test says if that is meant, "" if nothing can be said.
    """

    word: Literal["deleted", "refused", "replaced"]
    line: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the line."""
        return self.line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upgraded:
    """An XR that a chart's new version has taken over from an old one.

    Attributes:
        from_version: The old version.
        first: The last reconcile on the old version.
        last: The last reconcile on the new one.
        losses: What would be lost, or refused by the API server or the function.
    """

    from_version: str
    first: "Reconcile"
    last: "Reconcile"
    losses: Sequence[Loss]


@contextlib.contextmanager
def unpacked(wheel: pathlib.Path) -> Generator[pathlib.Path]:
    """Unpack a wheel into a folder of its own, and remove that with the block.

    Args:
        wheel: The wheel; a folder that one is unpacked or installed in is taken as it is.

    Raises:
        ValueError: If it is neither.
    """
    if wheel.is_dir():
        yield wheel.absolute()
        return
    if not zipfile.is_zipfile(wheel):
        msg = f"{wheel}: is not a wheel; build one with `uv build --wheel`"
        raise ValueError(msg)
    with tempfile.TemporaryDirectory(prefix="cdk8s-function-wheel-") as folder, zipfile.ZipFile(wheel) as files:
        # A wheel of pure Python is installed by being unpacked (packaging.python.org, binary distribution format).
        files.extractall(folder)
        yield pathlib.Path(folder)


def chart_of(folder: pathlib.Path, like: ChartRef) -> tuple[Registry, ChartRef]:
    """Return the charts of an unpacked wheel, and the one that became another.

    Args:
        folder: The folder.
        like: The chart that it became: it has the same name, or the wheel has no other.

    Raises:
        ValueError: If the wheel offers none such.
    """
    charts = registry.discover([str(folder)])
    found = [each for each in charts.charts if each.name == like.name] or list(charts.charts)
    if len(found) != 1:
        msg = f'the wheel offers {", ".join(charts.names()) or "no chart"}, and none is "{like.name}"'
        raise ValueError(msg)
    return charts, found[0]


def as_of(composition: Composition, old: ChartRef) -> Composition:
    """Return the Composition that an XR had with an old version of a chart: a step that names a version names that.

    Args:
        composition: The Composition of the new version.
        old: The chart, in its old version.
    """

    def is_of(asked: Mapping[str, Any]) -> bool:
        return "version" in asked and str(asked.get("chart")).rpartition(":")[2] == old.name

    steps = [
        step.model_copy(update={"input": {**step.input, "version": old.version}})
        if step.input and is_of(step.input)
        else step
        for step in composition.spec.pipeline
    ]
    return composition.model_copy(update={"spec": composition.spec.model_copy(update={"pipeline": steps})})


def losses(before: "Reconcile", after: "Reconcile", may_delete: Collection[str]) -> Iterator[Loss]:
    """Return each object that a reconcile loses, and each change of one that the API server would refuse.

    Args:
        before: The reconcile before it.
        after: The reconcile.
        may_delete: Keys of objects that may be deleted.
    """
    old, new = before.applied, after.applied
    appeared = {key: each for key, each in new.items() if key not in old}
    for key, manifest in old.items():
        subject = f'"{key}" ({manifest["kind"]} {objects.name(manifest)})'
        if key not in new:
            if key in may_delete:
                continue
            twin = next((name for name, each in appeared.items() if _type(each) == _type(manifest)), "")
            if twin:
                moved = f'call composite.moved(construct, from_key="{key}") in the chart'
                yield Loss("replaced", f'{subject} is deleted and made again as "{twin}"; {moved}')
            else:
                yield Loss("deleted", f"{subject} is deleted", f'if that is meant, say may_delete=["{key}"]')
        elif _type(new[key]) != _type(manifest) or objects.name(new[key]) != objects.name(manifest):
            other = f"{new[key]['kind']} {objects.name(new[key])}"
            yield Loss("replaced", f"{subject} becomes {other}: one is deleted, and the other made")
        else:
            observed = after.observed.get(key, manifest)
            for line in immutable.changes(observed, manifest, new[key]):
                yield Loss("refused", f"{subject} cannot change {line}")


def difference(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a unified diff of objects as YAML, without what changes with each release; "" if there is none."""
    found: list[str] = []
    for key in sorted({*before, *after}):
        was, now = (_text(each[key]) if key in each else [] for each in (before, after))
        found += difflib.unified_diff(was, now, f"{key} (before)", f"{key} (after)", lineterm="")
    hidden = len(found) - _DIFF_LINES
    more = [f"and {hidden} more lines"] if hidden > 0 else []
    return "\n".join([*found[:_DIFF_LINES], *more])


def _text(manifest: Mapping[str, Any]) -> list[str]:
    from cdk8s_function.testing import snapshot_text  # noqa: PLC0415  # Only this needs PyYAML.

    return snapshot_text.of(manifest).splitlines()


def _type(manifest: Mapping[str, Json]) -> tuple[str, str]:
    return objects.group_of(manifest["apiVersion"]), manifest["kind"]
