"""The parts of a secret that are secret by themselves, and the ways in which a text may spell them.

A Secret may hold a password with a newline at its end, and other objects the password
without it. If a file of settings is secret, each line of it is too. JSON, addresses,
HTML, shells and base64 each write the same text in another way, and may be nested.
`parts` takes a secret apart, `readings` reads a text in each of these ways, and a text
holds a secret if one of its readings contains a part.
"""

import base64
import binascii
import html
import json
import quopri
import re
import sys
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from typing import cast

from cdk8s_function.objects import Json

SHORTEST = 6
"""Secrets with fewer characters are looked for nowhere else: `true` or `5432` is in everything."""

_DEPTH = 3
"""How deep ways to write a text may be nested."""

_PARTS_DEPTH = 5
"""How many times a part is taken apart again: a registry's JSON, the base64 in it, the pair in that."""

_MOST_READINGS = 64

_GZIP = b"\x1f\x8b"
_MOST_EXPANSION = 20
"""How many times their own length compressed data may unpack to: text seldom has more, a zip bomb has no limit."""

_LONGEST_TOKEN = 12
"""From this length on, a word among others is a part by itself: `Bearer <token>`."""

_ARMOUR = re.compile(r"-{4,5} ?(BEGIN|END) [A-Z0-9 ]{1,64}-{4,5}")
_SETTING = re.compile(r"(?:export\s{1,8})?[\w.-]{1,128}\s{0,8}[=:]\s{0,8}(?P<value>.+)")
_ADDRESS = re.compile(r"://(?P<user>[^/@:\s]{0,256}):(?P<password>[^@/\s]{1,1024})@")
_PAIR = re.compile(r"[^\s:]{1,256}:(?P<password>\S{1,1024})")
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST + 2},}}={{0,2}}")
_HEXADECIMAL = re.compile(rf"(?:[0-9a-fA-F]{{2}}){{{SHORTEST},}}")
_PAIRS = re.compile(rf"[0-9a-fA-F]{{2}}(?:[:-][0-9a-fA-F]{{2}}){{{SHORTEST - 1},}}")
_ESCAPE = re.compile(
    r"\\(?:x(?P<two>[0-9a-fA-F]{2})|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8})"
    r'|u\{(?P<some>[0-9a-fA-F]{1,6})\}|(?P<octal>[0-3][0-7]{2})|(?P<sign>["\\/bfnrt])|(?P<end>\r?\n\s{0,64}))'
)
_QUOTED = re.compile(r"=[0-9A-F]{2}|=\r?\n")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SHELL = re.compile(r"\\(.)")
_SPACE = re.compile(r"\s+")


def parts(value: bytes) -> set[str]:
    """Return the parts of a secret value that are secret by themselves, the value included, without spaces around them.

    Args:
        value: The value.
    """
    found: set[str] = set()
    _collect(_text(value), found, _PARTS_DEPTH)
    return {part for part in found if len(part) >= SHORTEST}


def readings(text: str) -> Iterator[str]:
    """Return the texts that a text may spell, itself first; 64 at most.

    Args:
        text: The text.
    """
    seen = {text}
    level = [text]
    yield text
    for _ in range(_DEPTH):
        below: list[str] = []
        for each in level:
            for reading in _read(each):
                if len(reading) >= SHORTEST and reading not in seen:
                    seen.add(reading)
                    below.append(reading)
                    yield reading
                if len(seen) >= _MOST_READINGS:
                    return
        level = below


def holds(text: str, sought: Iterable[str]) -> bool:
    """Return whether a text spells one of some parts.

    Args:
        text: The text.
        sought: Parts of secrets.
    """
    wanted = tuple(sought)
    return bool(wanted) and len(text) >= SHORTEST and any(part in each for each in readings(text) for part in wanted)


def _collect(value: str, found: set[str], depth: int) -> None:
    value = value.strip()
    if len(value) < SHORTEST or value in found or not depth:
        return
    found_json = container(value)
    if found_json is not None:
        for leaf in _leaves(found_json):
            _collect(leaf, found, depth - 1)
        found.add(value)
        return
    found.add(value)
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        for line in lines:
            if not _ARMOUR.fullmatch(line):
                _collect(line, found, depth - 1)
        return
    for match in _ADDRESS.finditer(value):
        _collect(match["password"], found, depth - 1)
        _collect(urllib.parse.unquote(match["password"]), found, depth - 1)
    if match := _SETTING.fullmatch(value):
        _collect(match["value"].strip().strip("\"'"), found, depth - 1)
    if match := _PAIR.fullmatch(value):
        _collect(match["password"], found, depth - 1)
    words = value.split()
    if len(words) > 1:
        for word in words:
            if len(word) >= _LONGEST_TOKEN:
                _collect(word, found, depth - 1)
    elif _BASE64.fullmatch(value):
        for decoded in _from_base64(value):
            if decoded.isprintable() or "\n" in decoded:
                _collect(decoded, found, depth - 1)


def _read(text: str) -> Iterator[str]:
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
        yield _SHELL.sub(r"\1", text.replace("'\\''", "'"))
    if "%" in text:
        yield urllib.parse.unquote(text)
    if "+" in text:
        yield urllib.parse.unquote_plus(text)
    if "&" in text:
        yield html.unescape(text)
    if "'" in text or '"' in text:
        yield text.replace("'", "").replace('"', "")
        yield text.replace("''", "'")
    if _QUOTED.search(text):
        yield _text(quopri.decodestring(text.encode(errors="surrogatepass")))
    for run in _BASE64.findall(text):
        yield from _from_base64(run)
    whole = _SPACE.sub("", text)
    if whole != text:
        # As MIME wraps it (RFC 2045, section 6.8).
        for run in _BASE64.findall(whole):
            yield from _from_base64(run)
    for run in _HEXADECIMAL.findall(whole):
        yield _text(bytes.fromhex(run))
    for run in _PAIRS.findall(text):
        yield _text(bytes.fromhex(run.replace(":", "").replace("-", "")))


def _unescaped(match: re.Match[str]) -> str:
    for name, base in (("two", 16), ("four", 16), ("eight", 16), ("some", 16), ("octal", 8)):
        if digits := match[name]:
            code = int(digits, base)
            return chr(code) if code <= sys.maxunicode else match[0]
    return _ESCAPES.get(match["sign"], match["sign"]) if match["sign"] else ""


def _from_base64(run: str) -> Iterator[str]:
    bare = run.rstrip("=")
    padded = bare[: len(bare) - (len(bare) % 4 == 1)]
    padded += "=" * (-len(padded) % 4)
    altchars: bytes | None = b"-_" if "-" in run or "_" in run else None
    try:
        data = base64.b64decode(padded, altchars=altchars, validate=True)
    except binascii.Error:
        return
    if data.startswith(_GZIP):
        data = _unzipped(data)
    yield _text(data).strip()
    if b"\0" in data:
        # UTF-16 of Latin letters has a zero byte in each.
        yield _text(data.replace(b"\0", b"")).strip()


def _unzipped(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, _MOST_EXPANSION * len(data))
    except zlib.error:
        return data


def _text(value: bytes) -> str:
    # Bytes that are no UTF-8 are compared as they are.
    return value.decode(errors="surrogateescape")


def container(value: str) -> Json:
    """Return the JSON object or list that text holds, None if it holds none."""
    if value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _leaves(value: Json) -> Iterator[str]:
    left: list[Json] = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            left.extend(cast("list[Json]", each))
        elif isinstance(each, dict):
            left.extend(cast("dict[str, Json]", each).values())
        elif isinstance(each, int | float) and not isinstance(each, bool):
            yield json.dumps(each)
