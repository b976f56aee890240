"""Constructs, apps and charts."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from cdk8s_function.kernel.native import names, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.node import Dependable, Node, Placed, dependable
from cdk8s_function.kernel.native.objects import called, instance_of, native_of, offers


class Construct(Placed):
    """`constructs.Construct`."""

    __slots__ = ()

    overridable: ClassVar[frozenset[str]] = frozenset({"toString"})

    def __init__(self, fqn: str, scope: "Construct | None", id: Any) -> None:
        """Make a construct."""
        super().__init__(fqn)
        self.chart: Chart | None = None if scope is None else scope.chart
        self.node = Node(self, scope, id)

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what Python's `Construct(scope, id)` makes.

        Args:
            fqn: The class, which may be a subclass of this one.
            args: As jsii passes them.
        """
        scope, id = args
        return cls(fqn, native_of(scope, Construct), id)

    @offers("get", "node")
    def _node(self) -> Any:
        return instance_of(self.node)

    @offers("call", "toString")
    def _to_string(self) -> str:
        return self.node.path or "<root>"


class RootConstruct(Construct):
    """`constructs.RootConstruct`."""

    __slots__ = ()

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `RootConstruct(id)` makes."""
        return cls(fqn, None, args[0] if args else None)


class App(Construct):
    """`cdk8s.App`, with no resolvers of its own."""

    __slots__ = ("props",)

    PROPS: ClassVar[Mapping[str, type]] = {
        "outdir": str,
        "outputFileExtension": str,
        "recordConstructMetadata": bool,
    }

    def __init__(self, fqn: str, props: Mapping[str, Any]) -> None:
        """Make an app."""
        super().__init__(fqn, None, "")
        if set(props) - set(self.PROPS):
            decline("an App's resolvers or its way of output")
        for name, value in props.items():
            if type(value) is not self.PROPS[name]:
                decline(f"an App's {name}")
        self.props = props

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `App(**props)` makes."""
        return cls(fqn, values.fields(args[0] if args else None, "cdk8s.AppProps"))

    @offers("get", "outdir")
    def _outdir(self) -> str:
        return self.props.get("outdir", "dist")

    @offers("get", "outputFileExtension")
    def _output_file_extension(self) -> str:
        return self.props.get("outputFileExtension", ".k8s.yaml")


class Chart(Construct):
    """`cdk8s.Chart`."""

    __slots__ = ("_hashed", "labels", "namespace")

    overridable: ClassVar[frozenset[str]] = frozenset({"generateObjectName", "toJson", "toString"})

    def __init__(self, fqn: str, scope: Construct, id: Any, props: Mapping[str, Any]) -> None:
        """Make a chart."""
        super().__init__(fqn, scope, id)
        self.namespace = values.optional_text(props.get("namespace"))
        self.labels = values.texts(props.get("labels"))
        unhashed = props.get("disableResourceNameHashes", False)
        if type(unhashed) is not bool:
            decline("disableResourceNameHashes")
        self._hashed = not unhashed
        self.chart = self

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `Chart(scope, id, **props)` makes."""
        scope, id, *props = args
        return cls(fqn, native_of(scope, Construct), id, values.fields(props[0] if props else None, "cdk8s.ChartProps"))

    def object_name(self, construct: Construct, kind: Any) -> str:
        """Return the name of an object that has none of its own.

        Args:
            construct: The object.
            kind: Its kind.
        """
        if "generateObjectName" in self.overrides:
            method = getattr(self.instance, self.overrides["generateObjectName"])
            if any(each.kind is each.KEYWORD_ONLY for each in inspect.signature(method).parameters.values()):
                decline("generateObjectName with keywords")
            return values.text(called(self, "generateObjectName", instance_of(construct)))
        return self.generated_name(construct, kind)

    def generated_name(self, construct: Construct, kind: Any) -> str:
        """Return cdk8s's own name for an object."""
        node = construct.node
        length = 52 if kind == "CronJob" else 63
        return names.dns_label(node.path, node.lines, max_length=length, hashed=self._hashed)

    @offers("get", "labels")
    def _labels(self) -> dict[str, str]:
        return dict(self.labels)

    @offers("get", "namespace")
    def _namespace(self) -> str | None:
        return self.namespace

    @offers("call", "addDependency")
    def _add_dependency(self, *dependables: Any) -> None:
        self.node.add_dependencies(*dependables)


class Group(Dependable):
    """`constructs.DependencyGroup`."""

    __slots__ = ("_members",)

    def __init__(self, fqn: str) -> None:
        """Make an empty group."""
        super().__init__(fqn)
        self._members: list[Dependable] = []

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `DependencyGroup(*deps)` makes."""
        group = cls(fqn)
        group._add(*args)
        return group

    def roots(self) -> Iterator[Placed]:
        """Yield what the group's members are."""
        for each in self._members:
            yield from each.roots()

    @offers("call", "add")
    def _add(self, *dependables: Any) -> None:
        self.change()
        self._members.extend([dependable(each) for each in dependables])
