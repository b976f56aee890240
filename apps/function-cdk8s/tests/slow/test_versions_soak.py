"""The soak of many versions in short: 24 environments of their own, and four workers."""

import os
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).parents[2] / "bench"


def test_no_response_is_of_another_version_with_far_fewer_workers_than_versions(tmp_path: pathlib.Path) -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "function_bench",
            "versions",
            "--reconciles=60",
            "--seed=7",
            f"--reports={tmp_path}",
        ],
        env={**os.environ, "PYTHONPATH": str(BENCH)},
        text=True,
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr + ran.stdout
    lines = ran.stdout.splitlines()
    assert "| answered | 60 |" in lines
    assert "| violations | 0 |" in lines
