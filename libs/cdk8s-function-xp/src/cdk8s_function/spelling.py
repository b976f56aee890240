"""Which known name was meant by one that is unknown.

A line of a condition has to be the same each time, so what is suggested depends
on the names alone: the nearest first, and of two as near the first by alphabet.
"""

import difflib
from collections.abc import Iterable

_LONGEST = 64
"""Characters of a name for which a nearest one is sought; the comparison takes their square."""

_MOST = 200
"""Known names that are compared."""

_NEAR = 0.7
"""How alike two names are at least, of 1 (difflib.SequenceMatcher.ratio)."""

_NEAR_IF_SHORT = 0.6
"""The same for a name of at most `_SHORT` characters: `tll` and `ttl` are alike by two thirds."""

_SHORT = 4


def hint(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "…"?)` to follow an unknown name, "" where no known name is near.

    Args:
        name: What somebody wrote.
        known: The names there are.
    """
    found = nearest(name, known)
    return f' (did you mean "{found}"?)' if found else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like an unknown one, None where none is near.

    Case, hyphens and underscores do not count: `image_tag` is near `imageTag`.

    Args:
        name: What somebody wrote.
        known: The names there are.
    """
    if len(name) > _LONGEST:
        return None
    by_plain: dict[str, str] = {}
    for each in sorted(each for each in known if len(each) <= _LONGEST)[:_MOST]:
        by_plain.setdefault(_plain(each), each)
    cutoff = _NEAR_IF_SHORT if len(name) <= _SHORT else _NEAR
    # Of two that are as near difflib takes the later one in the alphabet; here the order is ours.
    near = difflib.get_close_matches(_plain(name), by_plain, n=len(by_plain) or 1, cutoff=cutoff)
    if not near:
        return None
    best = _likeness(_plain(name), near[0])
    return by_plain[min(each for each in near if _likeness(_plain(name), each) == best)]


def _likeness(name: str, known: str) -> float:
    # The same order of arguments as difflib.get_close_matches has.
    return difflib.SequenceMatcher(a=known, b=name).ratio()


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()
