"""The command line: what attacks/run does."""

import secrets
import signal
import sys

import click

from function_attacks import attacks

_SHOWN = 20
_POSITIVE = click.IntRange(min=1)


@click.command(context_settings={"show_default": True})
@click.option("--requests", type=_POSITIVE, default=10_000, help="Requests of the fuzz.")
@click.option("--clients", type=_POSITIVE, default=8, help="Callers of the fuzz and of replaced files.")
@click.option("--short", is_flag=True, help="Attack for seconds, not minutes, with fewer charts and connections.")
@click.option("--seed", type=click.IntRange(min=0), show_default="another each time", help="Repeats a fuzz.")
def main(*, requests: int, clients: int, short: bool, seed: int | None) -> None:
    """Attack a served function on the loopback interface. Exits with 1 on a violation."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    click.echo("| attack | tried | outcomes | violations |\n|---|---|---|---|")
    violations: list[str] = []
    for done in attacks.run(requests=requests, clients=clients, seed=seed, short=short):
        click.echo(done.row())
        violations += done.violations
    for violation in violations[:_SHOWN]:
        click.echo(violation, err=True)
    if violations:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    # As Ctrl-C does: whoever is ended ends the servers it started.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    main(prog_name="attacks/run")
