"""The command line of the benchmark."""

import dataclasses
import json
import pathlib
import subprocess

import click

from function_bench import (
    budgets,
    client,
    contenders,
    environments,
    machine,
    plot,
    report,
    rounds,
    scale,
    soak,
    steps,
)
from function_bench import overload as overloads
from function_bench.contenders import Contender
from function_bench.figures import Results

_REPORTS = environments.WORKSPACE / "reports"


@click.command(context_settings={"show_default": True})
@click.option("--rounds", "turns", type=click.IntRange(min=0), default=5, help="Rounds in which they take turns.")
@click.option("--requests", type=click.IntRange(min=10), default=200, help="Requests a loop sends.")
@click.option("--soak", "long_run", type=click.IntRange(min=0), default=0, help="Requests of the long run; 0 for none.")
@click.option("--scale", "many", type=click.IntRange(min=0), default=0, help="XRs of the run at scale; 0 for none.")
@click.option("--steps", "taken_back", is_flag=True, help="Measure function-cdk8s without each of its steps too.")
@click.option("--overload", type=click.IntRange(min=0), default=0, help="Seconds of each overload, and nothing else.")
@click.option("--only", multiple=True, type=click.Choice(contenders.NAMES), help="Measure this contender only.")
@click.option("--check", is_flag=True, help="Exit with status 1 if a budget that was measured is not held.")
@click.option("--python", type=click.Path(path_type=pathlib.Path), help="Interpreter that every contender runs on.")
@click.option(
    "--reports",
    type=click.Path(path_type=pathlib.Path, file_okay=False),
    default=_REPORTS,
    show_default="reports/",
    help="Folder for bench.md, bench.json and bench.svg, the long run's plot.",
)
def main(
    *,
    turns: int,
    requests: int,
    long_run: int,
    many: int,
    taken_back: bool,
    overload: int,
    only: tuple[str, ...],
    check: bool,
    python: pathlib.Path | None,
    reports: pathlib.Path,
) -> None:
    """Measure function-cdk8s beside naive in-process cdk8s and function-pythonic, in one run."""
    if overload:
        rows = overloads.run(overload)
        click.echo(overloads.markdown(rows))
        if check and not overloads.held(rows):
            msg = "goodput falls under overload"
            raise click.ClickException(msg)
        return
    results = Results(
        machine=machine.describe(),
        settings={"rounds": turns, "requests": requests, "soak": long_run, "scale": many},
        versions={},
        titles={},
    )
    chosen = _contenders(python or environments.interpreter(), only or contenders.NAMES, results)
    if turns:
        results.rounds = rounds.run(chosen, rounds=turns, count=requests)
    if taken_back:
        results.steps = steps.run(chosen[0], turns=turns or 1, count=requests)
    with client.started() as caller:
        if long_run:
            results.soaks = soak.run(chosen, caller, count=long_run)
        if many:
            results.scales = scale.run(chosen, caller, xrs=many)
    text = report.markdown(results)
    _write(reports, text, results)
    click.echo(text)
    broken = [budget for budget in budgets.of(results) if budget.held is False]
    if check and broken:
        msg = f"{len(broken)} budgets are not held"
        raise click.ClickException(msg)


def _contenders(python: pathlib.Path, names: tuple[str, ...], results: Results) -> list[Contender]:
    try:
        ours = environments.function_cdk8s(python)
        made = [contenders.cdk8s(ours, 1), contenders.cdk8s(ours, 2), contenders.naive(ours)]
        if environments.runs_pythonic(python):
            made.append(contenders.pythonic(environments.function_pythonic(python)))
        else:
            results.missing["function-pythonic"] = "it needs Python 3.12 or newer, and none was found"
    except subprocess.CalledProcessError as error:
        msg = f"the contenders could not be installed: {error}"
        raise click.ClickException(msg) from error
    chosen = [contender for contender in made if contender.name in names]
    for contender in chosen:
        results.titles[contender.name] = contender.title
        results.versions[contender.inputs] = contender.environment.versions()
    return chosen


def _write(folder: pathlib.Path, text: str, results: Results) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fields = dataclasses.asdict(results)
    fields["budgets"] = [dataclasses.asdict(budget) for budget in budgets.of(results)]
    (folder / "bench.md").write_text(text, encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(fields, indent=1), encoding="utf-8")
    if results.soaks:
        (folder / "bench.svg").write_text(plot.svg(results), encoding="utf-8")
