"""Flat folders of charts that appear and go: each is taken whole, and with what agrees with it."""

import importlib.metadata
import pathlib
import shutil
from collections.abc import Iterable

import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.installed.environments import Environments
from fixture_charts import versions


def flat(
    charts: pathlib.Path, name: str, version: str = "1.0.0", *, pins: str = "1.0", dist: str = "greetings"
) -> None:
    """Lay out a flat folder with a chart and the library that it pins."""
    whole = versions.install_greetings(charts.parent / f"of-{name}", version, pins=pins, dist=dist)
    shutil.copytree(whole, charts / name)


@pytest.fixture
def charts(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "charts"


def here(found: registry.Registry) -> list[str]:
    return [f"{chart.dist} {chart.version}" for chart in found.charts if chart.dist in ("greetings", "toasts")]


def test_a_folder_is_taken_up_and_let_go_and_what_is_installed_stays(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    before = environments.look()
    flat(charts, "any-name")

    found = environments.look()

    assert here(found) == ["greetings 1.0.0"]
    assert environments.flat == (str(charts / "any-name"),)
    (environment,) = found.environments
    assert environment == found.require("good").environment == found.require("greeting").environment
    assert environment.behind == str(charts / "any-name")
    assert environments.look() == found
    shutil.rmtree(charts / "any-name")
    assert environments.look() == before
    assert environments.flat == ()


def test_a_folder_whose_wheel_is_being_replaced_is_no_unknown_one(charts: pathlib.Path) -> None:
    """Pip removes the metadata of the old wheel first."""
    environments = Environments(charts)
    flat(charts, "a")
    environments.look()
    metadata = charts / "a/greetings-1.0.0.dist-info"
    metadata.rename(charts.parent / "kept")
    (charts / "a/shared_words-1.0.dist-info").rename(charts.parent / "kept too")

    with pytest.raises(FatalError, match=r"greetings 1\.0\.0 can't be used: it was removed, or is being replaced$"):
        environments.look().require("greeting")

    (charts.parent / "kept").rename(metadata)
    (charts.parent / "kept too").rename(charts / "a/shared_words-1.0.dist-info")
    assert here(environments.look()) == ["greetings 1.0.0"]


def test_a_folder_that_keeps_no_wheel_is_forgotten(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    before = environments.look()
    flat(charts, "a")
    environments.look()
    for metadata in (charts / "a").glob("*.dist-info"):
        shutil.rmtree(metadata)

    assert [each.dist for each in environments.look().unusable] == ["greetings"]
    assert environments.look() == before


def test_other_content_is_another_environment(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    flat(charts, "a")
    one = environments.look().environments
    shutil.rmtree(charts / "a")
    flat(charts, "a", "1.0.1")

    assert environments.look().environments != one


def test_the_folder_of_folders_may_be_one_itself(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    versions.install_greetings(charts, "2.0.0", pins="2.0", dist="toasts")
    whole = versions.install_greetings(charts.parent / "more", "1.0.0", pins="1.0")
    shutil.copytree(whole, charts, dirs_exist_ok=True)

    assert here(environments.look()) == ["greetings 1.0.0", "toasts 2.0.0"]


def test_a_folder_that_is_being_copied_is_left_out_until_it_is_whole(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    flat(charts, "a")
    late = charts / "a/greetings/late.py"
    text = late.read_text()
    late.unlink()

    found = environments.look()

    assert here(found) == []
    assert environments.flat == ()
    with pytest.raises(FatalError) as caught:
        found.require("greeting")
    assert str(caught.value).endswith(f"; greetings 1.0.0 can't be used: {late} is missing")
    late.write_text(text[:-1])
    assert [each.reason for each in environments.look().unusable] == [
        f"{late} is not the file that its wheel's RECORD tells of"
    ]
    late.write_text(text)
    assert here(environments.look()) == ["greetings 1.0.0"]


def test_a_folder_that_changes_while_it_is_read_is_read_again(
    charts: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat(charts, "a")
    record = charts / "a/greetings-1.0.0.dist-info/RECORD"
    of_content = registry.content_digest

    def truncate(wheels: Iterable[importlib.metadata.Distribution]) -> str:
        digest = of_content(wheels)
        record.write_bytes(record.read_bytes()[:-1])
        return digest

    monkeypatch.setattr(registry, "content_digest", truncate)
    environments = Environments(charts)

    with pytest.raises(FatalError, match=r"greetings 1\.0\.0 can't be used: its files change just now$"):
        environments.look().require("greeting")

    with pytest.raises(FatalError, match=r"the RECORD of wheel greetings 1\.0\.0 in \S+ ends within a line$"):
        environments.look().require("greeting")


def test_a_folder_that_contradicts_one_in_use_is_left_out(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    flat(charts, "b")
    before = environments.look()
    flat(charts, "a", "2.0.0", pins="2.0")

    found = environments.look()

    assert found.charts == before.charts
    assert [(each.dist, each.version) for each in found.unusable] == [("greetings", "2.0.0")]
    assert found.unusable[0].reason.startswith("the installed charts contradict each other: ")
    shutil.rmtree(charts / "b")
    assert here(environments.look()) == ["greetings 2.0.0"]


def test_a_folder_may_need_what_is_in_another_one(charts: pathlib.Path) -> None:
    environments = Environments(charts)
    flat(charts, "a")
    library = charts / "z"
    library.mkdir()
    for part in ("shared_words.py", "shared_words-1.0.dist-info"):
        (charts / "a" / part).rename(library / part)
    assert here(environments.look()) == ["greetings 1.0.0"]
    flat(charts, "b", "2.0.0", pins="2.0", dist="toasts")

    assert here(environments.look()) == ["greetings 1.0.0"]
    assert [each.dist for each in environments.look().unusable] == ["toasts"]
