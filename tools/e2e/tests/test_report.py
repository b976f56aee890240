"""The report of a run: cases, and what they measured."""

import json
import pathlib

from suite import report
from suite.cases import Outcome

LOG = pathlib.Path("case.log")

MEASURED = [
    {"case": "04-dns-test", "measure": "", "seconds": 1.0},
    {"case": "10-discovery", "measure": "discovery", "seconds": 6.0},
    {"case": "10-discovery", "measure": "discovery", "seconds": 5.0},
    {"case": "10-discovery", "measure": "discovery", "seconds": 9.0},
    {"case": "20-hundred-ingresses", "measure": "load", "qps": 1999, "milliseconds": {"p50": 0.044, "p99": 2.687}},
    {"case": "76-replicas", "measure": "two replicas", "text": "40 calls, 97 % hits; 41 calls, 95 % hits"},
]

REPORT = """\
| case | outcome | seconds |
|---|---|---:|
| 04-dns-test | passed | 15 |
| 10-discovery | **failed** | 35 |
| 20-hundred-ingresses | not run | |

| measured | case | times | least | median | most |
|---|---|---:|---:|---:|---:|
| discovery | 10-discovery | 3 | 5.0 s | 6.0 s | 9.0 s |
| load | 20-hundred-ingresses | | | p50 0.044 ms, p99 2.687 ms, 1999 queries/s | |
| two replicas | 76-replicas | | | 40 calls, 97 % hits; 41 calls, 95 % hits | |
"""


def test_a_report_has_every_case_and_every_named_measure(tmp_path: pathlib.Path) -> None:
    measured = tmp_path / "measured.jsonl"
    measured.write_text("".join(f"{json.dumps(each)}\n" for each in MEASURED), encoding="utf-8")
    outcomes = [
        Outcome(name="04-dns-test", passed=True, seconds=15.2, log=LOG),
        Outcome(name="10-discovery", passed=False, seconds=35.0, log=LOG),
    ]

    assert report.text(outcomes, measured, left_out=["20-hundred-ingresses"]) == REPORT
