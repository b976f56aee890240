"""Find secret values wherever a string repeats them: in clear, escaped, or in base64."""

import base64
import contextlib
import json
import re
import string
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping

from cdk8s_function.recording.spellings import SHORTEST, holds

_COST = 1 << 31
"""How many comparisons of a byte with a secret are allowed: they take about a second."""

_READINGS = 4
"""How many readings a text usually has."""

_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST},}}={{0,2}}")
_URL_SAFE = str.maketrans("+/", "-_")
_SIGN = re.compile(r"\w")
_LETTERS = str.maketrans(dict.fromkeys(string.ascii_letters + string.digits + "+/_-=", "x"))


class TooLargeError(Exception):
    """There are too many secrets in too large a request to look for each, or it took too long."""


class Scrubber:
    """Replaces secret values by placeholders.

    Args:
        placeholders: The placeholder of each secret value.
        parts: Parts of secrets that are secret by themselves. A text that spells
            one, in any way, gets all its letters and digits replaced by "x".
        corpus: All texts to scrub, one after the other: only secrets that it
            contains are looked for in each text.
        spend: Called before each text is looked at; raises TooLargeError once it has taken too long.

    Raises:
        TooLargeError: If that would take too long.
    """

    def __init__(
        self,
        placeholders: Mapping[bytes, bytes],
        parts: Iterable[str],
        corpus: bytes,
        *,
        spend: Callable[[], None],
    ) -> None:
        """Find which secrets there are to replace."""
        self._placeholders = placeholders
        self._spend = spend
        self._secret_parts = sorted(parts)
        plain = dict(pair for value in placeholders for pair in _spellings(value, placeholders[value]))
        self._plain = sorted(plain.items(), key=lambda pair: len(pair[0]), reverse=True)
        spellings = {
            **dict(pair for value in plain for pair in _in_base64(value, plain[value])),
            **dict(_as_strings(plain)),
        }
        inner = {part for value in plain for part in _inner_base64(value)}
        if len(corpus) * (len(spellings) + len(inner) + _READINGS * len(self._secret_parts)) > _COST:
            raise TooLargeError
        # The longest first: a secret may be a part of another.
        there = sorted((spelt for spelt in spellings if spelt.encode() in corpus), key=len, reverse=True)
        self._spellings = {spelt: spellings[spelt] for spelt in there}
        self._pattern = re.compile("|".join(map(re.escape, there))) if there else None
        self._parts = [part for part in sorted(inner) if part.encode() in corpus]

    def __call__(self, text: str) -> str:
        """Return a string without secrets."""
        self._spend()
        if self._pattern:
            text = self._pattern.sub(lambda found: self._spellings[found[0]], text)
        if any(part in text for part in self._parts):
            text = _RUN.sub(lambda run: self._decoded(run[0]), text)
        # The text spells a secret in a way for which there is no spelling of the placeholder.
        return _SIGN.sub("x", text) if holds(text, self._secret_parts) else text

    def whole(self, text: str) -> str | None:
        """Return the placeholder of a string that is a secret, None if it is not."""
        placeholder = self._placeholders.get(text.encode())
        return None if placeholder is None else placeholder.decode()

    def leaks(self, scrubbed: bytes) -> bool:
        """Return whether bytes still hold a secret that was looked for."""
        return any(spelt.encode() in scrubbed for spelt in (*self._spellings, *self._parts))

    def _decoded(self, run: str) -> str:
        if not any(part in run for part in self._parts):
            return run
        safe = "-" in run or "_" in run
        bare = run.rstrip("=")
        try:
            data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if safe else None, validate=True)
        except ValueError:
            return run.translate(_LETTERS)
        for value, placeholder in self._plain:
            data = data.replace(value, placeholder)
        made = base64.b64encode(data, altchars=b"-_" if safe else None).decode().rstrip("=") + run[len(bare) :]
        return run.translate(_LETTERS) if any(part in made for part in self._parts) else made


def _spellings(value: bytes, placeholder: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return the spellings of a value and of its placeholder: in clear, in JSON, in an address."""
    yield value, placeholder
    try:
        text, other = value.decode(), placeholder.decode()
    except UnicodeDecodeError:
        return
    for ascii_only in (True, False):
        escaped, escaped_other = (json.dumps(each, ensure_ascii=ascii_only)[1:-1] for each in (text, other))
        yield escaped.encode(), escaped_other.encode()
    yield urllib.parse.quote(text, safe="").encode(), urllib.parse.quote(other, safe="").encode()


def _as_strings(values: Mapping[bytes, bytes]) -> Iterator[tuple[str, str]]:
    for value, placeholder in values.items():
        with contextlib.suppress(UnicodeDecodeError):
            yield value.decode(), placeholder.decode()


def _in_base64(value: bytes, placeholder: bytes) -> Iterator[tuple[str, str]]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        one, other = encode(value).decode(), encode(placeholder).decode()
        yield one, other
        yield one.rstrip("="), other.rstrip("=")


def _inner_base64(value: bytes) -> Iterator[str]:
    """Return the base64 text that encoded data contains if a value is in it, for each of the three alignments."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value).decode()
        inner = encoded[(0, 2, 3)[before] : (before + len(value)) * 8 // 6]
        yield inner
        yield inner.translate(_URL_SAFE)


def is_sought(value: bytes, public: bytes) -> bool:
    """Return whether to look for a value: it must be long enough, and not a part of what is public.

    Args:
        value: A secret value.
        public: Strings that are not secret, one after the other: names of objects
            and fields, words of a schema.
    """
    return len(value.decode(errors="replace").strip()) >= SHORTEST and value not in public
