"""The order of a map's keys: that of go.yaml.in/yaml/v2 v2.4.4, sorter.go."""

import functools
from collections.abc import Iterable

from cdk8s_function.yaml.go_numbers import INT64


def in_order(keys: Iterable[str]) -> list[str]:
    """Return keys as people order them: `node2` before `node10`, letters after everything else."""
    keys = list(keys)
    if all(key.isascii() and key.isalpha() for key in keys):
        return sorted(keys)
    return sorted(keys, key=functools.cmp_to_key(_compare))


def _compare(first: str, second: str) -> int:
    index = next((index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if index is None:
        return len(first) - len(second)
    a, b = first[index], second[index]
    if a.isalpha() or b.isalpha():
        if a.isalpha() and b.isalpha():
            return ord(a) - ord(b)
        return -1 if b.isalpha() else 1
    lead = "0" in (a, b) and _follows_number(first, index)
    a_number, a_end = _number_at(first, index, lead=lead)
    b_number, b_end = _number_at(second, index, lead=lead)
    return (a_number - b_number) or (a_end - b_end) or (ord(a) - ord(b))


def _follows_number(key: str, index: int) -> bool:
    while index and key[index - 1].isdecimal():
        index -= 1
        if key[index] != "0":
            return True
    return False


def _number_at(key: str, index: int, *, lead: bool) -> tuple[int, int]:
    value = int(lead)
    while index < len(key) and key[index].isdecimal():
        value = value * 10 + ord(key[index]) - ord("0")
        index += 1
    # Go's int64 wraps around.
    return (value + INT64) % (2 * INT64) - INT64, index
