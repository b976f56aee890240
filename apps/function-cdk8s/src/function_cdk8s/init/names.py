"""The names of the parts of a chart's repository, and which names are refused.

The code that makes the XRD checks the group and the kind, so that the repository's
XRD is never refused later.
"""

import dataclasses
import importlib.util
import keyword
import re
import sys

from cdk8s_function import ApiModel, CompositeType
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError

SUFFIX = "-xp"
"""Suffix that the name of a wheel may have; the chart's name is without it."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REGISTRY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+")


class NameRefusedError(Exception):
    """A name cannot be used; `str()` is one line that says why, and what can be."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Names:
    """The names of a chart's repository.

    Attributes:
        library: Its wheel: `web-cache-xp`.
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
    """Return the names of a repository's parts.

    Args:
        library: The name of the wheel.
        group: The API group of its XR.
        kind: The kind of its XR; "" for the name in CamelCase.
        registry: Registry and owner of its packages.

    Raises:
        NameRefusedError: If Python, Kubernetes or a registry would not take one.
    """
    chart = library.removesuffix(SUFFIX)
    if not _NAME.fullmatch(library) or not chart:
        msg = f"NAME {library!r} is not words of a-z and 0-9 joined by hyphens, like 'web-cache'"
        raise NameRefusedError(msg)
    if not _REGISTRY.fullmatch(registry):
        msg = f"--registry {registry!r} is not a registry with an owner, like 'ghcr.io/example'"
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


def check_importable(names: Names) -> None:
    """Check that neither Python nor an installed package has a module of the chart's name.

    Args:
        names: The names.

    Raises:
        NameRefusedError: If there is one, or the name is a keyword of Python.
    """
    if names.module in sys.stdlib_module_names or keyword.iskeyword(names.module) or _importable(names.module):
        msg = f"NAME {names.library!r}: Python has {names.module!r} already; choose another, like '{names.chart}-chart'"
        raise NameRefusedError(msg)


def _importable(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
