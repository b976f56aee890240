r"""The spelling in which external-dns compares host names.

external-dns takes `Web`, `w\u00adeb`, `xn--web-` and `web` with full-width letters for one host, and of the objects
that give it chooses one. It maps names as Unicode TR 46 says, transitionally, with a table of Unicode 15 (external-dns
v0.21, internal/idna). Python's own mapping is its predecessor (RFC 3490), with a table of Unicode 3.2. They agree but
for what is listed here; a name for which that is not certain has no usual spelling.
"""

import encodings.idna
import re
import unicodedata

_DOTS = re.compile("[\u3002\uff0e\uff61]")
_PUNYCODE = "xn--"

_LATER = re.compile(
    "[\u1d2c-\u1d65\u1d9c\u1da0\u1dbb\u2090-\u209c\u213b\u2c7c\u2c7d\u3250\u32cc-\u32cf\u3377-\u337a\u33ff\ua7f2-\ua7f4"
    "\U000107a5\U0001d4c1\U0001f12b-\U0001f12e\U0001f130-\U0001f14f\U0001f16a-\U0001f16c\U0001f190\U0001fbf0-\U0001fbf9]"
)
"""What Unicode has had since 3.2 that stands for plain letters and digits."""

_NOTHING = re.compile("[\u180f\u2064\U0001bca0-\U0001bca3\U000e0100-\U000e01ef]")
"""What Unicode has had since 3.2 that stands for nothing."""

_UNLIKE = re.compile("[\u1806\u3164\uffa0\U0002f868\U0002f874\U0002f91f\U0002f95f\U0002f9bf]")
"""What the two map to something else. They differ in letters with a dot and in letters that had one case, too."""


def usual(name: str) -> str | None:
    """Return the spelling in which external-dns compares a name; None if that is not certain.

    Args:
        name: The name, with or without a trailing dot.
    """
    try:
        spelled = ".".join(map(_usual_label, _DOTS.sub(".", name).split(".")))
    except UnicodeError:
        return None
    return spelled if ".".join(map(_decoded, spelled.split("."))) == spelled else None


def _usual_label(label: str) -> str:
    """Return a label in its usual spelling.

    Raises:
        UnicodeError: If it is not certain, or there is none.
    """
    if label.isascii():
        return _decoded(label.lower())
    known = _NOTHING.sub("", _LATER.sub(lambda found: unicodedata.normalize("NFKC", found[0]), label))
    mapped = encodings.idna.nameprep(known)
    if _UNLIKE.search(known) or "." in mapped or mapped != mapped.casefold() or not all(map(_is_old, mapped)):
        msg = f"{label!r} has no certain spelling"
        raise UnicodeError(msg)
    return _decoded(encodings.idna.ToASCII(mapped).decode("ascii"))


def _decoded(label: str) -> str:
    """Return what a label in Punycode stands for where it needs none: `xn--web-` is `web`."""
    if not label.startswith(_PUNYCODE):
        return label
    try:
        decoded = label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return decoded if decoded.isascii() else label


def _is_old(character: str) -> bool:
    return unicodedata.ucd_3_2_0.category(character) != "Cn"
