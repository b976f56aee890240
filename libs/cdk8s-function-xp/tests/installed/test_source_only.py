"""Bytecode that lies in a folder is not what its modules are imported from."""

import importlib.util
import marshal
import pathlib
import subprocess
import sys

import pytest

SHOWN = """
import sys
from cdk8s_function.installed import source_only
folder, use = sys.argv[1:]
if use:
    source_only.use(folder)
sys.path.insert(0, folder)
import single, package.inner
print(single.VALUE, package.inner.VALUE)
"""


@pytest.mark.parametrize(
    ("use", "want"),
    [pytest.param("yes", "source source", id="the source alone"), pytest.param("", "other other", id="as Python does")],
)
def test_modules_below_the_folder_are_imported_from_their_source(tmp_path: pathlib.Path, use: str, want: str) -> None:
    for module in ("single.py", "package/__init__.py", "package/inner.py"):
        file = tmp_path / module
        file.parent.mkdir(exist_ok=True)
        file.write_text('VALUE = "source"\n')
        cached = pathlib.Path(importlib.util.cache_from_source(str(file)))
        cached.parent.mkdir(exist_ok=True)
        # PEP 552: with a hash, unchecked.
        head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
        cached.write_bytes(head + marshal.dumps(compile('VALUE = "other"', module, "exec")))

    done = subprocess.run(
        [sys.executable, "-P", "-c", SHOWN, str(tmp_path), use], capture_output=True, text=True, check=False
    )

    assert done.stdout == f"{want}\n", done.stderr
