"""Which known name is suggested for one that is unknown."""

from collections.abc import Sequence

import pytest
from cdk8s_function import spelling

FIELDS = ("image", "imageTag", "replicas", "ports", "hostname")


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("replica", FIELDS, "replicas"),
        ("relpicas", FIELDS, "replicas"),
        ("image_tag", FIELDS, "imageTag"),
        ("IMAGE", FIELDS, "image"),
        ("host", FIELDS, "hostname"),
        ("imgae", FIELDS, "image"),
        ("port", FIELDS, "ports"),
        ("colour", FIELDS, None),
        ("nothing", ("printing",), None),
        ("", FIELDS, None),
        ("tll", ("ttl", "timeout"), "ttl"),
        ("web", ("wed", "wet", "wem"), "wed"),
        ("web", ("dns", "smtp"), None),
        ("sizes", ("sizez", "sizex"), "sizex"),
        ("sizes", (), None),
        ("r" * 65, ("r" * 64,), None),
        ("replicas", ("r" * 65, "replica"), "replica"),
    ],
)
def test_the_nearest_name_is_suggested_and_none_that_is_far(
    name: str, known: tuple[str, ...], found: str | None
) -> None:
    assert spelling.nearest(name, known) == found
    assert spelling.nearest(name, reversed(known)) == found
    assert spelling.hint(name, known) == (f' (did you mean "{found}"?)' if found else "")


CHARTS = ("api", "cache", "dns", "shop", "web-cache", "web-service", "worker")


@pytest.mark.parametrize(
    ("name", "known", "listed"),
    [
        ("web-cahce", CHARTS, "web-cache, cache, web-service, worker, api and 2 more"),
        ("zzz", CHARTS, "api, cache, dns, shop, web-cache and 2 more"),
        ("", ("b", "a"), "a, b"),
        ("WEB", ("wes", "wet", "web"), "web, wes, wet"),
        ("r" * 65, ("b", "a" * 65, "a"), f"a, {'a' * 65}, b"),
        (
            "name-299",
            [f"name-{number:03}" for number in range(300)],
            "name-029, name-099, name-129, name-199, name-002 and 295 more",
        ),
        ("a", (), ""),
    ],
)
def test_known_names_are_listed_with_the_most_like_first_and_not_all(
    name: str, known: Sequence[str], listed: str
) -> None:
    assert spelling.listed(name, known) == listed
    assert spelling.listed(name, reversed(known)) == listed
