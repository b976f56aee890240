"""What the parts of a new chart library are called, and which names are refused.

What Kubernetes takes is decided by the code that makes the XRD, so that nothing
is made here whose XRD would be refused.
"""

import dataclasses
import importlib.util
import keyword
import pathlib
import re
import sys
import tomllib

from cdk8s_function import ApiModel, CompositeType
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError

SUFFIX = "-xp"
"""What the wheels of this workspace's charts end with, and their charts don't."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REGISTRY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+")


class NameRefusedError(Exception):
    """A name that cannot be used; one line that says why, and what can."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Names:
    """The names of a chart library.

    Attributes:
        library: Its folder below libs, wheel and Nx project: `web-cache-xp`.
        chart: Its entry point, and with it its packages: `web-cache`.
        module: Its import package: `web_cache`.
        kind: The kind of XR, and the chart's class: `WebCache`.
        plural: The plural of the kind: `webcaches`.
        group: The API group of the XR: `example.org`.
        registry: Registry and owner of its packages: `ghcr.io/example`.
    """

    library: str
    chart: str
    module: str
    kind: str
    plural: str
    group: str
    registry: str


def of(library: str, *, group: str, kind: str, registry: str) -> Names:
    """Return the names of a library's parts.

    Args:
        library: The library's name.
        group: The API group of its XR.
        kind: The kind of its XR; "" for the name in CamelCase.
        registry: Registry and owner of its packages.

    Raises:
        NameRefusedError: If Python, Kubernetes or a registry would not take one.
    """
    chart = library.removesuffix(SUFFIX)
    if not _NAME.fullmatch(library) or not chart:
        msg = f"NAME {library!r} is no name of words in a-z and 0-9 with a hyphen between them, like 'web-cache'"
        raise NameRefusedError(msg)
    if not _REGISTRY.fullmatch(registry):
        msg = f"--registry {registry!r} is no registry with an owner, like 'ghcr.io/example'"
        raise NameRefusedError(msg)
    composite_type = CompositeType(
        group=group,
        version="v1alpha1",
        kind=kind or "".join(word.capitalize() for word in chart.split("-")),
        spec=ApiModel,
    )
    try:
        xrd.of(composite_type)
    except SchemaError as error:
        raise NameRefusedError(str(error)) from error
    return Names(
        library=library,
        chart=chart,
        module=chart.replace("-", "_"),
        kind=composite_type.kind,
        plural=composite_type.plural,
        group=group,
        registry=registry,
    )


def check_free(names: Names, workspace: pathlib.Path) -> None:
    """Check that nothing of the workspace, nor what it depends on, has one of the names.

    Args:
        names: The names.
        workspace: The workspace's root.

    Raises:
        NameRefusedError: If something has one.
    """
    if (workspace / "libs" / names.library).exists():
        msg = f"NAME {names.library!r}: libs/{names.library} exists; choose another name, or remove it first"
        raise NameRefusedError(msg)
    lock = tomllib.loads((workspace / "uv.lock").read_text(encoding="utf-8"))
    if names.library in {package["name"] for package in lock["package"]}:
        msg = f"NAME {names.library!r}: uv.lock has a package of that name; choose another"
        raise NameRefusedError(msg)
    for file in sorted(workspace.glob("libs/*/pyproject.toml")):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if names.chart in project.get("entry-points", {}).get("cdk8s_function.charts", {}):
            msg = f"NAME {names.library!r}: libs/{file.parent.name} has a chart {names.chart!r}; choose another name"
            raise NameRefusedError(msg)
    if names.module in sys.stdlib_module_names or keyword.iskeyword(names.module) or _importable(names.module):
        msg = f"NAME {names.library!r}: Python has {names.module!r} already; choose another, like '{names.chart}-chart'"
        raise NameRefusedError(msg)


def _importable(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
