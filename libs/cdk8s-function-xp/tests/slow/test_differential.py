"""Both kernels return the same bytes for ten thousand random construct programs."""

import pathlib
import re
import subprocess
import sys

DIFFERENTIAL = pathlib.Path(__file__).parents[1] / "kernel" / "native" / "differential.py"
PROGRAMS = 10_000
FIRST = 1_000_000
"""Fixed, so that a failure belongs to the change it is found with. `differential.py --seed` explores others."""


def test_both_kernels_return_the_same_for_ten_thousand_random_programs() -> None:
    command = [sys.executable, DIFFERENTIAL, "--programs", str(PROGRAMS), "--seed", str(FIRST)]

    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    assert done.returncode == 0, done.stdout
    [needless] = re.findall(
        rf"^{PROGRAMS} programs: 0 different \[\], .* of these (\d+) though Node", done.stdout, re.MULTILINE
    )
    assert int(needless) <= 0.05 * PROGRAMS
