"""Both kernels answer ten thousand random construct programs with the same bytes, none of them seen before."""

import pathlib
import random
import subprocess
import sys

DIFFERENTIAL = pathlib.Path(__file__).parents[1] / "kernel" / "native" / "differential.py"
PROGRAMS = 10_000


def test_ten_thousand_random_programs_get_the_same_answers_from_both_kernels() -> None:
    seed = random.SystemRandom().randrange(1_000_000_000)
    command = [sys.executable, DIFFERENTIAL, "--programs", str(PROGRAMS), "--seed", str(seed)]

    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)

    assert done.returncode == 0, f"from seed {seed}:\n{done.stdout}"
