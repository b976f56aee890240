"""Bytecode is made of an image's own files."""

import pathlib
import shutil
import sys

import pytest
from images import bytecode, resolved, tree, workspace


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("dpkg-deb"), reason="images are built on Linux, with dpkg-deb"
)
def test_a_link_out_of_the_image_is_not_followed(tmp_path: pathlib.Path) -> None:
    """Debian's sitecustomize.py is a link into /etc, and this host may have a file there, or none."""
    (tmp_path / "hosts.py").write_text("of = 'this host'\n", encoding="utf-8")
    files = tree.Tree()
    files.link("linked.py", str(tmp_path / "hosts.py"))
    files.file("own.py", "of = 'the image'\n")

    bytecode.compile_below(
        files, "", where="/x", interpreter=resolved.files("function-cdk8s", workspace.architecture())
    )

    assert sorted(files.paths()) == ["__pycache__/own.cpython-313.pyc", "linked.py", "own.py"]
