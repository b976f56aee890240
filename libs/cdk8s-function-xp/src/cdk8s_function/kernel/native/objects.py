"""The objects behind what Python sees: each stands where JavaScript's object would be."""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

from jsii import _reference_map as reference_map

from cdk8s_function.kernel.native.decline import ATTEMPT, DeclinedError, decline

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
NativeT = TypeVar("NativeT", bound="Native")

Recipe = tuple[str, str, str, Sequence[Any]]
"""How Node.js is told to make the same: api, fully qualified name, method, arguments."""


class StrangerError(RuntimeError):
    """Node.js is given an object that a synthesis on the native kernel made, which it can't know."""


class Native:
    """An object of this kernel.

    It is what `__jsii_ref__` of its Python instance is, in the place of jsii's
    `ObjRef`, and has that one's attributes for when Node.js has to name it.
    """

    __slots__ = ("__weakref__", "_known", "epoch", "fqn", "instance", "overrides")

    gets: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    sets: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    calls: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    overridable: ClassVar[frozenset[str]] = frozenset()

    made_in_node: ClassVar[Callable[["Native"], Any]]
    """Makes the same object in Node.js, and returns jsii's `ObjRef` of it."""

    interfaces: ClassVar[None] = None

    def __init__(self, fqn: str) -> None:
        """Make an object of a jsii class."""
        self.fqn = fqn
        self.instance: Any = None
        self.overrides: Mapping[str, str] = _NONE
        self.epoch = ATTEMPT.epoch
        self._known: Any = None

    def __init_subclass__(cls) -> None:
        """Collect what the class offers to Python."""
        tables: dict[str, dict[str, Callable[..., Any]]] = {
            "get": dict(cls.gets),
            "set": dict(cls.sets),
            "call": dict(cls.calls),
        }
        for member in vars(cls).values():
            for table, name in getattr(member, "__offered__", ()):
                tables[table][name] = member
        cls.gets, cls.sets, cls.calls = tables["get"], tables["set"], tables["call"]

    @property
    def __jsii_ref__(self) -> Self:
        """Itself: jsii asks for it when it writes a call to Node.js."""
        return self

    def recipe(self) -> Recipe | None:
        """Return how Node.js makes the same, None if it can't."""
        return None

    @property
    def ref(self) -> str:
        """The object's reference in Node.js.

        Raises:
            StrangerError: If Node.js can't know it.
        """
        if self._known is None:
            if self.recipe() is None:
                ATTEMPT.strangers = True
                msg = f"Node.js does not know this {self.fqn}: another synthesis made it"
                raise StrangerError(msg)
            self._known = Native.made_in_node(self)
        return self._known.ref

    def known_as(self, reference: Any) -> None:
        """Say by which `ObjRef` Node.js knows the object; it is kept, as its end would be the object's."""
        self._known = reference

    def change(self) -> None:
        """Decline where a synthesis would change what a module of the chart's made."""
        if self.epoch != ATTEMPT.epoch and not self.epoch:
            decline(f"the chart changes a {self.fqn} that its module made")


_NONE: Mapping[str, str] = {}


def offers(kind: str, name: str) -> Callable[[FunctionT], FunctionT]:
    """Let Python reach a method.

    Args:
        kind: "get", "set" or "call".
        name: The member's name in JavaScript.
    """

    def mark(function: FunctionT) -> FunctionT:
        offered = (*getattr(function, "__offered__", ()), (kind, name))
        function.__offered__ = offered  # type: ignore[attr-defined]
        return function

    return mark


def instance_of(native: Native) -> Any:
    """Return what Python sees of an object: its own instance, or a new one as jsii makes it.

    Args:
        native: The object.
    """
    if native.instance is not None:
        return native.instance
    types = reference_map._types
    if native.fqn not in types and not reference_map._try_import_type_module(native.fqn):
        decline(f"no class for {native.fqn}")
    klass = types[native.fqn]
    instance = klass.__new__(klass)
    instance.__jsii_ref__ = native
    return instance


def native_of(instance: Any, kind: type[NativeT]) -> NativeT:
    """Return the object behind a Python instance.

    Args:
        instance: What the chart passes.
        kind: What it has to be.
    """
    native = getattr(instance, "__jsii_ref__", None)
    if not isinstance(native, kind):
        decline(f"a {type(instance).__name__} where a {kind.__name__} is due")
    return native


def called(native: Native, method: str, *args: Any) -> Any:
    """Call a method that Python overrides.

    Args:
        native: An object that has it among its overrides.
        method: The method's name in JavaScript.
        args: As Python sees them.
    """
    try:
        return getattr(native.instance, native.overrides[method])(*args)
    except (MemoryError, DeclinedError):
        raise
    except BaseException as error:  # noqa: BLE001  # JavaScript makes an error of its own of it.
        decline(f"{method} raised {type(error).__name__}")
