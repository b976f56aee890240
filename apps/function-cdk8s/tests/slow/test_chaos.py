"""The chaos soak in short."""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

BENCH = pathlib.Path(__file__).parents[2] / "bench"


def test_no_answer_is_wrong_while_processes_are_killed_stopped_and_starved(tmp_path: pathlib.Path) -> None:
    short = ("--reconciles=200", "--every=0.5", "--rounds=2", "--patient", "--timeout=10", "--workers=3", "--seed=7")
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "function_bench", "disturb", *short, f"--reports={tmp_path}"],
        env={**os.environ, "PYTHONPATH": str(BENCH)},
        text=True,
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr + ran.stdout
    run: dict[str, Any] = json.loads((tmp_path / "soak.json").read_text(encoding="utf-8"))
    assert run["violations"] == []
    assert run["outcomes"].keys() <= {"answered", "UNAVAILABLE", "DEADLINE_EXCEEDED"}
    assert run["outcomes"]["answered"] >= 200
    kinds = [fault["kind"] for fault in run["faults"]]
    expected = {
        *(f"{role} {done}" for role in ("worker", "Node.js", "server") for done in ("killed", "paused")),
        *(f"{role} {done}" for role in ("worker", "Node.js") for done in ("stopped", "starved by RLIMIT_DATA")),
    }
    if not run["skipped"]:
        expected |= {f"{role} starved by cgroup" for role in ("worker", "Node.js", "server")}
    assert {kind: kinds.count(kind) >= 2 for kind in kinds} == dict.fromkeys(expected, True)
    assert {recovery["kind"] for recovery in run["recoveries"]} == expected
