"""Which known name is suggested for one that is unknown."""

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
