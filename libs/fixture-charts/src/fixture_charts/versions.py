"""Wheels of a chart in several versions, which pin a library that they share, and the folders that these run from."""

import base64
import hashlib
import pathlib
import zipfile
from collections.abc import Mapping, Sequence

DIST = "greetings"
CHART = "greeting"
XR = {"apiVersion": "greetings.example.org/v1", "kind": "Greeting"}

OTHERS = ("farewells", "toasts")
"""Distributions of a chart that is the same but for its name: `farewell` and `toast`."""

_CODE = """
import importlib

import shared_words
from cdk8s import Chart
from cdk8s_function import ApiModel, CompositeType, Manifest

VERSION = "{version}"


class Spec(ApiModel):
    name: str = "world"


class {kind}(Chart):
    composite_type = CompositeType(group="{dist}.example.org", version="v1", kind="{kind}", spec=Spec)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        late = importlib.import_module("{dist}.late")
        data = {{"version": VERSION, "late": late.VERSION, "word": shared_words.WORD, "name": composite.spec.name}}
        config = Manifest(self, "{construct}", {{"apiVersion": "v1", "kind": "ConfigMap", "data": data}})
        {more}
"""


def make_wheel(
    folder: pathlib.Path,
    dist: str,
    version: str,
    files: Mapping[str, str],
    *,
    requires: Sequence[str] = (),
    chart: str = "",
) -> pathlib.Path:
    """Write a wheel of pure Python.

    Args:
        folder: Where to.
        dist: Its name.
        version: Its version.
        files: Its modules' texts, by path.
        requires: What it requires.
        chart: Its chart's entry point, `name = module:Class`; "" for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = dist.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    written = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: fixture\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **({f"{info}/entry_points.txt": f"[cdk8s_function.charts]\n{chart}\n"} if chart else {}),
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in written.items()]
    written[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in written.items():
            archive.writestr(path, text)
    return wheel


def shared_words(folder: pathlib.Path, version: str) -> pathlib.Path:
    """Write a wheel of the library that the chart's versions share."""
    return make_wheel(folder, "shared-words", version, {"shared_words.py": f'WORD = "hello {version}"\n'})


def greetings(
    folder: pathlib.Path, version: str, *, pins: str, construct: str = "config", more: str = "pass", dist: str = DIST
) -> pathlib.Path:
    """Write a wheel of the chart.

    Args:
        folder: Where to.
        version: Its version.
        pins: The version of the library that it requires.
        construct: The id of its object.
        more: A statement more in the chart.
        dist: Its distribution.
    """
    name = chart_of(dist)
    kind = name.capitalize()
    files = {
        f"{dist}/__init__.py": _CODE.format(version=version, construct=construct, more=more, dist=dist, kind=kind),
        f"{dist}/late.py": f'VERSION = "{version}"\n',
    }
    requires = [f"shared-words=={pins}"]
    return make_wheel(folder, dist, version, files, requires=requires, chart=f"{name} = {dist}:{kind}")


def chart_of(dist: str) -> str:
    """Return the name of a distribution's chart; its kind is the same, capitalized."""
    return dist.removesuffix("s")


def install(charts: pathlib.Path, version: str, *wheels: pathlib.Path, dist: str = DIST) -> pathlib.Path:
    """Unpack wheels into the folder of a version, as `pip install --target` does, and return it."""
    folder = charts / dist / version
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def install_greetings(
    charts: pathlib.Path, version: str, *, pins: str, construct: str = "config", more: str = "pass", dist: str = DIST
) -> pathlib.Path:
    """Make the folder of a version of the chart, with the library that it pins."""
    wheels = charts.parent / f"{charts.name}-wheels" / f"{version}-{construct}"
    chart = greetings(wheels, version, pins=pins, construct=construct, more=more, dist=dist)
    return install(charts, version, chart, shared_words(wheels, pins), dist=dist)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
