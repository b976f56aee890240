"""The command line: what bench/run, bench/soak and bench/versions do."""

import dataclasses
import json
import pathlib
import secrets
from collections.abc import Sequence
from typing import Any

import click

from function_bench import floor, processes, report, runs, two_servers
from function_bench import overload as overloads
from function_bench import versions as side_by_side
from function_bench.chaos import report as chaos_report
from function_bench.chaos import run as chaos
from function_bench.contenders import WORKSPACE, contenders, steps
from function_bench.results import Results

_NOT_NEGATIVE, _POSITIVE = click.IntRange(min=0), click.IntRange(min=1)
_reports = click.option(
    "--reports",
    type=click.Path(path_type=pathlib.Path, file_okay=False),
    default=WORKSPACE / "reports",
    show_default="reports/",
    help="Folder for what is printed, and more.",
)


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Measure and disturb function-cdk8s on the loopback interface."""


@main.command
@click.option("--rounds", type=_NOT_NEGATIVE, default=5, help="Rounds in which they take turns.")
@click.option("--requests", type=click.IntRange(min=10), default=200, help="Requests a loop sends.")
@click.option("--soak", type=_NOT_NEGATIVE, default=0, help="Requests of the long run; 0 for none.")
@click.option("--scale", type=_NOT_NEGATIVE, default=0, help="XRs of the run at scale; 0 for none.")
@click.option("--steps", "taken_back", is_flag=True, help="Measure function-cdk8s without each of its steps too.")
@click.option("--overload", type=_NOT_NEGATIVE, default=0, help="Seconds of each overload, and nothing else.")
@click.option(
    "--floor",
    "bare",
    is_flag=True,
    help="Measure what a bare call costs, and what two servers do at once, and nothing else.",
)
@_reports
def measure(*, overload: int, bare: bool, reports: pathlib.Path, **chosen: Any) -> None:
    """Measure function-cdk8s beside naive in-process cdk8s and function-pythonic, in one run."""
    if bare:
        click.echo(f"{floor.measure()}\n\n{two_servers.measure()}")
        return
    if overload:
        click.echo(overloads.measure(overload))
        return
    results = _results(**chosen)
    _print(reports, "bench.md", report.markdown(results))
    (reports / "bench.json").write_text(json.dumps(dataclasses.asdict(results), indent=1), encoding="utf-8")
    if results.soaks:
        from function_bench import plot  # matplotlib is large.

        (reports / "bench.svg").write_text(plot.svg(results), encoding="utf-8")


def _results(*, taken_back: bool, **settings: int) -> Results:
    chosen = contenders()
    versions = {each.inputs: each.versions() for each in chosen}
    if "function-pythonic" not in versions:
        versions["function-pythonic"] = "not measured: it needs Python 3.12 or newer, and none was found"
    measured = [*chosen, *(steps(chosen[0]) if taken_back else [])]
    titles = {each.name: each.title for each in measured}
    results = Results(machine={**processes.machine(), **versions}, settings=settings, titles=titles)
    runs.rounds(measured, results, settings["requests"])
    if settings["soak"]:
        results.soaks = [runs.soak(each, settings["soak"]) for each in chosen]
    if settings["scale"]:
        results.scales = [run for each in chosen for run in runs.scale(each, settings["scale"])]
    return results


def _print(folder: pathlib.Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    click.echo(text)


@main.command
@click.option("--reconciles", type=_POSITIVE, default=20_000, help="Reconciles that are to be answered.")
@click.option("--workers", type=_POSITIVE, default=4, help="Workers of the function.")
@click.option("--every", "every_seconds", type=click.FloatRange(min=0.1), default=2.0, help="Seconds between faults.")
@click.option("--rounds", type=_NOT_NEGATIVE, default=1, help="How often each fault strikes at least.")
@click.option("--patient", is_flag=True, help="Strike only once the function has answered since the last fault.")
@click.option("--timeout", "timeout_seconds", type=_POSITIVE, default=10, help="The function input's, in seconds.")
@click.option("--seed", type=_NOT_NEGATIVE, show_default="another each time", help="Repeats a run.")
@_reports
def disturb(*, seed: int | None, reports: pathlib.Path, **settings: Any) -> None:
    """Reconcile XRs while the function's processes are killed, stopped and starved. Exits with 1 on a violation."""
    made = chaos.Settings(seed=_told(seed), **settings)
    run = chaos.run(made, log=_log(reports, "soak"), say=_say)
    _end(reports, "soak", chaos_report.markdown(run), run.violations)


@main.command
@click.option("--reconciles", type=_POSITIVE, default=10_000, help="Reconciles that are to be answered.")
@click.option("--versions", type=_POSITIVE, default=8, help="Versions of each of three charts.")
@click.option("--workers", type=_POSITIVE, default=4, help="Workers of the function.")
@click.option("--callers", type=_POSITIVE, default=24, help="How many reconciles are on their way at a time.")
@click.option("--seed", type=_NOT_NEGATIVE, show_default="another each time", help="Repeats a run.")
@_reports
def versions(*, seed: int | None, reports: pathlib.Path, **settings: Any) -> None:
    """Reconcile XRs of charts in many versions, side by side. Exits with 1 on a violation."""
    made = side_by_side.Settings(seed=_told(seed), **settings)
    run = side_by_side.run(made, log=_log(reports, "versions"), say=_say)
    _end(reports, "versions", side_by_side.markdown(run), run.violations)


def _told(seed: int | None) -> int:
    """Return the seed of a run, another each time if none is given, and tell it before the run begins."""
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    _say(f"seed {chosen}")
    return chosen


def _say(line: str) -> None:
    click.echo(line, err=True)


def _log(reports: pathlib.Path, name: str) -> pathlib.Path:
    reports.mkdir(parents=True, exist_ok=True)
    return reports / f"{name}.log"


def _end(reports: pathlib.Path, name: str, text: str, violations: Sequence[str]) -> None:
    _print(reports, f"{name}.md", text)
    if violations:
        raise click.exceptions.Exit(1)
