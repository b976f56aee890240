"""The outcome of a run, as tables: the cases, and what they measured."""

import json
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any

from suite.cases import Outcome


def text(outcomes: Sequence[Outcome], measured: pathlib.Path, *, left_out: Sequence[str]) -> str:
    """Return both tables, in Markdown.

    Args:
        outcomes: What came of each case that ran.
        measured: A line of JSON for each measurement, as client/probe.py prints it.
        left_out: Cases that were to run and did not.
    """
    lines = ["| case | outcome | seconds |", "|---|---|---:|"]
    lines += [
        f"| {each.name} | {'passed' if each.passed else '**failed**'} | {each.seconds:.0f} |" for each in outcomes
    ]
    lines += [f"| {name} | not run | |" for name in left_out]
    found = [json.loads(line) for line in measured.read_text(encoding="utf-8").splitlines()]
    lines += ["", "| measured | case | times | least | median | most |", "|---|---|---:|---:|---:|---:|"]
    lines += [_row(measure, case, found) for measure, case in _measures(found)]
    return "\n".join(lines) + "\n"


def _measures(found: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((each["measure"], each["case"]) for each in found if each["measure"]))


def _row(measure: str, case: str, found: Sequence[dict[str, Any]]) -> str:
    those = [each for each in found if (each["measure"], each["case"]) == (measure, case)]
    if "seconds" in those[0]:
        seconds = [each["seconds"] for each in those]
        figures = f"{min(seconds):.1f} s | {statistics.median(seconds):.1f} s | {max(seconds):.1f} s"
        return f"| {measure} | {case} | {len(seconds)} | {figures} |"
    last = those[-1]
    if "text" in last:
        return f"| {measure} | {case} | | | {last['text']} | |"
    quantiles = ", ".join(f"{name} {value:g} ms" for name, value in last["milliseconds"].items())
    rate = f", {last['qps']:.0f} queries/s" if "qps" in last else ""
    return f"| {measure} | {case} | | | {quantiles}{rate} | |"
