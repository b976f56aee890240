"""Classes that `cdk8s import` generates, served from the text of their assembly's JavaScript."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import pathlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from cdk8s_function.kernel.native import api_object, assemblies, javascript, metadata, statics, typed, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native, instance_of, native_of
from cdk8s_function.kernel.native.rendering import Union
from cdk8s_function.kernel.native.tree import Construct

_SCRIPT = re.compile(r"package/(?!node_modules/)(?:.*/)?[^/]+\.js")
_MARK = "toJson_"
"""A file without it has nothing generated in it."""

_provided: dict[str, str] = {}
"""Why an assembly's classes are not served, by its name; "" if they are."""


def provide(fqn: str) -> None:
    """Let a class be made, if it is of an assembly's generated ones.

    Args:
        fqn: The class.
    """
    assembly = fqn.partition(".")[0]
    if assembly not in _provided:
        _provided[assembly] = _provide(assembly)
    if _provided[assembly]:
        decline(_provided[assembly])


def _provide(assembly: str) -> str:
    file = assemblies.LOADED.get(assembly)
    if file is None:
        return f"no assembly {assembly}"
    blessed = assemblies.digest(file) in assemblies.blessed()
    try:
        found = javascript.read(_scripts(file, every=not blessed))
    except javascript.UnknownFormError as error:
        return f"{assembly} has JavaScript of its own: {' '.join(str(error).split())}"
    for fqn, kind in found.kinds.items():
        statics.MAKES[fqn] = _maker(kind)
        statics.STATICS[fqn, "manifest"] = _manifest(kind)
        statics.GVKS[fqn] = (kind.api_version, kind.kind)
    for fqn, makes in found.unions.items():
        for name in makes:
            statics.STATICS[fqn, name] = _union(fqn, name)
    for name, members in found.enums.items():
        values.ENUMS[assembly, name] = members
    return ""


def _scripts(file: pathlib.Path, *, every: bool) -> Sequence[str]:
    """Return an assembly's scripts; of one that is blessed only what is generated.

    In an npm package other files follow the scripts; they are most of cdk8s-plus, and not unpacked if it is blessed.
    A script that came later all the same would only be missing, and its classes Node.js's.
    """
    import tarfile  # noqa: PLC0415  # Many charts import no generated class.

    scripts: list[str] = []
    with tarfile.open(file) as tarball:
        for member in tarball:
            if scripts and not every and not member.name.endswith(".js"):
                break
            if not member.isfile() or not _SCRIPT.fullmatch(member.name):
                continue
            content = tarball.extractfile(member)
            text = content.read().decode() if content else ""
            if every or f"function {_MARK}" in text:
                scripts.append(text)
    return scripts


class Generated(api_object.ApiObject):
    """A generated class's object."""

    __slots__ = ("_class",)

    def __init__(
        self, fqn: str, scope: Construct, id: Any, props: dict[str, Any], kind: javascript.Kind, *, settled: bool
    ) -> None:
        """Make an object of a class."""
        whole = {"apiVersion": kind.api_version, "kind": kind.kind, **props}
        super().__init__(fqn, scope, id, whole, settled=settled)
        self._class = kind

    def manifest(self) -> dict[str, Any]:
        """Return the object as its class renders it: what its schema has, in the schema's order."""
        kind = self._class
        return values.in_order(
            {"apiVersion": kind.api_version, "kind": kind.kind, **kind.to_json(self.base_manifest())}
        )


def _maker(kind: javascript.Kind) -> statics.Make:
    def make(fqn: str, args: Sequence[Any]) -> Native:
        scope, id, *props = args
        kept = metadata.Kept()
        read = _props(props, kept)
        return Generated(fqn, native_of(scope, Construct), id, read, kind, settled=not kept.any)

    return make


def _props(props: Sequence[Any], kept: metadata.Kept) -> dict[str, Any]:
    if not props or props[0] is None:
        return {}
    if not hasattr(props[0], "__jsii_name_mapping__"):
        decline("props that are no struct")
    return typed.struct(props[0], kept)


def _manifest(kind: javascript.Kind) -> Callable[..., Any]:
    def manifest(*props: Any) -> Any:
        rendered = kind.to_json(_props(props, metadata.Kept()))
        return values.exported({"apiVersion": kind.api_version, "kind": kind.kind, **rendered})

    return manifest


def _union(fqn: str, name: str) -> Callable[[Any], Any]:
    read = typed.SCALARS["jsii.Number" if name == "fromNumber" else "builtins.str"]

    def make(value: Any) -> Any:
        return instance_of(Union(fqn, read(value, None)))

    return make
