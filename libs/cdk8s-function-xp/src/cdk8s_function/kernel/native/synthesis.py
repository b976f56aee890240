"""The order of dependencies, and the rendering of charts: `App._synthChart` and `DependencyGraph` of cdk8s."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from cdk8s_function.kernel.native import values
from cdk8s_function.kernel.native.api_object import ApiObject, native_of_chart
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.node import Node, Placed
from cdk8s_function.kernel.native.objects import Native, called, instance_of, native_of, offers
from cdk8s_function.kernel.native.tree import App, Chart


def topology(node: Node) -> list[Placed]:
    """Return the constructs below a node, and its own, dependencies first.

    Args:
        node: The node.
    """
    constructs = node.all()
    if not any(_may_move(each.node) for each in constructs):
        return constructs
    edges: dict[str, dict[str, None]] = {}
    inbound: set[str] = set()
    on_itself: set[str] = set()
    vertices = {each.node.path: each for each in constructs}
    for source in constructs:
        for target in source.node.roots():
            # Constructs by path: a removed one may have left its place to another.
            path = target.node.path
            if path not in vertices:
                continue
            if path == source.node.path:
                if path in on_itself:
                    decline("a construct that depends on itself twice")
                on_itself.add(path)
            else:
                edges.setdefault(source.node.path, {}).setdefault(path)
                inbound.add(path)
    if not on_itself.isdisjoint(inbound):
        decline("a dependency on a construct that depends on itself")
    order: dict[str, None] = {}
    # What depends on itself is no root, and so left out with what only it leads to.
    _visit([path for path in values.ordered(vertices) if path not in inbound and path not in on_itself], edges, order)
    found = [vertices[path] for path in order]
    # Whatever is still not seen is within a cycle, or such a construct's.
    _visit(edges, edges, order)
    return found


def _visit(paths: Iterable[str], edges: Mapping[str, Iterable[str]], order: dict[str, None]) -> None:
    """Add paths, and all paths that they lead to, to an order: each one after those that it leads to."""
    for path in paths:
        way = {path: iter(edges.get(path, ()))} if path not in order else {}
        while way:
            at, leads = next(reversed(way.items()))
            following = next((each for each in leads if each not in order), None)
            if following is None:
                del way[at]
                order[at] = None
            elif following in way:
                decline("a cycle of dependencies")
            else:
                way[following] = iter(edges.get(following, ()))


def _may_move(node: Node) -> bool:
    """Return whether a construct may have another place in a topology than in its tree."""
    return bool(node.dependencies) or node.path[:1] in values.DIGITS


def rendered(chart: Chart) -> list[Any]:
    """Return a chart as JavaScript's `toJson()` does, overridden or not."""
    if "toJson" in chart.overrides:
        said: Any = values.answered(called(chart, "toJson"))
        return said if type(said) is list else decline("toJson that answers no list")  # pyright: ignore[reportUnknownVariableType]
    return manifests(chart)


def manifests(chart: Chart) -> list[dict[str, Any]]:
    """Return the manifests of a chart's own objects, dependencies first."""
    app = chart.node.root
    for each in _resolve_dependencies(app):
        if each.node.validations:
            each.node.validate()
    return [each.rendered() for each in owned(chart)]


def owned(chart: Chart) -> list[ApiObject]:
    """Return a chart's own objects, dependencies first."""
    return [each for each in topology(chart.node) if isinstance(each, ApiObject) and each.chart is chart]


def charts(app: Placed) -> list[Chart]:
    """Return an app's charts, dependencies first."""
    return [each for each in topology(app.node) if isinstance(each, Chart)]


def _resolve_dependencies(app: Placed) -> list[Placed]:
    """Add the dependencies that others lead to, and return all constructs."""
    everything = app.node.all()
    for child in everything:
        if isinstance(child, Chart) and isinstance(parent := child.node.scope, Chart):
            _depend(parent, child)
    for source, target in _pairs(everything):
        chart, other = native_of_chart(source), native_of_chart(target)
        if chart is not other:
            _depend(chart, other)
    for source, target in _pairs(everything):
        for dependency in _objects(target):
            for dependant in _objects(source):
                if dependency is not dependant:
                    _depend(dependant, dependency)
    return everything


def _depend(source: Placed, target: Placed) -> None:
    if target not in source.node.dependencies:
        source.change()
        source.node.dependencies[target] = None


def _pairs(everything: Iterable[Placed]) -> list[tuple[Placed, Placed]]:
    return [(source, target) for source in everything if source.node.dependencies for target in source.node.roots()]


def _objects(construct: Placed) -> Sequence[ApiObject]:
    if not construct.node.children:
        return [construct] if isinstance(construct, ApiObject) else []
    chart = construct.chart
    return [each for each in construct.node.all() if isinstance(each, ApiObject) and each.chart is chart]


def objects(root: Chart) -> list[dict[str, Any]]:
    """Return what this library's `Synthesis.objects` finds: `{path, manifest}` of each object, dependencies first.

    Args:
        root: The chart, with the charts within it.
    """
    above = len(root.node.path) + 1
    app = root.node.root
    if not isinstance(app, App):
        decline("a chart outside an app")
    found: dict[Chart, list[dict[str, Any]]] = {}
    for chart in charts(app):
        made = rendered(chart)
        own = owned(chart)
        if len(made) > len(own) or not all(isinstance(each, dict) for each in made):
            decline("a toJson that answers with other than its objects")
        found[chart] = [
            {"path": own[index].node.path[above:], "manifest": manifest} for index, manifest in enumerate(made)
        ]
    # Charts too are in order only once the dependencies between their objects are resolved.
    order = charts(app) if len(found) > 1 else list(found)
    return [item for chart in order for item in found[chart]]


class Graph(Native):
    """`cdk8s.DependencyGraph`, as far as its topology."""

    __slots__ = ("_order",)

    def __init__(self, fqn: str, order: list[Placed]) -> None:
        """Hold an order."""
        super().__init__(fqn)
        self._order = order

    @classmethod
    def made(cls, fqn: str, args: Sequence[Any]) -> Self:
        """Return what `DependencyGraph(node)` makes."""
        return cls(fqn, topology(native_of(args[0], Node)))

    @offers("call", "topology")
    def _topology(self) -> list[Any]:
        return [instance_of(each) for each in self._order]
