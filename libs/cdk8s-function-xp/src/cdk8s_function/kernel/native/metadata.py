"""Metadata of Kubernetes objects: `ApiObjectMetadataDefinition` of cdk8s."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Callable, Mapping
from typing import Any

from cdk8s_function.kernel.native import rendering, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native, offers


class Metadata(Native):
    """`cdk8s.ApiObjectMetadataDefinition`.

    Args:
        options: What is known of the metadata, in the order of cdk8s's own constructor call.
        settled: Whether nothing in it is lazy, nor an object.
    """

    __slots__ = ("_additional", "_annotations", "_finalizers", "_labels", "_owners", "_settled", "name", "namespace")

    def __init__(self, options: dict[str, Any], *, settled: bool) -> None:
        """Hold the metadata of one object."""
        super().__init__("cdk8s.ApiObjectMetadataDefinition")
        self._settled = settled
        self.name = options.get("name")
        self.namespace = options.get("namespace")
        self._labels = mapping(options.get("labels"))
        self._annotations = mapping(options.get("annotations"))
        self._finalizers = _list(options.get("finalizers"))
        self._owners = _list(options.get("ownerReferences"))
        options.pop("apiObject", None)
        self._additional = options

    def rendered(self) -> Any:
        """Return the metadata as `toJson` does."""
        whole = {
            **self._additional,
            "name": self.name,
            "namespace": self.namespace,
            "annotations": self._annotations,
            "finalizers": self._finalizers,
            "ownerReferences": self._owners,
            "labels": self._labels,
        }
        return rendering.stripped(whole if self._settled else rendering.resolved(values.in_order(whole)))

    @offers("get", "name")
    def _get_name(self) -> str | None:
        return values.optional_text(self.name)

    @offers("get", "namespace")
    def _get_namespace(self) -> str | None:
        return values.optional_text(self.namespace)

    @offers("call", "add")
    def _add(self, name: Any, value: Any) -> None:
        self.change()
        wanted = values.key(name)
        if (converted := values.plain(value, Kept())) is None:
            decline("metadata that is undefined")
        self._additional[wanted] = converted
        self._settled = False

    @offers("call", "addLabel")
    def _add_label(self, name: Any, value: Any) -> None:
        self.change()
        self._labels[values.key(name)] = values.text(value)

    @offers("call", "addAnnotation")
    def _add_annotation(self, name: Any, value: Any) -> None:
        self.change()
        self._annotations[values.key(name)] = values.text(value)

    @offers("call", "getLabel")
    def _get_label(self, name: Any) -> str | None:
        return values.optional_text(self._labels.get(values.key(name)))

    @offers("call", "addFinalizers")
    def _add_finalizers(self, *finalizers: Any) -> None:
        self.change()
        self._finalizers = self._finalizers or []
        self._finalizers.extend([values.text(each) for each in finalizers])

    @offers("call", "addOwnerReference")
    def _add_owner(self, owner: Any) -> None:
        self.change()
        self._owners = self._owners or []
        self._owners.append(_owner(owner))

    @offers("call", "toJson")
    def _to_json(self) -> Any:
        return values.exported(self.rendered())


def mapping(value: Any) -> dict[str, Any]:
    """Return labels or annotations of one's own."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        decline("labels or annotations that are no mapping")
    return dict(value)


def _list(value: Any) -> list[Any] | None:
    if value is None or value is False or value == 0:
        return None
    if not isinstance(value, list):
        decline("finalizers or owners that are no list")
    return list(value)


class Kept:
    """Lets objects stay among values: what is lazy, or a number or text.

    Attributes:
        any: Whether there was one.
    """

    __slots__ = ("any",)

    def __init__(self) -> None:
        """Begin with none."""
        self.any = False

    def __call__(self, native: Native) -> Native:
        """Return an object as it is."""
        self.any = True
        return native


_OWNER: Mapping[str, type] = {
    "apiVersion": str,
    "blockOwnerDeletion": bool,
    "controller": bool,
    "kind": str,
    "name": str,
    "uid": str,
}


def _owner(owner: Any) -> dict[str, Any]:
    got = values.fields(owner, "cdk8s.OwnerReference")
    for name, value in got.items():
        if type(value) is not _OWNER[name] or (type(value) is str and values.text(value) != value):
            decline(f"an owner's {name}")
    return got


_METADATA: Mapping[str, Callable[[Any], Any]] = {
    "annotations": values.texts,
    "finalizers": lambda given: [values.text(each) for each in given] if isinstance(given, list) else decline("a list"),
    "labels": values.texts,
    "name": values.text,
    "namespace": values.text,
    "ownerReferences": lambda given: [_owner(each) for each in given] if isinstance(given, list) else decline("a list"),
}


def struct(given: Any) -> dict[str, Any]:
    """Return JavaScript's value of an `ApiObjectMetadata`."""
    got = values.fields(given, "cdk8s.ApiObjectMetadata")
    return {name: _METADATA[name](value) for name, value in got.items()}
