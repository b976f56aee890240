"""The attacks in short."""

import os
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).parents[2]


def test_no_attack_gets_a_wrong_response_or_a_lost_server() -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "function_attacks", "--short", "--requests=300", "--seed=7"],
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'attacks'}:{PROJECT / 'bench'}"},
        text=True,
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr + ran.stdout
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in ran.stdout.splitlines()[2:]]
    attacks = ["fuzz", "slow clients", "overload", "replaced files", "hostile charts"]
    assert [(row[0], row[-1]) for row in rows] == [(attack, "0") for attack in attacks]
    assert rows[0][1] == "300"
