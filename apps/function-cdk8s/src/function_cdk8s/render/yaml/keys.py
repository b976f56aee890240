"""The order of a map's keys: that of go.yaml.in/yaml/v2 v2.4.4, sorter.go."""

import functools
from collections.abc import Iterable

from function_cdk8s.render.yaml.go_numbers import INT64


def in_order(keys: Iterable[str]) -> list[str]:
    """Return keys as people order them: `node2` before `node10`, letters after everything else."""
    keys = list(keys)
    if all(key.isascii() and key.isalpha() for key in keys):
        return sorted(keys)
    return sorted(keys, key=functools.cmp_to_key(_compare))


def _compare(first: str, second: str) -> int:
    place = next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if place is None:
        return len(first) - len(second)
    a, b = first[place], second[place]
    if a.isalpha() or b.isalpha():
        if a.isalpha() and b.isalpha():
            return ord(a) - ord(b)
        return -1 if b.isalpha() else 1
    lead = "0" in (a, b) and _follows_number(first, place)
    a_number, a_end = _number_at(first, place, lead=lead)
    b_number, b_end = _number_at(second, place, lead=lead)
    return (a_number - b_number) or (a_end - b_end) or (ord(a) - ord(b))


def _follows_number(key: str, place: int) -> bool:
    while place and key[place - 1].isdecimal():
        place -= 1
        if key[place] != "0":
            return True
    return False


def _number_at(key: str, place: int, *, lead: bool) -> tuple[int, int]:
    value = int(lead)
    while place < len(key) and key[place].isdecimal():
        value = value * 10 + ord(key[place]) - ord("0")
        place += 1
    # Go's int64 wraps around.
    return (value + INT64) % (2 * INT64) - INT64, place
