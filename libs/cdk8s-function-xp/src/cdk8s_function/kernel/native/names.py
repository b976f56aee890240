"""Names from construct paths: `Names` of cdk8s, and the address of constructs."""

import functools
import hashlib
import re
from collections.abc import Sequence

from cdk8s_function.kernel.native.decline import decline

_LENGTH = 63
_HASH_LENGTH = 8
_NAMES = 2048
"""How many names are remembered: an XR is synthesised again and again, and its constructs have the same paths."""

_DNS = re.compile(r"[0-9a-z-]+")
_LABEL = re.compile(r"(([0-9a-zA-Z][0-9a-zA-Z-_.]*)?[0-9a-zA-Z])?")
_NOT_ALLOWED = re.compile(r"[^0-9a-zA-Z\-_.]")
_NOT_AT_START = re.compile(r"^[^0-9a-zA-Z]+")


def line(id: str) -> str:
    """Return what a construct's id adds to the lines of `address`."""
    return "" if id == "Default" else f"{id}\n"


def address(lines: str) -> str:
    """Return a construct's address.

    Args:
        lines: The `line`s of the constructs from the root down to it, the root's included.
    """
    return "c8" + hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()


@functools.lru_cache(maxsize=_NAMES)
def dns_label(
    path: str,
    lines: str,
    *,
    max_length: int = _LENGTH,
    delimiter: str = "-",
    hashed: bool = True,
    extra: tuple[str, ...] = (),
) -> str:
    """Return `Names.toDnsLabel` of a construct.

    Args:
        path: The construct's path.
        lines: As `address` takes them.
        max_length: The longest name.
        delimiter: What stands between components.
        hashed: Whether the end of the name is a hash of the path.
        extra: More components.
    """
    _check(max_length, hashed=hashed)
    components = [*path.split("/"), *extra]
    if len(components) == 1 and len(components[0]) <= max_length and _DNS.fullmatch(components[0]):
        return components[0]
    components = [_small(each)[:max_length] for each in components]
    if hashed:
        components.append(address(lines)[:_HASH_LENGTH])
    return _joined(components, delimiter, max_length)


@functools.lru_cache(maxsize=_NAMES)
def label_value(
    path: str,
    lines: str,
    *,
    max_length: int = _LENGTH,
    delimiter: str = "-",
    hashed: bool = True,
    extra: tuple[str, ...] = (),
) -> str:
    """Return `Names.toLabelValue` of a construct; the arguments are those of `dns_label`."""
    _check(max_length, hashed=hashed)
    if _NOT_ALLOWED.search(delimiter):
        decline("a delimiter that labels lack")
    components = [*path.split("/"), *extra]
    if len(components) == 1 and len(components[0]) <= max_length and _LABEL.fullmatch(components[0]):
        return components[0]
    components = [_allowed(each)[:max_length] for each in components]
    if hashed:
        components.append(address(lines)[:_HASH_LENGTH])
    return _NOT_AT_START.sub("", _joined(components, delimiter, max_length))


@functools.lru_cache(maxsize=1024)
def _allowed(component: str) -> str:
    # The objects of a chart share most of their paths.
    return _NOT_ALLOWED.sub("", component)


@functools.lru_cache(maxsize=1024)
def _small(component: str) -> str:
    return _allowed(component.lower())


def _check(max_length: int, *, hashed: bool) -> None:
    if max_length < 0 or (hashed and max_length < _HASH_LENGTH):
        decline("a name too short for its hash")


def _joined(components: Sequence[str], delimiter: str, max_length: int) -> str:
    kept = [each for index, each in enumerate(components) if not index or each != components[index - 1]]
    if sum(map(len, kept)) + len(kept) - 1 > max_length:
        # What is too much is cut from the first components.
        kept = "/".join(kept[::-1])[:max_length].split("/")[::-1]
    joined = delimiter.join(filter(None, kept))
    if not delimiter:
        # JavaScript splits at nothing into characters, none of which is left out.
        return joined
    parts = [each for each in joined.split(delimiter) if each and each.lower() not in {"resource", "default"}]
    return delimiter.join(parts)
