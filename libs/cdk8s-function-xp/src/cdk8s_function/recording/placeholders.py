"""Placeholders for secret values, of the same shape, so that charts that read them still run.

A placeholder has its value's length. A number stays a number, JSON keeps its
structure and keys, PEM its armour, an address its separators and scheme;
anything else becomes letters. It reveals nothing else of the value: it is made
of a digest with a key that is never stored.
"""

import hashlib
import json
import re
import string
from typing import cast

from cdk8s_function.objects import Json
from cdk8s_function.recording import spellings

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_ADDRESS = re.compile(r"[\w.-]+:[0-9]+")
_PARTS = re.compile(
    r"^-----(?:BEGIN|END) [A-Z0-9 ]{1,64}-----$|[A-Za-z][A-Za-z0-9+.-]{0,31}(?=://)|[^\W_]+", re.MULTILINE
)


class Placeholders:
    """Placeholders made with one key: equal values have equal placeholders.

    Args:
        key: The key of the digests. Whoever has it can find a placeholder's
            value by trial.
    """

    def __init__(self, key: bytes) -> None:
        """Keep the key."""
        self._key = key

    def of(self, value: bytes) -> bytes:
        """Return the placeholder of a value."""
        try:
            return self._text(value.decode()).encode()
        except UnicodeDecodeError:
            return self._noise(value, len(value))

    def _text(self, value: str) -> str:
        container = spellings.container(value)
        if container is not None:
            return json.dumps(self._json(container))
        if "\n" in value or "://" in value or _ADDRESS.fullmatch(value):
            return _PARTS.sub(self._part, value)
        return self._run(value)

    def _json(self, value: Json) -> Json:
        match value:
            case str():
                return self._text(value)
            case bool() | None:
                return value
            case int() | float():
                text = self._run(json.dumps(value))
                return json.loads(text) if _NUMBER.fullmatch(text) else 1
            case list():
                return [self._json(item) for item in cast("list[Json]", value)]
            case _:
                return {key: self._json(item) for key, item in cast("dict[str, Json]", value).items()}

    def _part(self, part: re.Match[str]) -> str:
        if part[0].startswith("-----") or part.string.startswith("://", part.end()):
            return part[0]
        return self._run(part[0])

    def _run(self, value: str) -> str:
        if _NUMBER.fullmatch(value):
            return self._number(value)
        letters = string.ascii_lowercase if value != value.upper() else string.ascii_uppercase
        return "".join(letters[byte % len(letters)] for byte in self._noise(value.encode(), len(value)))

    def _number(self, value: str) -> str:
        # It begins with 1, so that a port or a size is still one.
        noise = iter(self._noise(value.encode(), len(value)))
        made = re.sub("[0-9]", lambda _: str(next(noise) % 10), value)
        made = re.sub("[0-9]", "1", made, count=1)
        return made if made != value else made.translate(str.maketrans("0123456789", "1234567890"))

    def _noise(self, value: bytes, length: int) -> bytes:
        return hashlib.shake_256(self._key + value).digest(length)
