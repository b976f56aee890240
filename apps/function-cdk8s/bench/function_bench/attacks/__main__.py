"""The command line: python -m function_bench.attacks."""

import secrets
import signal
import sys

import click

from function_bench.attacks import attacks

_SHOWN = 20


@click.command(context_settings={"show_default": True})
@click.option("--requests", type=click.IntRange(min=1), default=10_000, help="Requests of the fuzz.")
@click.option("--clients", type=click.IntRange(min=1), default=8, help="Callers of the fuzz and of replaced files.")
@click.option("--seed", type=click.IntRange(min=0), show_default="another each time", help="Repeats a fuzz.")
@click.option("--short", is_flag=True, help="Attack for seconds, not minutes, with fewer charts and connections.")
def main(*, requests: int, clients: int, seed: int | None, short: bool) -> None:
    """Attack a function served on the loopback interface, and print what came of it. Exits with 1 on a violation."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    click.echo("| attack | tried | outcomes | violations |\n|---|---|---|---|")
    violations: list[str] = []
    for attack in (
        lambda: attacks.fuzzed(requests, clients, seed),
        lambda: attacks.slow_clients(100 if short else 600, 3 if short else 30),
        lambda: attacks.overload(4 if short else 20),
        lambda: attacks.replaced_files(1 if short else 5, clients),
        lambda: attacks.hostile_charts(all_modes=not short),
    ):
        report = attack()
        click.echo(report.row())
        violations += [f"{report.attack}: {violation}" for violation in report.violations]
    for violation in violations[:_SHOWN]:
        click.echo(violation, err=True)
    if violations:
        raise click.exceptions.Exit(1)


# As Ctrl-C does: whoever is ended ends the servers it started.
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
main()
