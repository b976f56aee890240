"""The chaos soak in short."""

import os
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).parents[2] / "bench"


def table(text: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the table that begins with a heading, by their first cell."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            break
    next(lines)
    rows: dict[str, list[str]] = {}
    for line in lines:
        if not line:
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = cells
    return rows


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
    text = (tmp_path / "soak.md").read_text(encoding="utf-8")
    outcomes = {outcome: int(count.replace(",", "")) for outcome, (count,) in table(text, "outcome").items()}
    assert outcomes.keys() == {"answered", "UNAVAILABLE", "DEADLINE_EXCEEDED", "violations"}
    assert outcomes["answered"] >= 200
    assert outcomes["violations"] == 0
    faults = table(text, "fault")
    assert faults.keys() == {
        *(f"{role} {done}" for role in ("worker", "Node.js", "server") for done in ("killed", "paused")),
        *(f"{role} {done}" for role in ("worker", "Node.js") for done in ("stopped", "starved by RLIMIT_DATA")),
        "all",
    }
    for kind, (struck, *recovery) in faults.items():
        assert int(struck) >= 2, kind
        assert all(recovery), kind
