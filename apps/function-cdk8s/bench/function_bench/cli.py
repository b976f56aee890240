"""The command line: what bench/run and bench/soak do."""

import dataclasses
import json
import pathlib
import secrets
import subprocess
from collections.abc import Callable
from typing import Any, TypeVar

import click

from function_bench import overload as overloads
from function_bench import processes, report, runs
from function_bench.chaos import report as chaos_report
from function_bench.chaos import run as chaos
from function_bench.contenders import NAMES, WORKSPACE, contenders
from function_bench.results import Results, checked

_NOT_NEGATIVE, _POSITIVE = click.IntRange(min=0), click.IntRange(min=1)
Command = TypeVar("Command", bound=Callable[..., Any])


def _reports(files: str) -> Callable[[Command], Command]:
    return click.option(
        "--reports",
        type=click.Path(path_type=pathlib.Path, file_okay=False),
        default=WORKSPACE / "reports",
        show_default="reports/",
        help=f"Folder for {files}.",
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
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Measure this contender only.")
@click.option("--check", is_flag=True, help="Exit with status 1 if a budget that was measured is not held.")
@click.option("--python", help="Interpreter that every contender runs on.")
@_reports("bench.md, bench.json and bench.svg, the long run's plot")
def measure(*, overload: int, check: bool, reports: pathlib.Path, **chosen: Any) -> None:
    """Measure function-cdk8s beside naive in-process cdk8s and function-pythonic, in one run."""
    if overload:
        loads = overloads.goodput(overload)
        click.echo(overloads.markdown(loads))
        broken = [] if overloads.held(loads) else ["goodput under overload"]
    else:
        results = _results(**chosen)
        text = report.markdown(results)
        _write(reports, text, results)
        click.echo(text)
        broken = [name for name, *_, held in checked(results) if held.startswith("**")]
    if check and broken:
        msg = f"not held: {', '.join(broken)}"
        raise click.ClickException(msg)


def _results(*, taken_back: bool, only: tuple[str, ...], python: str | None, **settings: int) -> Results:
    try:
        chosen = [each for each in contenders(python) if each.name in (only or NAMES)]
    except subprocess.CalledProcessError as error:
        msg = f"the contenders could not be installed: {error}"
        raise click.ClickException(msg) from error
    versions = {each.inputs: each.versions() for each in chosen}
    if "function-pythonic" not in versions and not only:
        versions["function-pythonic"] = "not measured: it needs Python 3.12 or newer, and none was found"
    titles = {each.name: each.title for each in chosen}
    results = Results(machine={**processes.machine(), **versions}, settings=settings, titles=titles)
    runs.rounds(chosen, results, settings["requests"])
    if taken_back:
        results.steps = runs.steps(chosen[0], settings)
    if settings["soak"]:
        results.soaks = [runs.soak(each, settings["soak"]) for each in chosen]
    if settings["scale"]:
        results.scales = [run for each in chosen for run in runs.scale(each, settings["scale"])]
    return results


def _write(folder: pathlib.Path, text: str, results: Results) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(text, encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(dataclasses.asdict(results), indent=1), encoding="utf-8")
    if results.soaks:
        from function_bench import plot  # matplotlib is large.

        (folder / "bench.svg").write_text(plot.svg(results), encoding="utf-8")


@main.command
@click.option("--reconciles", type=_POSITIVE, default=20_000, help="Reconciles that are to be answered.")
@click.option("--callers", type=_POSITIVE, default=8, help="Calls that are on their way at a time.")
@click.option("--workers", type=_POSITIVE, default=4, help="Workers of the function.")
@click.option("--every", "every_seconds", type=click.FloatRange(min=0.1), default=2.0, help="Seconds between faults.")
@click.option("--rounds", type=_NOT_NEGATIVE, default=1, help="How often each fault strikes at least.")
@click.option("--patient", is_flag=True, help="Strike only once the function has answered since the last fault.")
@click.option("--timeout", "timeout_seconds", type=_POSITIVE, default=10, help="The function input's, in seconds.")
@click.option("--seed", type=_NOT_NEGATIVE, show_default="another each time", help="Repeats a run.")
@_reports("soak.md, soak.json and soak.log, the function's")
def disturb(*, seed: int | None, reports: pathlib.Path, **settings: Any) -> None:
    """Reconcile XRs while the function's processes are killed, stopped and starved. Exits with 1 on a violation."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    made = chaos.Settings(seed=seed, **settings)
    reports.mkdir(parents=True, exist_ok=True)
    run = chaos.run(made, log=reports / "soak.log", say=lambda line: click.echo(line, err=True))
    text = chaos_report.markdown(run)
    (reports / "soak.md").write_text(text, encoding="utf-8")
    (reports / "soak.json").write_text(json.dumps(chaos_report.plain(run), indent=1), encoding="utf-8")
    click.echo(text)
    if run.violations:
        raise click.exceptions.Exit(1)
