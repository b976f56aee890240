"""The command line of the soak."""

import json
import pathlib
import secrets

import click

from function_bench.chaos import report
from function_bench.chaos import run as soaks

_REPORTS = pathlib.Path(__file__).parents[4] / "reports"


@click.command(context_settings={"show_default": True})
@click.option("--reconciles", type=click.IntRange(min=1), default=20_000, help="Reconciles that are to be answered.")
@click.option("--callers", type=click.IntRange(min=1), default=8, help="Calls that are on their way at a time.")
@click.option("--workers", type=click.IntRange(min=1), default=4, help="Workers of the function.")
@click.option("--every", type=click.FloatRange(min=0.1), default=2.0, help="Seconds from one fault to the next.")
@click.option("--rounds", type=click.IntRange(min=0), default=1, help="How often each fault strikes at least.")
@click.option("--patient", is_flag=True, help="Strike only once the function has answered since the last fault.")
@click.option("--timeout", type=click.IntRange(min=1), default=10, help="The function input's timeout, in seconds.")
@click.option("--seed", type=click.IntRange(min=0), show_default="another each time", help="Repeats a run.")
@click.option(
    "--reports",
    type=click.Path(path_type=pathlib.Path, file_okay=False),
    default=_REPORTS,
    show_default="reports/",
    help="Folder for soak.md, soak.json and soak.log, the function's.",
)
def main(
    *,
    reconciles: int,
    callers: int,
    workers: int,
    every: float,
    rounds: int,
    patient: bool,
    timeout: int,
    seed: int | None,
    reports: pathlib.Path,
) -> None:
    """Reconcile XRs while the function's processes are killed, stopped and starved. Exits with 1 on a violation."""
    settings = soaks.Settings(
        reconciles=reconciles,
        callers=callers,
        workers=workers,
        every_seconds=every,
        rounds=rounds,
        patient=patient,
        timeout_seconds=timeout,
        seed=secrets.randbelow(1_000_000) if seed is None else seed,
    )
    click.echo(f"seed {settings.seed}", err=True)
    reports.mkdir(parents=True, exist_ok=True)
    run = soaks.run(settings, log=reports / "soak.log", say=lambda line: click.echo(line, err=True))
    text = report.markdown(run)
    (reports / "soak.md").write_text(text, encoding="utf-8")
    (reports / "soak.json").write_text(json.dumps(report.plain(run), indent=1), encoding="utf-8")
    click.echo(text)
    if run.violations:
        raise click.exceptions.Exit(1)
