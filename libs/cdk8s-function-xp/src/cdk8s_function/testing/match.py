"""What a value must be like, with the names that users of aws-cdk-lib's assertions know.

https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.assertions-readme.html
"""

import abc
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from cdk8s_function import differences
from cdk8s_function.differences import ABSENT, joined
from cdk8s_function.objects import Json
from cdk8s_function.testing.lines import shown


class Matcher(abc.ABC):
    """Something a value may match."""

    def __repr__(self) -> str:
        return f"Match.{type(self).__name__.strip('_').lower()}({', '.join(map(shown, self._arguments()))})"

    def _arguments(self) -> Sequence[object]:
        """Return what it was made with."""
        return ()

    @abc.abstractmethod
    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        """Return a line for each way in which a value does not match.

        Args:
            value: The value; `differences.ABSENT` if there is none.
            path: Its path, for the lines.
        """


class Match:
    """Makes matchers. They nest: a plain mapping or list in a matcher is matched as the matcher around it does."""

    @staticmethod
    def partial(expected: Mapping[str, object] | Sequence[object]) -> Matcher:
        """Match a mapping that has at least these fields; a list in it has as many items as given."""
        return _Partial(expected)

    @staticmethod
    def exact(expected: object) -> Matcher:
        """Match a value that is equal, with no field more."""
        return _Exact(expected)

    @staticmethod
    def items(*expected: object) -> Matcher:
        """Match a list that has these items in this order, perhaps with others between them."""
        return _Items(expected)

    @staticmethod
    def any() -> Matcher:
        """Match any value but null and none at all."""
        return _Any()

    @staticmethod
    def absent() -> Matcher:
        """Match a field that is not there, or null."""
        return _Absent()

    @staticmethod
    def text(pattern: str) -> Matcher:
        """Match text in which a regular expression (`re.search`) is found.

        Args:
            pattern: The expression; `^` and `$` stand for the text's ends.
        """
        return _Text(re.compile(pattern))

    @staticmethod
    def not_(expected: object) -> Matcher:
        """Match whatever does not match that."""
        return _Not(expected)


def of(expected: object) -> Matcher:
    """Return a matcher for what a user gave: mappings and lists are matched in part."""
    return expected if isinstance(expected, Matcher) else _Partial(expected)


class _Partial(Matcher):
    def __init__(self, expected: object) -> None:
        self._expected = expected

    def _arguments(self) -> Sequence[object]:
        return (self._expected,)

    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        yield from _compared(self._expected, value, path, exact=False)


class _Exact(Matcher):
    def __init__(self, expected: object) -> None:
        self._expected = expected

    def _arguments(self) -> Sequence[object]:
        return (self._expected,)

    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        yield from _compared(self._expected, value, path, exact=True)


class _Items(Matcher):
    def __init__(self, expected: Sequence[object]) -> None:
        self._expected = expected

    def _arguments(self) -> Sequence[object]:
        return self._expected

    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        if not isinstance(value, list):
            yield _line(path, "a list", value)
            return
        found = iter(cast("list[Json]", value))
        for expected in self._expected:
            if not any(not list(of(expected).mismatches(item)) for item in found):
                yield _line(path, f"an item {described(expected)}", value)
                return


class _Any(Matcher):
    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        if value is ABSENT or value is None:
            yield _line(path, "any value", value)


class _Absent(Matcher):
    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        if value is not ABSENT and value is not None:
            yield _line(path, "none", value)


class _Text(Matcher):
    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    def _arguments(self) -> Sequence[object]:
        return (self._pattern.pattern,)

    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        if not isinstance(value, str) or not self._pattern.search(value):
            yield _line(path, f"text like {self._pattern.pattern!r}", value)


class _Not(Matcher):
    def __init__(self, expected: object) -> None:
        self._expected = expected

    def _arguments(self) -> Sequence[object]:
        return (self._expected,)

    def mismatches(self, value: Json, path: str = "") -> Iterator[str]:
        if not list(of(self._expected).mismatches(value, path)):
            yield _line(path, f"anything but {described(self._expected)}", value)


def described(expected: object) -> str:
    """Return how a message names what was expected."""
    return repr(expected) if isinstance(expected, Matcher) else shown(expected)


def _compared(expected: object, value: Json, path: str, *, exact: bool) -> Iterator[str]:
    if isinstance(expected, Matcher):
        yield from expected.mismatches(value, path)
    elif isinstance(expected, Mapping):
        wanted = cast("Mapping[str, object]", expected)
        if not isinstance(value, Mapping):
            yield _line(path, "an object", value)
            return
        found = cast("Mapping[str, Json]", value)
        for key, below in wanted.items():
            yield from _compared(below, found.get(key, ABSENT), joined(path, key), exact=exact)
        if exact:
            for key in found.keys() - wanted.keys():
                yield _line(joined(path, key), "none", found[key])
    elif isinstance(expected, list | tuple):
        items = cast("Sequence[object]", expected)
        if not isinstance(value, list):
            yield _line(path, "a list", value)
            return
        found_items = cast("list[Json]", value)
        if len(items) != len(found_items):
            yield f"{path}: expected {len(items)} items, found {len(found_items)}: {shown(found_items)}"
            return
        for index, (below, item) in enumerate(zip(items, found_items, strict=True)):
            yield from _compared(below, item, f"{path}[{index}]", exact=exact)
    elif differences.first(expected, value):
        yield _line(path, shown(expected), value)


def _line(path: str, expected: str, value: Json) -> str:
    return f"{path or '(all of it)'}: expected {expected}, found {shown(value)}"
