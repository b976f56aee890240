"""What jsii's generated classes call, answered here: create, get, set, invoke, sget, sinvoke.

The arguments are those of `jsii._kernel.Kernel`, before jsii has made anything of them.
"""

# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Mapping, Sequence
from typing import Any

from jsii import _kernel
from jsii import _reference_map as reference_map

from cdk8s_function.kernel.native import generated
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.objects import Native
from cdk8s_function.kernel.native.statics import GVKS, MAKES, STATICS

_overrides: dict[type, Mapping[str, str]] = {}


def create(klass: Any, obj: Any, args: Sequence[Any] | None = None) -> Native:
    """Make the object behind a Python instance."""
    fqn: str = klass.__jsii_type__
    overrides = _overridden(klass, obj)
    try:
        native = (MAKES.get(fqn) or _provided(MAKES, fqn, fqn))(fqn, args or ())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # Whatever this kernel was not made for.
        decline(f"making a {fqn}: {type(error).__name__}: {error}")
    if overrides:
        if not native.overridable.issuperset(overrides):
            decline(f"{type(obj).__name__} overrides {', '.join(overrides)}")
        native.overrides = overrides
    native.instance = obj
    obj.__jsii_ref__ = native
    return native


def get(obj: Any, property: str) -> Any:  # noqa: A002
    """Return a property."""
    native = obj.__jsii_ref__
    try:
        return native.gets[property](native)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001
        decline(f"{_named(native)}.{property}: {type(error).__name__}: {error}")


def set_(obj: Any, property: str, value: Any) -> None:  # noqa: A002
    """Set a property."""
    native = obj.__jsii_ref__
    try:
        native.sets[property](native, value)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001
        decline(f"setting {_named(native)}.{property}: {type(error).__name__}: {error}")


def invoke(obj: Any, method: str, args: Sequence[Any] | None = None) -> Any:
    """Call a method: the class's own where Python overrides it, as `super()` means."""
    native = obj.__jsii_ref__
    try:
        return native.calls[method](native, *(args or ()))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001
        decline(f"{_named(native)}.{method}: {type(error).__name__}: {error}")


def sget(klass: Any, property: str) -> Any:  # noqa: A002
    """Return a static property."""
    fqn: str = klass.__jsii_type__
    if (fqn, property) == ("constructs.Node", "PATH_SEP"):
        return "/"
    if property != "GVK":
        decline(f"{fqn}.{property}")
    api_version, kind = GVKS.get(fqn) or _provided(GVKS, fqn, fqn)
    return reference_map._data_types["cdk8s.GroupVersionKind"](api_version=api_version, kind=kind)


def sinvoke(klass: Any, method: str, args: Sequence[Any] | None = None) -> Any:
    """Call a static method."""
    fqn: str = klass.__jsii_type__
    try:
        return (STATICS.get((fqn, method)) or _provided(STATICS, (fqn, method), fqn))(*(args or ()))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001
        decline(f"{fqn}.{method}: {type(error).__name__}: {error}")


def _provided(table: Mapping[Any, Any], key: Any, fqn: str) -> Any:
    """Return what a class of an assembly not seen before offers."""
    try:
        generated.provide(fqn)
    except OSError as error:
        decline(f"the assembly of {fqn}: {error}")
    return table[key] if key in table else decline(f"no {key} here")


def refuse(*_args: Any, **_kwargs: Any) -> Any:
    """Decline a call of another kind."""
    decline("a call this kernel lacks")


def _named(native: Any) -> str:
    return native.fqn if isinstance(native, Native) else type(native).__name__


def _overridden(klass: Any, obj: Any) -> Mapping[str, str]:
    kind = type(obj)
    if getattr(kind, "__jsii_declared_type__", None) is not None:
        return {}
    known = _overrides.get(kind)
    if known is None:
        declared = next(each for each in kind.__mro__ if getattr(each, "__jsii_declared_type__", None) is not None)
        if getattr(kind, "__jsii_ifaces__", ()) != getattr(declared, "__jsii_ifaces__", ()):
            decline(f"{kind.__name__} implements interfaces")
        found = _kernel._get_overides(klass, obj)
        known = {each.method or each.property or "": each.cookie or "" for each in found}
        _overrides[kind] = known
    return known
