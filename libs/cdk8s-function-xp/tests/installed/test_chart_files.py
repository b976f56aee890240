"""A wheel's files, compared with what they were: replaced, written over, gone, or only compiled."""

import os
import pathlib
import sys
from collections.abc import Callable

import pytest
from cdk8s_function.installed.chart_files import ChartFiles
from cdk8s_function.protocol.messages import ChartRef

CHART = ChartRef(name="one", dist="swapped", version="1.0.0", target="swapped:Chart")


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Lay out a wheel as pip does, and put it on the path."""
    info = tmp_path / "swapped-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: swapped\nVersion: 1.0.0\n", encoding="utf-8")
    package = tmp_path / "swapped"
    package.mkdir()
    for name in ("__init__.py", "late.py"):
        (package / name).write_text("VERSION = 1\n", encoding="utf-8")
    (info / "RECORD").write_text(
        "swapped/__init__.py,sha256=a,12\nswapped/late.py,sha256=b,12\nswapped/__pycache__/late.pyc,,\n"
        "swapped-1.0.0.dist-info/METADATA,sha256=c,1\nswapped-1.0.0.dist-info/RECORD,,\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path


def replace(folder: pathlib.Path) -> None:
    """As pip does: a new file is put in place of the old one."""
    (folder / "new").write_text("VERSION = 2\n", encoding="utf-8")
    (folder / "new").replace(folder / "swapped/late.py")


def write_over(folder: pathlib.Path) -> None:
    """As cp does: the file stays and its content is another."""
    file = folder / "swapped/late.py"
    file.write_text("VERSION = 2\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))


def remove(folder: pathlib.Path) -> None:
    (folder / "swapped/late.py").unlink()


def remove_all(folder: pathlib.Path) -> None:
    for file in (folder / "swapped").iterdir():
        file.unlink()
    (folder / "swapped").rmdir()


def compile_one(folder: pathlib.Path) -> None:
    (folder / "swapped/__pycache__").mkdir()
    (folder / "swapped/__pycache__/late.pyc").touch()


@pytest.mark.parametrize(
    ("change", "seen", "seen_in_each"),
    [
        pytest.param(replace, True, True, id="a file put in place of another"),
        pytest.param(write_over, False, True, id="a file written over"),
        pytest.param(remove, True, True, id="a file that is gone"),
        pytest.param(remove_all, True, True, id="a package that is gone"),
        pytest.param(compile_one, False, False, id="what Python compiles"),
    ],
)
def test_what_is_done_to_a_wheels_files_is_seen(
    folder: pathlib.Path, change: Callable[[pathlib.Path], None], seen: bool, seen_in_each: bool
) -> None:
    files = ChartFiles(CHART)
    assert files.are_unchanged(each=False)
    assert files.are_unchanged(each=True)

    change(folder)

    assert files.are_unchanged(each=False) is not seen
    assert files.are_unchanged(each=True) is not seen_in_each


def test_a_wheel_that_is_not_there_has_no_files() -> None:
    files = ChartFiles(CHART)

    assert (files.record_digest, files.are_unchanged(each=True)) == ("", True)
