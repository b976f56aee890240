"""Suggest the known name that a misspelt one may mean.

A condition's message has to be the same in each reconcile, so a suggestion depends
on the names alone: the most similar name, and of two the first in the alphabet.
"""

from collections.abc import Iterable

_LONGEST = 64
"""The longest name, in characters, that gets a suggestion: the time of a comparison grows with its square."""

_MOST = 200
"""How many known names are compared."""

_NEAR = 0.7
"""How similar two names have to be, from 0 to 1 (difflib.SequenceMatcher.ratio)."""

_NEAR_IF_SHORT = 0.6
"""The same for a name of at most `_SHORT` characters: `tll` and `ttl` are alike by two thirds."""

_SHORT = 4

_LISTED = 5
"""How many known names a message lists: of more, nobody reads the line."""


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
    import difflib  # noqa: PLC0415  # Servers and workers seldom need it.

    if len(name) > _LONGEST:
        return None
    by_plain: dict[str, str] = {}
    for each in sorted(each for each in known if len(each) <= _LONGEST)[:_MOST]:
        by_plain.setdefault(_plain(each), each)
    cutoff = _NEAR_IF_SHORT if len(name) <= _SHORT else _NEAR
    # Of two equally similar names, difflib takes the last in the alphabet, and this function the first.
    near = difflib.get_close_matches(_plain(name), by_plain, n=len(by_plain) or 1, cutoff=cutoff)
    if not near:
        return None

    def likeness(known: str) -> float:
        # The same order of arguments as difflib.get_close_matches has.
        return difflib.SequenceMatcher(a=known, b=_plain(name)).ratio()

    best = likeness(near[0])
    return by_plain[min(each for each in near if likeness(each) == best)]


def listed(name: str, known: Iterable[str]) -> str:
    """Return known names for a message, those most like an unknown one first: `a, b, c, d, e and 3 more`.

    Args:
        name: What somebody wrote.
        known: The names there are.
    """
    import difflib  # noqa: PLC0415  # As above.

    names = sorted(known)
    like = difflib.SequenceMatcher(b=_plain(name))

    def unlikeness(known: str) -> tuple[float, str]:
        plain = _plain(known)
        like.set_seq1(plain)
        return -like.ratio(), plain

    compared = [] if len(name) > _LONGEST else [each for each in names[:_MOST] if len(each) <= _LONGEST]
    shown = list(dict.fromkeys([*sorted(compared, key=unlikeness), *names]))[:_LISTED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()
