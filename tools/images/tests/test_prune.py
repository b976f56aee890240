"""What the cache gives up, and that a build and a removal never meet in one entry."""

import os
import pathlib
import threading
import time

import pytest
from images import prune, store

DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
def cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A cache of the test's own."""
    monkeypatch.setenv("IMAGES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def built(name: str, *, size_bytes: int = 1, used_days_ago: float = 0) -> pathlib.Path:
    """Build an entry that was last used some time ago."""
    place = store.folder("layers", name, lambda work: (work / "file").write_bytes(b"x" * size_bytes))
    unused(place, used_days_ago)
    return place


def unused(place: pathlib.Path, days: float) -> None:
    then = time.time() - days * DAY_SECONDS
    os.utime(place.with_suffix(".lock"), (then, then))


def left(cache: pathlib.Path) -> list[str]:
    return sorted(path.name for path in (cache / "layers").iterdir())


def test_what_nothing_used_for_a_month_goes_with_its_lock(cache: pathlib.Path) -> None:
    built("old", used_days_ago=31)
    built("new", used_days_ago=29)

    prune.prune()

    assert left(cache) == ["new", "new.lock"]
    assert list((cache / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("limit_bytes", "expected"),
    [
        (600, ["a", "b", "c"]),
        (599, ["a", "b"]),
        (300, ["a", "b"]),
        (299, ["a"]),
        (0, ["a"]),
    ],
    ids=["all fits", "one is too much", "two fit", "another is too much", "what was used within two hours stays"],
)
def test_the_least_recently_used_of_what_is_too_much_goes(
    cache: pathlib.Path, limit_bytes: int, expected: list[str]
) -> None:
    for name, size_bytes, days in (("b", 200, 0.1), ("a", 100, 0.08), ("c", 300, 3)):
        built(name, size_bytes=size_bytes, used_days_ago=days)

    prune.prune(limit_bytes=limit_bytes)

    assert left(cache) == [each for name in expected for each in (name, f"{name}.lock")]


def test_a_use_counts_though_nothing_is_built(cache: pathlib.Path) -> None:
    place = built("used", used_days_ago=31)

    assert built("used") == place
    prune.prune()

    assert left(cache) == ["used", "used.lock"]


def test_what_a_killed_build_left_goes_after_two_hours(cache: pathlib.Path) -> None:
    for name, days in (("of-now", 0.08), ("of-before", 0.1)):
        folder = cache / "scratch" / name
        (folder / "below").mkdir(parents=True)
        then = time.time() - days * DAY_SECONDS
        os.utime(folder, (then, then))

    prune.prune()

    assert [path.name for path in (cache / "scratch").iterdir()] == ["of-now"]


def test_what_is_being_built_or_looked_at_is_left_alone(cache: pathlib.Path) -> None:
    place = built("held", used_days_ago=31)

    with store.locked(place.with_suffix(".lock")):
        prune.prune()

    assert left(cache) == ["held", "held.lock"]


def test_who_waited_for_a_lock_that_was_removed_builds_anew_under_the_next(cache: pathlib.Path) -> None:
    """Otherwise it and whoever comes later would hold two locks of one entry."""
    lock = built("entry", used_days_ago=31).with_suffix(".lock")
    waiting = threading.Thread(target=built, args=("entry",))

    with store.locked(lock):
        waiting.start()
        while waits(lock) < 2:
            assert waiting.is_alive()
        store.entry(lock).rename(cache / "gone")
        lock.unlink()
    waiting.join()

    assert left(cache) == ["entry", "entry.lock"]
    with store.locked(lock, wait=False):
        assert store.size_bytes(lock) == 1


def waits(lock: pathlib.Path) -> int:
    """Return how many files of this process are the lock."""
    return sum(os.path.realpath(each) == str(lock) for each in pathlib.Path("/proc/self/fd").iterdir())


def test_what_is_used_while_it_is_given_up_is_there(cache: pathlib.Path) -> None:
    lost: list[str] = []
    builds: list[str] = []

    def build(work: pathlib.Path) -> None:
        (work / "file").write_bytes(b"x")
        builds.append("one")

    def use(name: str) -> None:
        for _ in range(30):
            place = store.folder("layers", name, build)
            if not (place / "file").exists():
                lost.append(name)
            unused(place, 31)
            prune.prune()
        store.folder("layers", name, build)

    users = [threading.Thread(target=use, args=(name,)) for name in "012"]
    for user in users:
        user.start()
    for user in users:
        user.join()

    assert lost == []
    assert len(builds) > len(users)
    assert left(cache) == [each for name in "012" for each in (name, f"{name}.lock")]
