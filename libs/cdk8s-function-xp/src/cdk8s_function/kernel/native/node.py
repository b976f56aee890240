"""A construct's place in the tree: `Node` of `constructs`."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownLambdaType=false

import operator
from collections.abc import Iterator, Sequence
from typing import Any

from cdk8s_function.kernel.native import callbacks, names, values
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native, called, instance_of, native_of, offers


class Dependable(Native):
    """What constructs can depend on."""

    __slots__ = ()

    def roots(self) -> Iterator["Placed"]:
        """Yield the constructs this stands for."""
        raise NotImplementedError


class Placed(Dependable):
    """A construct, as far as its node knows it."""

    __slots__ = ("chart", "node")

    chart: Any
    """The chart it is in, a `Chart`; None outside of one."""

    node: "Node"

    def roots(self) -> Iterator["Placed"]:
        """Yield what depending on this means: the construct itself."""
        yield self


class Node(Native):
    """`constructs.Node`: a construct's place in the tree."""

    __slots__ = (
        "_address",
        "_indexed",
        "children",
        "context",
        "default_child",
        "dependencies",
        "host",
        "id",
        "lines",
        "locked",
        "metadata",
        "path",
        "root",
        "scope",
        "validations",
    )

    def __init__(self, host: "Placed", scope: "Placed | None", given: Any) -> None:
        """Take a place below `scope`."""
        super().__init__("constructs.Node")
        self.host = host
        self.id = _id(given)
        self.scope = scope
        self.children: dict[str, Placed] = {}
        self._indexed = False
        self.context: dict[str, Any] | None = None
        self.default_child: Placed | None = None
        self.dependencies: dict[Dependable, None] = {}
        self.locked = False
        self.metadata = False
        self.validations: list[Any] | None = None
        self._address = ""
        if scope is None:
            self.path = self.id
            self.lines = names.line(self.id)
            self.root: Placed = host
            return
        if not self.id:
            decline("an empty id")
        above = scope.node
        above.adopt(host, self.id)
        self.path = f"{above.path}/{self.id}" if above.path else self.id
        self.lines = above.lines + names.line(self.id)
        self.root = above.root

    def adopt(self, child: "Placed", name: str) -> None:
        """Take a construct as a child."""
        self.change()
        if self.is_locked():
            decline("a locked construct")
        if name in self.children:
            decline("an id twice")
        if values.is_index(name):
            self._indexed = True
        self.children[name] = child

    def is_locked(self) -> bool:
        """Return whether this construct or one above is locked."""
        node = self
        while not node.locked:
            if node.scope is None:
                return False
            node = node.scope.node
        return True

    def scopes(self) -> list["Placed"]:
        """Return the constructs from the root down to this one."""
        found = [self.host]
        while (above := found[-1].node.scope) is not None:
            found.append(above)
        return found[::-1]

    def below(self) -> Sequence["Placed"]:
        """Return the children in JavaScript's order."""
        if self._indexed:
            return [self.children[name] for name in values.ordered(self.children)]
        return list(self.children.values())

    def all(self, *, post_order: bool = False) -> list["Placed"]:
        """Return this construct and all below it."""
        found: list[Placed] = []
        _visit(self.host, found, post_order=post_order)
        return found

    def roots(self) -> Iterator["Placed"]:
        """Yield what this construct depends on."""
        for each in self.dependencies:
            yield from each.roots()

    @offers("get", "addr")
    def address(self) -> str:
        """Return the construct's address."""
        if not self._address:
            self._address = names.address(self.lines)
        return self._address

    @offers("get", "metadata")
    def _metadata(self) -> list[Any]:
        if self.metadata:
            decline("Node.metadata")
        return []

    @offers("get", "defaultChild")
    def _default_child(self) -> Any:
        child = self.default()
        return None if child is None else instance_of(child)

    def default(self) -> "Placed | None":
        """Return the child that stands for this construct."""
        if self.default_child is not None:
            return self.default_child
        resource, default = self.children.get("Resource"), self.children.get("Default")
        if resource is not None and default is not None:
            decline("two default children")
        return default or resource

    @offers("set", "defaultChild")
    def _set_default_child(self, child: Any) -> None:
        self.change()
        self.default_child = None if child is None else native_of(child, Placed)

    @offers("call", "addDependency")
    def add_dependencies(self, *dependables: Any) -> None:
        """Depend on constructs, or groups of them."""
        self.change()
        for each in [dependable(each) for each in dependables]:
            self.dependencies.setdefault(each)

    @offers("call", "removeDependency")
    def _remove_dependencies(self, *dependables: Any) -> None:
        self.change()
        for each in [dependable(each) for each in dependables]:
            self.dependencies.pop(each, None)

    @offers("call", "addMetadata")
    def _add_metadata(self, kind: Any, data: Any, options: Any = None) -> None:
        values.text(kind)
        del options
        if data is not None:
            values.plain(data)
            self.change()
            self.metadata = True

    @offers("call", "addValidation")
    def _add_validation(self, validation: Any) -> None:
        self.change()
        if self.validations is None:
            self.validations = []
        self.validations.append(callbacks.callbacks(validation, "constructs.IValidation", "validate"))

    @offers("call", "validate")
    def validate(self) -> list[str]:
        """Return what the construct's validations say."""
        for each in self.validations or ():
            said = called(each, "validate")
            if not isinstance(said, list) or said:
                decline("a validation that fails")
        return []

    @offers("call", "findAll")
    def _find_all(self, order: Any = None) -> list[Any]:
        word = getattr(order, "value", None)
        if order is not None and word not in {"PREORDER", "POSTORDER"}:
            decline("an order")
        return [instance_of(each) for each in self.all(post_order=word == "POSTORDER")]

    @offers("call", "findChild")
    def _find_child(self, name: Any) -> Any:
        child = self.children.get(_id(name))
        if child is None:
            decline("no such child")
        return instance_of(child)

    @offers("call", "tryFindChild")
    def _try_find_child(self, name: Any) -> Any:
        child = self.children.get(_id(name))
        return None if child is None else instance_of(child)

    @offers("call", "tryRemoveChild")
    def _try_remove_child(self, name: Any) -> bool:
        if values.key(name) not in self.children:
            return False
        self.change()
        del self.children[name]
        return True

    @offers("call", "lock")
    def _lock(self) -> None:
        self.change()
        self.locked = True

    @offers("call", "setContext")
    def _set_context(self, name: Any, value: Any) -> None:
        self.change()
        if self.children:
            decline("context after children")
        if self.context is None:
            self.context = {}
        self.context[values.key(name)] = values.plain(value)

    @offers("call", "tryGetContext")
    def _try_get_context(self, name: Any) -> Any:
        wanted = values.key(name)
        for each in reversed(self.scopes()):
            value = (each.node.context or {}).get(wanted)
            if value is not None:
                return values.exported(value)
        return None

    @offers("call", "getContext")
    def _get_context(self, name: Any) -> Any:
        value = self._try_get_context(name)
        if value is None:
            decline("no such context")
        return value

    @offers("call", "getAllContext")
    def _get_all_context(self, defaults: Any = None) -> Any:
        found: dict[str, Any] = {}
        if defaults is not None:
            given = values.plain(defaults)
            if not isinstance(given, dict):
                decline("defaults that are no mapping")
            found.update(given)
        for each in self.scopes():
            for name, value in (each.node.context or {}).items():
                if value is None:
                    decline("context that is undefined")
                found[name] = value
        return values.exported(values.in_order(found))


Node.gets = {
    **Node.gets,
    "children": lambda node: [instance_of(each) for each in node.below()],
    "dependencies": lambda node: [instance_of(each) for each in node.roots()],
    "root": lambda node: instance_of(node.root),
    "scopes": lambda node: [instance_of(each) for each in node.scopes()],
    "scope": lambda node: None if node.scope is None else instance_of(node.scope),
    "id": operator.attrgetter("id"),
    "locked": Node.is_locked,
    "path": operator.attrgetter("path"),
}


def _visit(construct: "Placed", found: list["Placed"], *, post_order: bool) -> None:
    if not post_order:
        found.append(construct)
    node = construct.node
    # Most constructs have none, and a tree is walked several times.
    if node.children:
        for child in node.below():
            _visit(child, found, post_order=post_order)
    if post_order:
        found.append(construct)


def _id(given: Any) -> str:
    name = "" if given is None else values.text(given)
    if "/" in name or "\n" in name:
        name = name.replace("/", "--").replace("\n", "--")
    return values.key(name)


def dependable(given: Any) -> Dependable:
    """Return the object behind what a chart depends on."""
    native = getattr(given, "__jsii_ref__", None)
    if not isinstance(native, Dependable):
        decline("a dependable of another kind")
    return native
