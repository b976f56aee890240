"""How soon charts are taken up whose folders appear while the function serves."""

import pathlib
import queue
from collections.abc import Iterable

import pytest
from cdk8s_function.installed.environments import Environments
from cdk8s_function.installed.registry import Registry
from cdk8s_function.server import chart_watch
from fixture_charts import versions

SECONDS = 60

TAKE_UP_SECONDS = 10
"""Until a folder that has appeared is served, at most (docs/explanation/versions.md)."""


def test_a_copy_that_just_misses_one_look_leaves_half_of_the_time_for_a_workers_start() -> None:
    assert 2 * chart_watch.LOOK_SECONDS <= TAKE_UP_SECONDS / 2


def test_a_folder_of_folders_that_was_not_there_is_looked_into(tmp_path: pathlib.Path) -> None:
    told = queue.SimpleQueue[Registry]()
    watch = chart_watch.ChartWatch(tmp_path / "charts")
    watch.listeners.append(told.put)

    with watch:
        versions.install_greetings(tmp_path / "charts", "1.0.0", pins="1.0")
        watch.look_again(tmp_path / "charts/greetings/1.0.0")
        found = told.get(timeout=SECONDS)

    assert found.require("greeting").version == "1.0.0"
    assert watch.charts == found


def test_each_listener_is_told_after_one_has_failed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_watch, "LOOK_SECONDS", 0.01)
    told = queue.SimpleQueue[Registry]()
    failures = iter([OSError()])

    def fail_once(_: Registry) -> None:
        for failure in failures:
            raise failure

    watch = chart_watch.ChartWatch(tmp_path)
    watch.listeners += [fail_once, told.put]

    with watch:
        versions.install_greetings(tmp_path, "1.0.0", pins="1.0")
        found = told.get(timeout=SECONDS)

    assert found.require("greeting").version == "1.0.0"
    assert watch.charts == found


def test_a_folder_is_read_again_after_a_look_has_failed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_watch, "LOOK_SECONDS", 0.01)
    versions.install_greetings(tmp_path, "1.0.0", pins="1.0")
    told = queue.SimpleQueue[Registry]()
    watch = chart_watch.ChartWatch(tmp_path)
    watch.listeners.append(told.put)
    asked: list[set[pathlib.Path]] = []
    look = Environments.look

    def fail_once(self: Environments, *, again: Iterable[pathlib.Path] = ()) -> Registry:
        if again := set(again):
            asked.append(again)
            if len(asked) == 1:
                raise OSError
        return look(self, again=again)

    monkeypatch.setattr(Environments, "look", fail_once)
    folder = tmp_path / "greetings/1.0.0"
    with watch:
        watch.look_again(folder)
        found = told.get(timeout=SECONDS)

    assert asked == [{folder}, {folder}]
    assert found == watch.charts
