"""Node.js answers what the tables of `tests/kernel/native` say, one process for all of them."""

import pathlib
import re
import subprocess
import sys

TABLES = pathlib.Path(__file__).parents[1] / "kernel" / "native" / "tables.py"


def test_node_returns_the_values_of_the_tables() -> None:
    done = subprocess.run([sys.executable, TABLES], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"[1-9]\d\d+ cases: 0 different\n", done.stdout)
