"""Kubernetes objects: `ApiObject` and its metadata, as cdk8s renders them."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from cdk8s_function.kernel.native import json_patch, metadata, rendering, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.node import Placed
from cdk8s_function.kernel.native.objects import called, instance_of, native_of, offers
from cdk8s_function.kernel.native.tree import App, Chart, Construct

_API_VERSION_PARTS = 2
_RENDERED_FIRST = ("apiVersion", "kind", "metadata")


class ApiObject(Construct):
    """`cdk8s.ApiObject`.

    Args:
        fqn: The class.
        scope: The construct it belongs to.
        id: Its id there.
        props: JavaScript's value of its props.
        settled: Whether nothing in them is lazy, nor an object.
    """

    __slots__ = ("_name", "_props", "_settled", "api_group", "api_version", "kind", "metadata", "patches")

    overridable: ClassVar[frozenset[str]] = frozenset({"toJson", "toString"})

    def __init__(self, fqn: str, scope: Construct, id: Any, props: Mapping[str, Any], *, settled: bool = False) -> None:
        """Make an object."""
        super().__init__(fqn, scope, id)
        self._settled = settled
        chart = self.chart
        if chart is None:
            decline("an object outside a chart")
        self._props = props
        self.patches: list[json_patch.Patch] | None = None
        self.kind = props.get("kind")
        if not isinstance(self.kind, str):
            decline("a kind that is no string")
        api_version = props.get("apiVersion")
        if not isinstance(api_version, str):
            decline("an apiVersion that is no string")
        self.api_version = api_version
        parts = api_version.split("/")
        if len(parts) > _API_VERSION_PARTS:
            decline("an apiVersion of three parts")
        self.api_group = parts[0] if len(parts) == _API_VERSION_PARTS else "core"
        given = props.get("metadata")
        if given is not None and not isinstance(given, dict):
            decline("metadata that is no mapping")
        given = given or {}
        name = given.get("name")
        self._name = chart.object_name(self, self.kind) if name is None else name
        namespace = given.get("namespace")
        labels = metadata.mapping(given.get("labels"))
        self.metadata = metadata.Metadata(
            values.in_order(
                {
                    "name": self._name,
                    **given,
                    "namespace": chart.namespace if namespace is None else namespace,
                    "labels": values.in_order({**chart.labels, **labels}) if labels else chart.labels,
                }
            ),
            settled=settled,
        )

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `ApiObject(scope, id, **props)` makes."""
        scope, id, props = args
        got = values.fields(props, "cdk8s.ApiObjectProps")
        api_version, kind = values.text(got.get("apiVersion")), values.text(got.get("kind"))
        whole: dict[str, Any] = {"apiVersion": api_version, "kind": kind}
        if "metadata" in got:
            whole["metadata"] = metadata.struct(got["metadata"])
        return cls(fqn, native_of(scope, Construct), id, whole, settled=True)

    def rendered(self) -> dict[str, Any]:
        """Return the object as JavaScript's `toJson()` does, overridden or not, as JSON of one's own."""
        if "toJson" in self.overrides:
            said = values.answered(called(self, "toJson"))
            if not isinstance(said, dict):
                decline("toJson that answers no mapping")
            return said
        return self.manifest()

    def manifest(self) -> dict[str, Any]:
        """Return the object as its class renders it."""
        return self.base_manifest()

    def base_manifest(self) -> dict[str, Any]:
        """Return the object as `ApiObject` renders it."""
        if type(self.node.root) is not App:
            decline("an object outside an app")
        data = dict(self._props)
        data["metadata"] = self.metadata.rendered()
        # What metadata renders is resolved by itself.
        ready = data if self._settled else rendering.resolved(data)
        patched = json_patch.applied(rendering.cleaned(ready), self.patches or ())
        if not isinstance(patched, dict):
            decline("a patch that leaves no mapping")
        result = {name: patched[name] for name in _RENDERED_FIRST if name in patched}
        result.update(patched)
        return values.in_order(result)

    @offers("get", "apiGroup")
    def _api_group(self) -> str:
        return self.api_group

    @offers("get", "apiVersion")
    def _api_version(self) -> str:
        return self.api_version

    @offers("get", "chart")
    def _chart(self) -> Any:
        return instance_of(native_of_chart(self))

    @offers("get", "kind")
    def _kind(self) -> Any:
        return self.kind

    @offers("get", "metadata")
    def _metadata(self) -> Any:
        return instance_of(self.metadata)

    @offers("get", "name")
    def name(self) -> str:
        """Return the object's name."""
        return values.text(self._name)

    @offers("call", "addDependency")
    def _add_dependency(self, *dependables: Any) -> None:
        self.node.add_dependencies(*dependables)

    @offers("call", "addJsonPatch")
    def _add_json_patch(self, *patches: Any) -> None:
        self.change()
        if self.patches is None:
            self.patches = []
        self.patches.extend([native_of(each, json_patch.Patch) for each in patches])

    @offers("call", "toJson")
    def _to_json(self) -> Any:
        return values.exported(self.manifest())


class Manifest(ApiObject):
    """This library's `Manifest`: an ApiObject of a whole manifest."""

    __slots__ = ()

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `Manifest(scope, id, manifest)` makes."""
        scope, id, manifest = args
        kept = metadata.Kept()
        props = values.plain(manifest, kept)
        if not isinstance(props, dict):
            decline("a manifest that is no mapping")
        return cls(fqn, native_of(scope, Construct), id, props, settled=not kept.any)


def native_of_chart(construct: Placed) -> Chart:
    """Return the chart a construct is in."""
    if construct.chart is None:
        decline("a construct outside a chart")
    return construct.chart


def api_object_of(construct: Placed) -> ApiObject:
    """Return the object that a construct is or stands for."""
    while not isinstance(construct, ApiObject):
        child = construct.node.default()
        if child is None:
            decline("no object within a construct")
        construct = child
    return construct
