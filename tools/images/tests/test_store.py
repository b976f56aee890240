"""What the store of built files leaves behind."""

import pathlib

import pytest
from images import store


def test_a_file_that_can_not_be_written_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    (tmp_path / "list").mkdir()

    with pytest.raises(IsADirectoryError):
        store.write(tmp_path / "list", b"content")

    assert list(tmp_path.iterdir()) == [tmp_path / "list"]


def test_a_file_is_written_for_all_to_read(tmp_path: pathlib.Path) -> None:
    store.write(tmp_path / "a" / "list", b"content")

    assert (tmp_path / "a" / "list").read_bytes() == b"content"
    assert (tmp_path / "a" / "list").stat().st_mode & 0o777 == 0o644
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a" / "list"]
